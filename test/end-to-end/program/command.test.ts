import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { RunDocument } from '../../../src/ledger/document/run-document.ts';
import { skipUnless } from '../../skip.ts';
import { unifiedMount } from '../systemd/cgroup.ts';
import { documentOf, logOf, runUnitledger, type Start, startUnitledger, until } from './unitledger.ts';

const JSON_SUMMARY = ['--summary', 'json', '--interval', '0.2'];
const inShell = (script: string) => ['--', 'sh', '-c', script];

describe('unitledger -- COMMAND', () => {
  for (const [script, code] of [
    ['exit 0', 0],
    ['exit 7', 7],
    ['kill -TERM $$', 143],
    ['kill -KILL $$', 137],
  ] as const) {
    test(`passes the exit code through: ${code} of "${script}"`, async () => {
      const document = documentOf(await runUnitledger([...JSON_SUMMARY, ...inShell(script)]), code);
      assert.deepEqual(
        document.units.map(({ unit, instances }) => [unit, instances]),
        [['sh', 1]],
      );
    });
  }

  test('redirects output of the command to standard error, so that the summary is alone on standard output', async () => {
    const script = 'echo printed; echo complained >&2';
    const { code, stdout, stderr } = await runUnitledger(['--summary', 'csv', ...inShell(script)]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^record,|^"?unit/m);
    assert.doesNotMatch(stdout, /printed|complained/);
    const lines = stderr.split('\n');
    assert.ok(lines.includes('printed'), stderr);
    assert.ok(lines.includes('complained'), stderr);
  });

  test('leaves standard output to the command if the summary does not use it', async () => {
    const { stdout } = await runUnitledger(['--summary', 'none', ...inShell('echo printed')]);
    assert.equal(stdout, 'printed\n');
  });

  test('writes the summary to a file if requested', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'unitledger-summary-'));
    try {
      const file = join(folder, 'run.json');
      const args = [...JSON_SUMMARY, '--summary-file', file];
      const { code, stdout } = await runUnitledger([...args, ...inShell('echo printed; exit 3')]);
      assert.deepEqual([code, stdout], [3, 'printed\n']);
      assert.equal((JSON.parse(readFileSync(file, 'utf8')) as RunDocument).units[0]!.unit, 'sh');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('names a command that ends before the second sample after itself, not after the shell at the gate', async () => {
    const args = ['--summary', 'json', '--interval', '60', '--', 'true'];
    const [unit] = documentOf(await runUnitledger(args)).units;
    const names = [...unit!.processes, ...unit!.exited].map(({ name }) => name);
    assert.deepEqual(names, ['true']);
  });

  test('passes on environment variables that a shell drops, and still names the command after itself', async () => {
    const environment = {
      'a.b-c': 'it\'s "$HOME" `true` \\n\ntwo lines ',
      'BASH_FUNC_hello%%': '() {  echo hello\n}',
    };
    const args = ['--summary-file', '/dev/null', '--', 'cat', '/proc/self/environ'];
    const { stdout, stderr } = await runUnitledger(args, { environment });
    const passed = stdout.split('\0');
    for (const [name, value] of Object.entries(environment))
      assert.ok(passed.includes(`${name}=${value}`), JSON.stringify(passed) + stderr);

    const short = ['--summary', 'json', '--interval', '60', '--', 'true'];
    const [unit] = documentOf(await runUnitledger(short, { environment })).units;
    const names = [...unit!.processes, ...unit!.exited].map(({ name }) => name);
    assert.deepEqual(names, ['true']);
  });

  test('runs a command with variables whose names begin with a dash, and without env on the PATH', async () => {
    const environment = { '--help': 'x', '-u': 'y', PATH: '/nonexistent' };
    const { code, stderr } = await runUnitledger(['--summary', 'none', '--', '/bin/true'], { environment });
    assert.equal(code, 0, stderr);
    const named = await runUnitledger(['--summary', 'none', '--', '/bin/true'], {
      environment: { '--help': 'x' },
    });
    assert.equal(named.code, 0, named.stderr);
  });

  test('raises its own priority, or sets the requested one, and does not change that of the command', {
    skip: process.getuid?.() === 0 ? false : 'root alone may raise a priority',
  }, async () => {
    // Field 19 of proc_pid_stat(5), with a name of one word before it.
    const script = 'cut -d" " -f19 /proc/$PPID/stat /proc/$$/stat';
    const ofBoth = async (args: readonly string[], start?: Start) =>
      (await runUnitledger([...args, '--summary', 'none', ...inShell(script)], start)).stdout;
    assert.equal(await ofBoth([]), '-10\n0\n');
    assert.equal(await ofBoth(['--nice', '3']), '3\n0\n');
    const by = (command: readonly string[]) => ['nice', '-n', '5', ...command];
    assert.equal(await ofBoth([], { by }), '5\n5\n');
  });

  test('accounts for 500 short-lived processes', skipUnless(ownCgroups()), async (t) => {
    const script = 'i=0; while [ $i -lt 500 ]; do /bin/true; i=$((i+1)); done';
    const document = documentOf(await runUnitledger([...JSON_SUMMARY, ...inShell(script)]));
    const [unit] = document.units;
    const { totalSeconds, coverage } = unit!.cpu;
    t.diagnostic(`CPU total ${totalSeconds} s, coverage ${coverage}, ${unit!.processes.length} rows`);
    assert.ok(totalSeconds! > 0.1, `${totalSeconds} s`);
    assert.ok(coverage! >= 0.95 && coverage! <= 1.02, `coverage ${coverage}`);
  });

  test('accounts for a command that ends between two samples', skipUnless(ownCgroups()), async (t) => {
    // What it used is known from who waited for it alone: in ticks of 10 ms, of either mode.
    const script = 'i=0; while [ $i -lt 1000000 ]; do i=$((i+1)); done';
    const args = ['--summary', 'json', '--interval', '30'];
    const [unit] = documentOf(await runUnitledger([...args, ...inShell(script)])).units;
    const { totalSeconds, coverage } = unit!.cpu;
    t.diagnostic(`CPU total ${totalSeconds} s, coverage ${coverage}`);
    assert.ok(totalSeconds! > 0.05, `${totalSeconds} s`);
    assert.ok(coverage! >= 0.95 && coverage! <= 1.05, `coverage ${coverage}`);
  });

  test('tracks processes that the command leaves to other parents', skipUnless(ownCgroups()), async () => {
    const worker = 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; sleep 1';
    const script = `(setsid sh -c '${worker}' &); sleep 1.5`;
    const [unit] = documentOf(await runUnitledger([...JSON_SUMMARY, ...inShell(script)])).units;
    const orphan = unit!.processes.find((row) => row.name === 'sh' && row.cpuSeconds > 0.02);
    assert.ok(
      orphan !== undefined,
      JSON.stringify(unit!.processes.map(({ name, cpuSeconds }) => [name, cpuSeconds])),
    );
  });

  test('shows the command line of a command that is a shell, and not that of the shell at the gate', async () => {
    const args = [...JSON_SUMMARY, '--show-cmdline', ...inShell('sleep 1; true')];
    const [unit] = documentOf(await runUnitledger(args)).units;
    const command = unit!.processes.find(({ name }) => name === 'sh')!.command;
    assert.equal(command, 'sh -c sleep 1; true');
  });

  test('reports a missing command, with exit code 127', async () => {
    const { code, stdout, stderr } = await runUnitledger([...JSON_SUMMARY, '--', 'no-such-program', 'x']);
    assert.equal(code, 127);
    assert.match(stderr, /no-such-program.*not found/);
    assert.doesNotMatch(stderr, /^\s+at /m);
    JSON.parse(stdout);
  });

  test('reports a file that is not executable, with exit code 126', async () => {
    const { code, stderr } = await runUnitledger([...JSON_SUMMARY, '--', '/etc/passwd']);
    assert.equal(code, 126);
    assert.match(stderr, /\/etc\/passwd.*[Pp]ermission denied/);
  });

  test('ends a command that runs longer than the duration', async () => {
    const started = startUnitledger([...JSON_SUMMARY, '--duration', '0.6', '--', 'sleep', '30']);
    const ended = await started.ended;
    const [unit] = documentOf(ended).units;
    assert.ok(ended.seconds < 5, `${ended.seconds} s`);
    const [row] = unit!.processes;
    assert.equal(row!.name, 'sleep');
    await until(
      () => !isRunning(row!.pid, 'sleep'),
      () => 'the end of the command',
    );
  });

  test('gives a command that must end time to clean up, and tracks it until its end', async () => {
    const script =
      "trap 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; echo cleaned; exit 3' TERM; echo ready; while :; do sleep 0.05; done";
    const program = startUnitledger([...JSON_SUMMARY, ...inShell(script)]);
    await program.says('ready');
    program.signal('SIGTERM');
    const ended = await program.ended;
    assert.match(ended.stderr, /^cleaned$/m);
    const [unit] = documentOf(ended, 3).units;
    const used = unit!.processes.reduce((sum, row) => sum + row.cpuSeconds + row.reapedCpuSeconds, 0);
    assert.ok(used > 0.02, `${used} s`);
  });

  test('lasts as long as the command, and reports its exit code', async () => {
    const before = Date.now();
    const program = startUnitledger([...JSON_SUMMARY, '--', 'sleep', '1']);
    await until(
      () => program.pid() !== undefined,
      () => 'the program',
    );
    const pid = program.pid();
    const ended = await program.ended;
    const document = documentOf(ended);
    const [startedAt, endedAt] = [Date.parse(document.startedAt), Date.parse(document.endedAt)];
    assert.ok(startedAt >= before && endedAt <= Date.now());
    const seconds = (endedAt - startedAt) / 1000;
    assert.ok(seconds > 0.98 && seconds <= ended.seconds, `${seconds} s of ${ended.seconds} s`);
    assert.deepEqual(
      document.units[0]!.processes.map(({ name, ppid }) => [name, ppid]),
      [['sleep', pid]],
    );
    assert.equal(logOf(ended.stderr).filter((line) => line.event === 'summary.unit').length, 1);
  });

  /** Works for a moment 1 s after the command that left it behind has exited, and exits. */
  const DAEMON =
    "setsid sh -c 'sleep 1; i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done' >/dev/null 2>&1 & sleep 0.5; exit 5";
  const ways: [string, true | string, Start][] = [
    ['in its cgroup', ownCgroups(), {}],
    // Without write access to the cgroup tree.
    ['in its process tree', unprivileged(), { by: asNobody }],
  ];
  for (const [way, can, start] of ways) {
    test(
      `tracks ${way} remaining processes of a command until they exit, within the duration`,
      skipUnless(can),
      async () => {
        const args = [...JSON_SUMMARY, '--duration', '30', ...inShell(DAEMON)];
        const ended = await runUnitledger(args, start);
        const document = documentOf(ended, 5);
        const [unit] = document.units;
        const seconds = (Date.parse(document.endedAt) - Date.parse(document.startedAt)) / 1000;
        assert.ok(seconds > 1.4 && seconds < 20, `${seconds} s`);
        const daemon = unit!.processes.find(({ name, cpuSeconds }) => name === 'sh' && cpuSeconds > 0.02);
        assert.ok(daemon !== undefined, JSON.stringify(unit!.processes));
        assert.match(ended.stderr, /the command exited; processes that it left running are tracked/);
        assert.doesNotMatch(ended.stderr, /the command left/);
      },
    );
  }

  test(
    'ends with the duration while a daemon is still running, and does not stop the daemon',
    skipUnless(ownCgroups()),
    async () => {
      const script = 'setsid sleep 30 >/dev/null 2>&1 & sleep 0.5';
      const ended = await runUnitledger([...JSON_SUMMARY, '--duration', '2', ...inShell(script)]);
      const [unit] = documentOf(ended).units;
      const { pid, endedAt, samples } = unit!.processes.find(({ name }) => name === 'sleep')!;
      try {
        assert.equal(endedAt, null);
        assert.ok(samples >= 8, `${samples} samples`);
        assert.match(
          ended.stderr,
          /the command left PID \d+ running in the cgroup \S+; the next run removes it when it is empty"/,
        );
        assert.ok(isRunning(pid, 'sleep'));
      } finally {
        process.kill(pid);
        await removedCgroup(ended.stderr);
      }
    },
  );

  test(
    'ends with the command if no duration is given, and reports remaining processes',
    skipUnless(ownCgroups()),
    async () => {
      const ended = await runUnitledger([
        ...JSON_SUMMARY,
        ...inShell('setsid sleep 30 >/dev/null 2>&1 & sleep 0.5'),
      ]);
      const [unit] = documentOf(ended).units;
      assert.ok(ended.seconds < 15, `${ended.seconds} s`);
      process.kill(unit!.processes.find(({ name }) => name === 'sleep')!.pid);
      assert.match(
        ended.stderr,
        /the command left PID \d+ running in the cgroup .*; use --duration to track them/,
      );
      await removedCgroup(ended.stderr);
    },
  );

  test('ends with the command, however long the duration, if no process remains', async () => {
    const ended = await runUnitledger([...JSON_SUMMARY, '--duration', '60', ...inShell('sleep 0.5; exit 4')]);
    documentOf(ended, 4);
    assert.ok(ended.seconds < 20, `${ended.seconds} s`);
  });
});

/** Runs a command as a user who may not write to the cgroup tree. */
function asNobody(command: readonly string[]): readonly string[] {
  return ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', ...command];
}

function unprivileged(): true | string {
  return process.getuid?.() === 0 || 'to run as nobody takes root';
}

/** Removes the cgroup that the program could not remove, once it is empty. */
async function removedCgroup(stderr: string): Promise<void> {
  const { cgroup } = logOf(stderr).find((line) => typeof line.cgroup === 'string') as unknown as {
    cgroup: string;
  };
  await until(
    () => {
      try {
        rmdirSync(join(unifiedMount()!, cgroup));
        return true;
      } catch {
        return false;
      }
    },
    () => 'the end of the daemon',
  );
}

function ownCgroups(): true | string {
  return (
    (process.getuid?.() === 0 && unifiedMount() !== undefined) ||
    'a cgroup for the command needs root and cgroup v2'
  );
}

function isRunning(pid: number, name: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.includes(`(${name})`) && !/\) Z /.test(stat);
  } catch {
    // Gone.
    return false;
  }
}
