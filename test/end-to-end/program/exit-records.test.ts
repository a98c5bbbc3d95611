import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { skipUnless } from '../../skip.ts';
import { countOf, hasEvents, hasRecords } from './kernel-events.ts';
import { documentOf, type Ended, logOf, runUnitledger } from './unitledger.ts';

const PLAIN = ['--summary', 'json', '--interval', '0.2'];
const ARGS = ['--exit-records', ...PLAIN];
const STORM = [
  '--',
  'sh',
  '-c',
  'i=0; while [ $i -lt 400 ]; do /bin/true; [ $((i % 40)) = 0 ] && sh -c "exit 4"; i=$((i+1)); done; true',
];
/** Of these, what exits with 4. */
const FAILED = 10;

const WITHOUT_NET_ADMIN = ['setpriv', '--bounding-set', '-net_admin', '--inh-caps', '-net_admin'];
const OTHER_NETWORK = ['unshare', '-n'];

/** What has to be installed and allowed. */
function canRun([tool = '', ...args]: readonly string[]): true | string {
  return spawnSync(tool, [...args, 'true']).status === 0 || `takes root and ${tool}`;
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'unitledger-exits-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** What was said of exit records. */
function saidIn(ended: Ended): string[] {
  return logOf(ended.stderr)
    .map(({ msg }) => String(msg))
    .filter((msg) => msg.startsWith('--exit-records'));
}

describe('unitledger --exit-records', () => {
  test(
    'names and counts processes that ended unseen, in every format of the summary',
    skipUnless(hasRecords),
    async () => {
      const ended = await runUnitledger([...ARGS, ...STORM]);
      const document = documentOf(ended);
      assert.deepEqual(saidIn(ended), []);
      const [unit] = document.units;
      assert.ok(document.exitRecords!.received > 400);
      assert.equal(document.exitRecords!.lost, 0);
      const unseen = (name: string) => unit!.exited.find((row) => row.name === name);
      const seen = (name: string) => unit!.processes.filter((row) => row.name === name);
      assert.equal((unseen('true')?.count ?? 0) + seen('true').length, 400, JSON.stringify(unit));
      // A sampled process has a row of its own. One of them is the loop itself.
      const failedSeen = seen('sh').filter(({ exitCode }) => exitCode === 4).length;
      assert.equal(failedSeen, seen('sh').length - 1, JSON.stringify(unit));
      const failedUnseen = FAILED - failedSeen;
      assert.equal(unseen('sh')?.count, failedUnseen, JSON.stringify(unit));
      assert.deepEqual(unseen('sh')?.exitCodes, { 4: failedUnseen });

      const { stdout } = await runUnitledger(['--exit-records', '--summary', 'table', ...STORM]);
      assert.match(stdout, /^true +\d+ +~\d\.\d\d /m);
      assert.match(stdout, /^Exit records: \d+ received, none lost$/m);
    },
  );

  for (const [title, by, says] of [
    ['without CAP_NET_ADMIN', WITHOUT_NET_ADMIN, /CAP_NET_ADMIN .*NET_ADMIN/],
    ['in another network namespace', OTHER_NETWORK, /no record arrives.*hostNetwork: true/],
  ] as const) {
    test(
      `${title} continues without names, and logs it once if they were requested`,
      skipUnless(canRun(by)),
      async () => {
        const start = { by: (command: readonly string[]) => [...by, ...command] };
        const silent = await runUnitledger([...PLAIN, ...STORM], start);
        assert.deepEqual(saidIn(silent), []);
        assert.equal(documentOf(silent).exitRecords, null);
        const ended = await runUnitledger([...ARGS, ...STORM], start);
        const document = documentOf(ended);
        const said = saidIn(ended);
        assert.equal(said.length, 1, said.join('\n'));
        assert.match(said[0]!, says);
        assert.equal(document.exitRecords, null);
        const [unit] = document.units;
        assert.deepEqual(unit!.exited, []);
        assert.ok(unit!.processes[0]!.reapedCpuSeconds > 0);
      },
    );
  }

  test('is on if the kernel provides them, and off if disabled', skipUnless(hasRecords), async () => {
    const { units, exitRecords } = documentOf(await runUnitledger([...PLAIN, ...STORM]));
    assert.equal(countOf(units[0]!, 'true'), 400);
    assert.ok(exitRecords!.received > 400);
    const off = documentOf(await runUnitledger(['--exit-records=off', ...PLAIN, ...STORM]));
    assert.deepEqual([off.exitRecords, off.processEvents, off.units[0]!.exited], [null, null, []]);
  });

  test('counts every process by its final name, at hundreds a second', skipUnless(hasRecords), async () => {
    const script = 'i=0; while [ $i -lt 2000 ]; do /bin/true; /usr/bin/env; i=$((i+1)); done >/dev/null';
    const ended = await runUnitledger([...PLAIN, '--interval', '0.05', '--', 'sh', '-c', `${script}; true`]);
    const [unit] = documentOf(ended).units;
    const counts = ['true', 'env', 'sh'].map((name) => countOf(unit!, name));
    // Of those that a sample met between the fork and the exec, the name is not that of the shell.
    assert.deepEqual(counts, [2000, 2000, 1], ended.stderr);
    assert.ok(unit!.cpu.attributedSeconds <= unit!.cpu.totalSeconds! + 0.02);
  });

  test('gives exact births and ends', skipUnless(hasEvents), async (t) => {
    const file = join(folderOf(t), 'times');
    const script = `for s in 0.31 0.52 0.73; do a=$EPOCHREALTIME; sleep $s; echo $s $a $EPOCHREALTIME >> ${file}; done`;
    const ended = await runUnitledger([...PLAIN, '--', 'bash', '-c', script]);
    const document = documentOf(ended);
    const rows = document.units[0]!.processes.filter(({ name }) => name === 'sleep');
    const truth = readFileSync(file, 'utf8').trim().split('\n');
    assert.equal(rows.length, truth.length, JSON.stringify(rows));
    for (const [place, line] of truth.entries()) {
      const [least, before, after] = line.split(' ').map(Number) as [number, number, number];
      const livedSeconds = rows[place]!.livedSeconds!;
      // The process slept for the one, and the shell waited for it within the other.
      const within = `${livedSeconds} s, ${least} s to ${after - before} s`;
      assert.ok(livedSeconds >= least && livedSeconds <= after - before, within);
    }
    assert.deepEqual(document.processEvents!.lost, 0);
  });

  test('counts processes adopted by PID 1 in the unit of their birth', skipUnless(hasEvents), async () => {
    // The shell between ends before the last, which nobody in the unit waits for.
    const script =
      'i=0; while [ $i -lt 50 ]; do sh -c "(sleep 0.01; /bin/true) &"; i=$((i+1)); done; sleep 0.5';
    const [unit] = documentOf(await runUnitledger([...PLAIN, '--', 'sh', '-c', script])).units;
    assert.equal(countOf(unit!, 'true'), 50, JSON.stringify(unit!.names));
    assert.ok(unit!.cpu.attributedSeconds <= (unit!.cpu.totalSeconds ?? Infinity) + 0.02);
  });

  test('counts lost records in a fork bomb, and books no second twice', skipUnless(hasEvents), async () => {
    const script = 'for (1..20000) { my $p = fork; exit 0 unless $p; waitpid $p, 0 }';
    const args = ['--summary', 'json', '--interval', '30', '--', 'perl', '-e', script];
    const ended = await runUnitledger(args, { longestSeconds: 240 });
    const { units, exitRecords, processEvents } = documentOf(ended);
    const [unit] = units;
    assert.ok(exitRecords!.lost > 0, JSON.stringify(exitRecords));
    assert.ok(exitRecords!.received + exitRecords!.lost >= 20_000);
    assert.ok(processEvents!.received + processEvents!.lost >= 40_000, JSON.stringify(processEvents));
    assert.equal(saidIn(ended).length, processEvents!.lost > 0 ? 2 : 1, ended.stderr);
    assert.ok(countOf(unit!, 'perl') <= 20_001);
    const { totalSeconds, attributedSeconds, unattributed } = unit!.cpu;
    if (totalSeconds === null || attributedSeconds === null) return;
    assert.ok(attributedSeconds <= totalSeconds + 0.02, `${attributedSeconds} of ${totalSeconds} s`);
    const rest = (unattributed!.reapedOutsideSeconds ?? 0) + unattributed!.unknownSeconds;
    assert.ok(Math.abs(attributedSeconds + rest - totalSeconds) < 1e-6);
  });
});
