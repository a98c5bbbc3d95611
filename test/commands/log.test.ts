import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { consoleWriter, openLog } from '../../src/commands/log.ts';
import type { LogLevel } from '../../src/config/config.ts';

function logged(isTTY: boolean, level: LogLevel, say: (log: ReturnType<typeof openLog>) => void): string {
  let text = '';
  say(openLog({ isTTY, write: (chunk) => (text += chunk) }, level));
  return text;
}

describe('the log', () => {
  it('prints sentences on a terminal', () => {
    const text = logged(true, 'info', (log) => {
      log.info({ pid: 1 }, 'following nginx.service');
      log.warn({}, 'no descriptor was left');
      log.error({}, 'first line\n  second line');
    });
    assert.equal(
      text,
      'unitledger: following nginx.service\nunitledger: warning: no descriptor was left\nunitledger: error: first line\n  second line\n',
    );
  });

  it('moves no cursor, whatever it logs', () => {
    const text = logged(true, 'info', (log) => log.info({}, 'a\x1b[2Jb\x9bc\rd'));
    assert.equal(text, 'unitledger: a\\x1b[2Jb\\x9bc\\rd\n');
  });

  it('writes JSON lines with fields if there is no terminal', () => {
    const text = logged(false, 'info', (log) => log.warn({ file: 'io' }, 'it was refused'));
    const { level, file, msg, time } = JSON.parse(text);
    assert.deepEqual({ level, file, msg }, { level: 'warn', file: 'io', msg: 'it was refused' });
    assert.ok(!Number.isNaN(Date.parse(time)));
  });

  for (const isTTY of [true, false]) {
    it(`keeps to its level (${isTTY ? 'at a terminal' : 'elsewhere'})`, () => {
      const all = (log: ReturnType<typeof openLog>) => {
        for (const severity of ['debug', 'info', 'warn', 'error'] as const) log[severity]({}, severity);
      };
      const lines = (level: LogLevel) => logged(isTTY, level, all).split('\n').filter(Boolean).length;
      assert.deepEqual((['none', 'error', 'warn', 'info', 'debug'] as const).map(lines), [0, 1, 2, 3, 4]);
    });
  }
});

it('drops lines of the console exporter for a reader that is 32 MiB behind', () => {
  const stream = {
    text: '',
    writableLength: 32 * 1024 * 1024,
    write: (text: string) => (stream.text += text),
  };
  const write = consoleWriter(stream);
  assert.equal(write('1'), true);
  stream.writableLength++;
  assert.equal(write('2'), false);
  assert.equal(stream.text, '1\n');
});
