import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { SimulatedService } from '../../recording/simulated-service.ts';
import { skipUnless } from '../../skip.ts';
import { runUnitledger } from '../program/unitledger.ts';
import { conditionOf, TmuxTerminal, tmuxAvailable } from './tmux.ts';

describe('unitledger replay --live', skipUnless(tmuxAvailable()), () => {
  let folder: string;
  let file: string;
  let summary: string;
  let terminal: TmuxTerminal;
  let condition: Record<string, string>;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'unitledger-replay-'));
    file = join(folder, 'run.ulr');
    // Samples are exactly 0.1 s apart, so a step changes the time on the last line by 0.1 s.
    const service = new SimulatedService({
      processes: 3,
      samples: 120,
      intervalSeconds: 0.1,
      startedUnixMillis: Date.UTC(2026, 10, 24, 1, 10),
      names: ['sh', 'quiet-one', 'quiet-two'],
      busy: 0.3,
    });
    await service.record(file);
    const replayed = await runUnitledger(['replay', '--summary', 'table', file]);
    assert.equal(replayed.code, 0, replayed.stderr);
    summary = replayed.stdout;
  });
  after(() => rmSync(folder, { recursive: true }));
  beforeEach(async () => {
    terminal = await TmuxTerminal.open({ columns: 150 });
    condition = await conditionOf(terminal);
  });
  afterEach(() => terminal[Symbol.dispose]());

  const start = async (...args: string[]) => {
    terminal.start(['replay', '--live', ...args, file]);
    await terminal.shows(/^ PLAYING \d/);
    await terminal.shows(' quiet-two ');
  };
  /** Seconds that the last line says are played, in one of the states. */
  const reached = (lines: string[]) => Number(/ (\d+\.\d)s of 1\d\.\ds /.exec(lines.at(-1)!)?.[1]);

  test('plays the run to its end, and stays there', async () => {
    await start();
    const lines = await terminal.shows(/^ PLAYING .* of 1\d\.\ds {3}1× /);
    assert.match(lines[0]!, / \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, \d+s$/);
    terminal.press('+', '+', '+');
    await terminal.shows(' 8× ');
    await terminal.shows(/^ END (1\d\.\ds) of \1 /);
    terminal.press('Space');
    await terminal.shows('this is the end; 0 goes back to the start');
    terminal.press('q');
    await terminal.shows(/ready> $|ready>$/);
    assert.deepEqual(await conditionOf(terminal), condition);
    assert.equal(await terminal.outputOf('echo $?'), '0\n');
    // The summary is for who asks for it.
    assert.ok(!terminal.lines().some((line) => line.includes('unitledger run')));
  });

  test('pauses, steps and seeks', async () => {
    await start();
    terminal.press('Space');
    await terminal.shows(/^ PAUSED /);
    terminal.press('G');
    const end = reached(await terminal.shows(/^ END /));
    terminal.press('b');
    const back = reached(await terminal.shows(/^ PAUSED \d\.\ds /));
    assert.ok(Math.abs(end - back - 10) < 3, `${back} is 10 s before ${end}`);
    terminal.press(',');
    const before = reached(await terminal.until((lines) => reached(lines) < back, 'a step back'));
    terminal.press('.');
    await terminal.until((lines) => reached(lines) === back, 'a step forward');
    assert.ok(back - before < 3);
    terminal.press('g');
    await terminal.shows('Go to (14:03:20');
    terminal.type('50%');
    terminal.press('Enter');
    const middle = reached(await terminal.until((lines) => reached(lines) > back + 1, 'the middle'));
    assert.ok(Math.abs(middle - end / 2) < 3, `${middle} is the middle of ${end}`);
    terminal.press('0');
    await terminal.until((lines) => reached(lines) < back, 'the start');
    terminal.press('?');
    await terminal.shows('pause, and step back or forward by one sample');
    terminal.press('Escape', 't');
    await terminal.shows(/─ quiet-one/);
    terminal.press('C-c');
    await terminal.hides('PAUSED');
    assert.deepEqual(await conditionOf(terminal), condition);
  });

  test('sums the whole run up where that is asked for, wherever it was left', async () => {
    const written = join(folder, 'summary');
    await start('--summary', 'table', '--summary-file', written);
    terminal.press('q');
    await terminal.hides('PLAYING');
    assert.equal(await terminal.outputOf('echo $?'), '0\n');
    assert.equal(readFileSync(written, 'utf8'), summary);
  });

  test('gives the terminal back on SIGTERM, and takes it back after Ctrl+Z', async () => {
    await start();
    terminal.press('Space', 'C-z');
    await terminal.shows(/Stopped/);
    assert.deepEqual(await conditionOf(terminal), condition);
    terminal.typeLine('fg');
    await terminal.shows(/^ PAUSED /);
    terminal.press('C-z');
    await terminal.shows(/Stopped/);
    terminal.typeLine('kill %1; fg');
    await terminal.hides('PAUSED');
    assert.deepEqual(await conditionOf(terminal), condition);
  });

  test('tells a recording that was cut off up to there, and says so in its log', async () => {
    const whole = readFileSync(file);
    truncateSync(file, Math.floor(whole.length / 2));
    await start();
    terminal.press('G');
    await terminal.shows(/^ END /);
    await terminal.shows(/warning: .*run\.ulr is incomplete: it /);
    terminal.press('q');
    await terminal.shows(/is incomplete/);
  });
});

test('unitledger replay --live is refused where there is no terminal, and for what is no recording', async () => {
  const refused = await runUnitledger(['replay', '--live', import.meta.filename]);
  assert.deepEqual([refused.code, refused.stdout], [2, '']);
  assert.match(refused.stderr, /^unitledger: --live needs a terminal, but standard input is not one .*\n$/);
  if (tmuxAvailable() !== true) return;
  using terminal = await TmuxTerminal.open();
  terminal.start(['replay', '--live', '/etc/hostname']);
  await terminal.shows('/etc/hostname cannot be read: it is not a recording of unitledger');
  assert.equal(await terminal.outputOf('echo $?'), '2\n');
});
