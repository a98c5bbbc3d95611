import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { PROGRAM } from '../../bundle.ts';
import { skipUnless } from '../../skip.ts';
import { runUnitledger, until } from '../program/unitledger.ts';
import { Family, HOSTILE } from './family.ts';
import { conditionOf, TmuxTerminal, tmuxAvailable } from './tmux.ts';

describe('unitledger --live restores the terminal', skipUnless(tmuxAvailable()), () => {
  let family: Family;
  let terminal: TmuxTerminal;
  let before: Record<string, string>;

  beforeEach(async () => {
    family = await Family.start(['quiet']);
    terminal = await TmuxTerminal.open();
    before = await conditionOf(terminal);
  });
  afterEach(() => {
    terminal[Symbol.dispose]();
    family[Symbol.dispose]();
  });

  const start = async (nodeFlags: readonly string[] = []) => {
    terminal.start(['--live', '--interval', '0.2', '--pid', `${family.pid}`], nodeFlags);
    await terminal.shows(/ quiet .* 0\.0 /);
    assert.equal(terminal.ask('#{alternate_on} #{cursor_flag} #{mouse_any_flag}'), '1 0 1');
    return programBelow(terminal.shellPid);
  };
  const assertRestored = async () => assert.deepEqual(await conditionOf(terminal), before);

  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) {
    test(`on ${signal}, and prints the summary`, async () => {
      process.kill(await start(), signal);
      await terminal.shows(/^Export: /);
      await assertRestored();
    });
  }

  test('on an exception', async () => {
    const thrower = "process.on('SIGUSR2',()=>{throw new Error('thrown-by-the-test')})";
    const pid = await start(['--import', `data:text/javascript,${thrower}`]);
    process.kill(pid, 'SIGUSR2');
    await terminal.shows('Error: thrown-by-the-test');
    await assertRestored();
  });

  for (const stop of ['Ctrl+Z', 'SIGTSTP'] as const) {
    test(`on ${stop}, and resumes on fg`, async () => {
      const pid = await start();
      if (stop === 'Ctrl+Z') terminal.press('C-z');
      else process.kill(pid, 'SIGTSTP');
      await terminal.shows(/Stopped/);
      await assertRestored();
      terminal.typeLine('fg');
      await terminal.shows(/ quiet .* 0\.0 /);
      assert.equal(terminal.ask('#{alternate_on} #{cursor_flag} #{mouse_any_flag}'), '1 0 1');
      terminal.press('?');
      await terminal.shows('end the run, and print its summary');
      terminal.press('q');
      await terminal.shows(/^Export: /);
      await assertRestored();
    });
  }

  test('resumes on SIGCONT after SIGSTOP', async () => {
    const pid = await start();
    process.kill(pid, 'SIGSTOP');
    await terminal.shows(/Stopped/);
    // Nobody was told, so the terminal is still raw: Enter is no end of a line.
    terminal.type('fg');
    terminal.press('C-j');
    await terminal.hides('Stopped');
    await terminal.shows(/ quiet .* 0\.0 /);
    terminal.press('q');
    await terminal.shows(/^Export: /);
    await assertRestored();
  });

  test('ends when the terminal is gone', async () => {
    const pid = await start();
    terminal.close();
    await until(
      () => !existsSync(`/proc/${pid}`),
      () => 'the end of the program',
    );
  });
});

describe('unitledger --live with hostile input', skipUnless(tmuxAvailable()), () => {
  test('shows names with escape sequences as text', async () => {
    using family = await Family.start([...HOSTILE, 'quiet']);
    using terminal = await TmuxTerminal.open();
    const title = terminal.ask('#{pane_title}');
    terminal.record();
    terminal.start(['--live', '--interval', '0.2', '--pid', `${family.pid}`]);
    await terminal.shows(/^ +\d+ quiet .* 0\.0 /);
    const rows = [/^ +\d+ \\x1b\[2J\\x1b\[1;1Hx /, /^ +\d+ \\x1b\]0;pwned\\x07 /, /^ +\d+ \\r\\n\\r\\n/];
    const lines = await terminal.until(
      (all) => rows.every((row) => all.filter((line) => row.test(line)).length === 1),
      'one row of each',
    );
    assert.match(lines[0]!, /^ pid:\d+ {2}running/);
    assert.match(lines[6]!, /^ +PID NAME /);
    assert.match(lines.at(-1)!, /^ q Quit/);
    terminal.press('q');
    await terminal.shows(/^Export: /);
    assert.equal(terminal.ask('#{pane_title}'), title);
    const written = terminal.recorded();
    assert.ok(written.includes('\x1b[?1049h') && written.includes('\x1b[?1049l'));
    for (const obeyed of ['\x1b[2J\x1b[1;1Hx', '\x1b]0;pwned', '\r\n\r\n\x9b5A'])
      assert.ok(!written.includes(obeyed), JSON.stringify(obeyed));
  });

  test('is refused without a terminal', async () => {
    const { code, stdout, stderr } = await runUnitledger(['--live', '--pid', '1']);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /^unitledger: --live needs a terminal, but standard input is not one .*\n$/);
  });

  test('is refused on a terminal that cannot move its cursor', async () => {
    using terminal = await TmuxTerminal.open({ environment: { TERM: 'dumb' } });
    terminal.start(['--live', '--pid', '1']);
    await terminal.shows('TERM is "dumb"');
    assert.equal(await terminal.outputOf('echo $?'), '2\n');
  });
});

/** The program that the shell runs. */
function programBelow(shell: number): number {
  const children = readFileSync(`/proc/${shell}/task/${shell}/children`, 'latin1').trim().split(' ');
  const found = children.find((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes(PROGRAM));
  return Number(found ?? assert.fail(`no program among the children of ${shell}: ${children}`));
}
