import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HeldLog } from '../../src/commands/terminal/held-log.ts';
import { LineSplitter } from '../../src/commands/terminal/line-splitter.ts';
import type { Log } from '../../src/text/log.ts';

/** A held log, and all that it wrote where it holds nothing back. */
function openHeld(isTerminal: boolean) {
  const written: string[] = [];
  const say = (severity: string) => (_fields: object, message: string) =>
    void written.push(`${severity}: ${message}`);
  const log: Log = { error: say('error'), warn: say('warn'), info: say('info'), debug: say('debug') };
  const held = new HeldLog(log, 'info', isTerminal, (text) => void written.push(text));
  const pane: string[] = [];
  return { held, written, pane, show: () => held.showIn(({ text }) => void pane.push(text)) };
}

describe('log lines while a screen is shown', () => {
  test('are shown in the pane, and written in order when the terminal is restored', () => {
    const { held, written, pane, show } = openHeld(true);
    held.log.info({}, 'early');
    show();
    held.log.warn({}, 'late');
    held.takeLine('printed');
    held.log.debug({}, 'detail');
    assert.deepEqual(pane, ['early', 'warning: late', 'printed']);
    assert.deepEqual(written, []);
    held.release();
    held.release();
    held.log.info({}, 'after');
    assert.deepEqual(written, ['info: early', 'warn: late', 'printed\n', 'debug: detail', 'info: after']);
    assert.equal(pane.length, 3);
  });

  test('are written immediately if the log is not a terminal', () => {
    const { held, written, pane, show } = openHeld(false);
    show();
    held.log.info({}, 'said');
    assert.deepEqual([written, pane], [['info: said'], ['said']]);
  });

  test('cannot corrupt the screen', () => {
    const { held, pane, show } = openHeld(true);
    show();
    held.takeLine('a\x1b[2Jb\x9b5Ac');
    held.log.info({}, 'two\nlines\x1b[2J');
    for (const line of pane) assert.doesNotMatch(line, /\p{Cc}/u);
  });

  test('are bounded: the last lines are kept, and the number of dropped ones is logged', () => {
    const { held, written } = openHeld(true);
    for (let i = 0; i < 2500; i++) held.takeLine(`line ${i}`);
    held.release();
    assert.equal(written.length, 2001);
    assert.equal(written[0], 'info: 500 earlier log lines were dropped');
    assert.equal(written[1], 'line 500\n');
  });
});

describe('lines of a command', () => {
  test('are the same however their bytes arrive', () => {
    const bytes = Buffer.from('one\r\ntwö\n\nrest');
    for (let size = 1; size <= bytes.length; size++) {
      const lines: string[] = [];
      const splitter = new LineSplitter((line) => void lines.push(line));
      for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size));
      splitter.end();
      splitter.end();
      assert.deepEqual(lines, ['one', 'twö', '', 'rest'], `${size} bytes at a time`);
    }
  });

  test('are split when they are too long', () => {
    const lines: string[] = [];
    const splitter = new LineSplitter((line) => void lines.push(line));
    splitter.push(Buffer.alloc(70_000, 'x'));
    assert.equal(lines.length, 1);
  });
});
