import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { PROGRAM } from '../../bundle.ts';
import { skipUnless } from '../../skip.ts';
import { TmuxTerminal, tmuxAvailable } from '../live/tmux.ts';
import { destroyCgroup, ownCgroup, processesBelow, unifiedMount } from '../systemd/cgroup.ts';
import { documentOf, logOf, runUnitledger, startUnitledger, until } from './unitledger.ts';

const JSON_SUMMARY = ['--summary', 'json', '--interval', '0.2'];
const inShell = (script: string) => ['--', 'sh', '-c', script];
/** Sleeps for ten seconds at most, and counts the signals that it gets. */
const countsInterrupts =
  'n=0; trap "n=\\$((n+1))" INT; echo begun; i=0; while [ $n -eq 0 ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); done; i=0; while [ $i -lt 10 ]; do sleep 0.1; i=$((i+1)); done; echo interrupts=$n; exit 4';

describe('unitledger -- COMMAND, interrupted', () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const code = 128 + constants.signals[signal];
    test(`ends with its summary and exit code ${code} on ${signal}, like the command`, async () => {
      const program = startUnitledger([...JSON_SUMMARY, ...inShell('echo ready; exec sleep 30')]);
      await program.says('ready');
      program.signal(signal);
      const ended = await program.ended;
      const [unit] = documentOf(ended, code).units;
      assert.ok(ended.seconds < 20, `${ended.seconds} s`);
      assert.ok(unit!.processes.length > 0);
    });

    test(`forwards ${signal} to the command, once, and returns its exit code`, async () => {
      const name = signal.slice(3);
      const script = `n=0; trap 'n=$((n+1))' ${name}; echo ready; while [ $n -eq 0 ]; do sleep 0.05; done; sleep 0.3; echo ${name}=$n; exit 4`;
      const program = startUnitledger([...JSON_SUMMARY, ...inShell(script)]);
      await program.says('ready');
      program.signal(signal);
      const ended = await program.ended;
      documentOf(ended, 4);
      assert.match(ended.stderr, new RegExp(`^${name}=1$`, 'm'));
    });
  }

  test('ends with exit code 0 at the end of the duration, whatever the command returns', async () => {
    const script = "trap 'exit 4' TERM; while :; do sleep 0.05; done";
    documentOf(await runUnitledger([...JSON_SUMMARY, '--duration', '0.6', ...inShell(script)]));
  });

  test('ignores SIGUSR1, on which Node would start its debugger', async () => {
    const ended = await runUnitledger([...JSON_SUMMARY, ...inShell('kill -USR1 $PPID; sleep 0.3')]);
    documentOf(ended);
    assert.doesNotMatch(ended.stderr, /debug/i);
  });

  test('kills a command that does not end, once it is interrupted a second time', async () => {
    const script = "trap 'echo stays' INT; echo ready; while :; do sleep 0.05; done";
    const program = startUnitledger([...JSON_SUMMARY, ...inShell(script)]);
    await program.says('ready');
    program.signal('SIGINT');
    await program.says('stays');
    program.signal('SIGINT');
    documentOf(await program.ended, 137);
  });

  test('forwards a signal to its process group to a command that has left the group', async () => {
    const by = (command: readonly string[]) => ['setsid', ...command];
    const command = ['setsid', ...inShell('echo ready; exec sleep 30').slice(1)];
    const program = startUnitledger([...JSON_SUMMARY, '--', ...command], { by });
    await program.says('ready');
    process.kill(-program.pid()!, 'SIGINT');
    documentOf(await program.ended, 130);
  });

  describe('at a terminal', skipUnless(tmuxAvailable()), () => {
    test('fails on Ctrl+C, so that a command after && does not run', async () => {
      using terminal = await TmuxTerminal.open();
      // What is typed is on the screen as well, without `begun` and `DEPLOYED`.
      terminal.typeLine(
        `${process.execPath} ${PROGRAM} --summary none -- sh -c 'echo beg""un; sleep 30; exit 1' && echo DEP""LOYED || echo "code=$?"`,
      );
      await terminal.shows(/^begun/);
      terminal.press('C-c');
      await terminal.shows(/code=130$/);
      assert.ok(!terminal.lines().some((line) => line.startsWith('DEPLOY')));
    });

    test('leaves Ctrl+C to the terminal, so that the command gets it once', async () => {
      using terminal = await TmuxTerminal.open();
      terminal.start(['--summary', 'none', ...inShell(countsInterrupts)]);
      await terminal.shows(/^begun/);
      terminal.press('C-c');
      await terminal.shows(/interrupts=1$/);
      terminal.typeLine('echo "code=$?"');
      await terminal.shows(/code=4$/);
    });

    test('forwards SIGINT that was sent to it alone', async () => {
      using terminal = await TmuxTerminal.open();
      terminal.start(['--summary', 'none', ...inShell(`echo parent=$PPID; ${countsInterrupts}`)]);
      await terminal.shows(/^begun/);
      // What was typed is on the screen too, and a line of it may begin with `parent=$PPID`.
      const pids = terminal.lines().map((line) => /^parent=(\d+)$/.exec(line)?.[1]);
      process.kill(Number(pids.find((pid) => pid !== undefined)), 'SIGINT');
      await terminal.shows(/interrupts=1$/);
    });

    test('fails when the user leaves the live view before the command has ended', async () => {
      using terminal = await TmuxTerminal.open();
      terminal.start(['--live', '--summary', 'none', '--', 'sleep', '30']);
      await terminal.shows('sleep');
      await terminal.until(() => terminal.ask('#{alternate_on}') === '1', 'the live view');
      terminal.press('q');
      await terminal.until(() => terminal.ask('#{alternate_on}') === '0', 'the shell');
      terminal.typeLine('echo "code=$?"');
      await terminal.shows(/code=130$/);
    });
  });
});

describe('the cgroup of a command', skipUnless(ownCgroups()), () => {
  const parent = ownCgroup(unifiedMount() ?? '/');
  const madeBy = (pid: number | undefined) =>
    readdirSync(parent).filter((name) => name.startsWith(`unitledger-${pid}`));

  test('is removed with the cgroups that the command created below it', async () => {
    const script = 'd=$(sed -n "s/^0:://p" /proc/self/cgroup); mkdir -p "$0$d/below/deeper"; echo made';
    const ended = await runUnitledger([...JSON_SUMMARY, '--', 'sh', '-c', script, unifiedMount()!]);
    documentOf(ended);
    assert.match(ended.stderr, /^made$/m);
    const path = documentOf(ended).units[0]!.cgroup!;
    assert.equal(existsSync(join(unifiedMount()!, path)), false, path);
  });

  test('remains with remaining processes of the command, which is logged, and is removed by the next run', async () => {
    const ended = await runUnitledger([...JSON_SUMMARY, ...inShell('sleep 4 >/dev/null 2>&1 & exit 0')]);
    const path = join(unifiedMount()!, documentOf(ended).units[0]!.cgroup!);
    const left = logOf(ended.stderr).find(({ msg }) => msg.startsWith('the command left PID'));
    assert.ok(left !== undefined, ended.stderr);
    assert.deepEqual(left.pids, processesBelow(path));
    await until(
      () => processesBelow(path).length === 0,
      () => 'the end of the process that was left behind',
    );
    await runUnitledger(['--summary', 'none', '--', 'true']);
    assert.equal(existsSync(path), false);
  });

  test('is not used if no process can be moved to it: the command is tracked by its process tree', async () => {
    // Below a cgroup with a threaded one, no other cgroup takes processes (cgroup-v2.rst, "Threads").
    const domain = join(unifiedMount()!, `unitledger-test-domain-${process.pid}`);
    mkdirSync(join(domain, 'threaded'), { recursive: true });
    try {
      writeFileSync(join(domain, 'threaded/cgroup.type'), 'threaded');
      const enter = ['sh', '-c', 'echo 0 >"$0/cgroup.procs" && exec "$@"', domain];
      const by = (command: readonly string[]) => [...enter, ...command];
      const ended = await runUnitledger([...JSON_SUMMARY, ...inShell('echo ran; exit 5')], { by });
      assert.equal(documentOf(ended, 5).units[0]!.cgroup, null);
      assert.match(ended.stderr, /^ran$/m);
      assert.match(ended.stderr, /tracked by its process tree, .* the kernel does not let processes into/);
    } finally {
      await destroyCgroup(domain);
    }
  });

  test('is removed by the next run if its own was killed, and kept while that is still running', async () => {
    const killed = startUnitledger(['--summary', 'none', ...inShell('echo ready >&2; exec sleep 5')]);
    await killed.says('ready');
    const pid = killed.pid();
    const alive = startUnitledger(['--summary', 'none', ...inShell('echo ready >&2; exec sleep 30')]);
    await alive.says('ready');
    const stranger = join(parent, `unitledger-${alive.pid()}-99`);
    mkdirSync(stranger);
    try {
      killed.signal('SIGKILL');
      await killed.ended;
      const [name] = madeBy(pid);
      assert.ok(name !== undefined);
      await until(
        () => processesBelow(join(parent, name)).length === 0,
        () => 'the end of sleep',
      );
      await runUnitledger(['--summary', 'none', '--', 'true']);
      assert.deepEqual(madeBy(pid), []);
      assert.equal(existsSync(stranger), true);
    } finally {
      if (existsSync(stranger)) rmdirSync(stranger);
    }
    alive.signal('SIGTERM');
    await alive.ended;
  });
});

function ownCgroups(): true | string {
  return (
    (process.getuid?.() === 0 && unifiedMount() !== undefined) ||
    'a cgroup for the command needs root and cgroup v2'
  );
}
