import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { RunDocument } from '../../../src/ledger/document/run-document.ts';
import { putBundle } from '../../bundle.ts';
import { skipUnless } from '../../skip.ts';
import { otlpReceiverAvailable, startOtlpReceiver } from '../otlp-receiver.ts';
import { pointsOf } from '../otlp-request.ts';
import { bootSystemd, type SystemdLab, skipLab } from '../systemd/lab.ts';
import {
  asSidecar,
  asSidecarWithOwnPids,
  inCgroup,
  NODE_INSIDE,
  onHost,
  SIDECAR_CGROUP_ROOT,
  SIDECAR_PROC_ROOT,
} from '../systemd/programs.ts';
import { installPayload } from '../systemd/units.ts';
import {
  assertNear,
  documentOf,
  type Ended,
  remarksOf,
  runUnitledger,
  type Start,
  unitOf,
  until,
} from './unitledger.ts';

const SHORT = ['--duration', '1.5', '--interval', '0.25', '--summary', 'json'];
/** `utime`, `stime`, and the same of children, are each cut down to ticks of 10 ms. */
const ROW_TOLERANCE_SECONDS = 0.02;
const AS_NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];

describe('unitledger where not all is as it should be', { skip: skipLab() }, () => {
  let lab: SystemdLab;

  before(
    async () => {
      lab = await bootSystemd();
      await installPayload(lab);
      // Root's, and another user's: a parent and two children that each use 5 ms of CPU every 50 ms.
      const work = ['/opt/lab/pulse', '2', '5000', '50000'];
      await lab.systemdRun('steady.service', [], work);
      await lab.systemdRun('other.service', ['User=www-data'], work);
    },
    { timeout: 20 * 60_000 },
  );
  after(() => lab?.stop());

  const BOTH = ['--service', 'steady', '--service', 'other'];
  const onLabsHost = (before: readonly string[] = []): Start => ({
    by: (command) => onHost(lab, [...before, ...command]),
    node: NODE_INSIDE,
  });
  const inSidecar = (capabilities?: readonly string[]): Start => ({
    by: (command) => asSidecar(lab, command, capabilities),
    node: NODE_INSIDE,
  });
  const SIDECAR = ['--proc-root', SIDECAR_PROC_ROOT, '--cgroup-root', SIDECAR_CGROUP_ROOT];

  /** CPU and memory of all processes of both units are there, and the rows cover the total. */
  function assertCpuAndMemory(document: RunDocument): void {
    for (const name of ['steady.service', 'other.service']) {
      const { processes, cpu } = unitOf(document, name);
      assert.deepEqual(
        processes.map((row) => row.name),
        ['pulse', 'pulse', 'pulse'],
      );
      for (const row of processes) {
        assert.ok(row.memoryBytes!.max > 100_000, JSON.stringify(row));
        assert.notEqual(row.cpuPercent, null);
      }
      assert.ok(cpu.totalSeconds! > 0.1, JSON.stringify(cpu));
      const tolerance = processes.length * ROW_TOLERANCE_SECONDS;
      assert.ok(Math.abs(cpu.totalSeconds! - cpu.attributedSeconds) < tolerance, JSON.stringify(cpu));
    }
  }

  function bytesKnown(document: RunDocument, name: string): boolean[] {
    return unitOf(document, name).processes.map((row) => {
      const known = row.diskBytes !== null;
      for (const figure of [
        row.transferBytes,
        row.cancelledWriteBytes,
        row.diskBytesPerSecond,
        row.transferBytesPerSecond,
      ]) {
        assert.equal(figure !== null, known, JSON.stringify(row));
      }
      return known;
    });
  }

  test('root sees the bytes of all users, and has nothing to remark', async () => {
    const ended = await runUnitledger([...SHORT, ...BOTH], onLabsHost());
    const document = documentOf(ended);
    assertCpuAndMemory(document);
    assert.deepEqual(bytesKnown(document, 'steady.service'), [true, true, true]);
    assert.deepEqual(bytesKnown(document, 'other.service'), [true, true, true]);
    assert.deepEqual(remarksOf(ended.stderr), []);
  });

  test('so does a sidecar with the two capabilities of the chart', async () => {
    const ended = await runUnitledger([...SHORT, ...SIDECAR, ...BOTH], inSidecar());
    const document = documentOf(ended);
    assertCpuAndMemory(document);
    assert.deepEqual(bytesKnown(document, 'steady.service'), [true, true, true]);
    assert.deepEqual(bytesKnown(document, 'other.service'), [true, true, true]);
    assert.deepEqual(remarksOf(ended.stderr), []);
  });

  for (const [who, start, args] of [
    ['an unprivileged user', () => onLabsHost(AS_NOBODY), []],
    ['root without capabilities', () => inSidecar([]), SIDECAR],
  ] as const) {
    test(`${who} goes without bytes, and is told so once`, async () => {
      const ended = await runUnitledger([...SHORT, ...args, ...BOTH], start());
      const document = documentOf(ended);
      assertCpuAndMemory(document);
      assert.deepEqual(bytesKnown(document, 'steady.service'), [false, false, false]);
      assert.deepEqual(bytesKnown(document, 'other.service'), [false, false, false]);
      const [remark, ...more] = remarksOf(ended.stderr);
      assert.deepEqual(more, []);
      assert.match(remark!, /disk and transfer.*absent.*CAP_SYS_PTRACE.*CAP_DAC_READ_SEARCH/);
    });
  }

  test('a user sees the bytes of processes of their own', async () => {
    const { uid } = await idsOf('www-data');
    const asUser = ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--'];
    const ended = await runUnitledger([...SHORT, ...BOTH], onLabsHost(asUser));
    const document = documentOf(ended);
    assert.deepEqual(bytesKnown(document, 'steady.service'), [false, false, false]);
    assert.deepEqual(bytesKnown(document, 'other.service'), [true, true, true]);
    assert.equal(remarksOf(ended.stderr).length, 1);
  });

  test('bytes that are absent are shown as such, and not as nothing', async () => {
    const table = await runUnitledger(['--duration', '0.6', ...BOTH], onLabsHost(AS_NOBODY));
    const rows = table.stdout.split('\n').filter((line) => line.includes(' pulse '));
    assert.equal(rows.length, 6, table.stdout);
    for (const row of rows) assert.match(row, /^ *\d+ +pulse +\d+ +[\d.]+\/[\d./]+ +[\d./]+ +- +- /, row);
  });

  test('bytes that are absent are not exported', skipUnless(otlpReceiverAvailable()), async () => {
    const receiver = await startOtlpReceiver();
    const environment = { UNITLEDGER_EXPORT: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint };
    const ended = await runUnitledger([...SHORT, ...BOTH], { ...onLabsHost(AS_NOBODY), environment });
    await receiver.stop();
    assert.deepEqual(documentOf(ended).export, { delivered: 1, failed: 0, spooled: 0 });
    assert.deepEqual(receiver.errors, []);
    const points = pointsOf(receiver.requests[0]!.body);
    const named = (part: RegExp) => points.filter(({ name }) => part.test(name));
    assert.deepEqual(named(/disk|transfer/), []);
    assert.equal(named(/^process\.memory\.usage$/).length, 6);
    const denied = named(/^unitledger\.self\.read\.failures$/).find(
      ({ attributes }) => attributes.reason === 'denied',
    );
    assert.ok(denied!.value >= 6, `${denied?.value} denied`);
  });

  test('600 processes are followed with 256 descriptors', async () => {
    await lab.systemdRun('many.service', [], ['/opt/lab/pulse', '600', '100', '200000']);
    const pids = () => lab.processesOf('many.service');
    await until(
      async () => (await pids()).length === 601,
      () => 'all processes',
    );
    const limited = ['prlimit', '--nofile=256:256', '--'];
    const start = { by: (command: readonly string[]) => [...limited, ...command] };
    const args = ['--cgroup-root', lab.cgroupRoot, '--service', 'many'];
    const ended = await runUnitledger([...SHORT, ...args], start);
    const wanted = await pids();
    await lab.stopUnit('many.service');
    const document = documentOf(ended);
    const { processes, cpu } = unitOf(document, 'many.service');
    assert.deepEqual(processes.map(({ pid }) => pid).sort(), wanted.sort());
    for (const row of processes) {
      assert.deepEqual([row.name, row.endedAt, row.samples], ['pulse', null, document.samples]);
      assert.notEqual(row.memoryBytes, null);
      assert.notEqual(row.diskBytes, null);
    }
    assert.ok(cpu.totalSeconds! > 0.1, JSON.stringify(cpu));
    // So many files take long to open: the rows' time and the total's are not quite the same.
    assertNear(cpu.attributedSeconds, cpu.totalSeconds!, 0.1, 'CPU of all rows');
    const [remark, ...more] = remarksOf(ended.stderr);
    assert.deepEqual(more, []);
    assert.match(remark!, /^the limit of open files \(256\) is too low for 601 processes /);
  });

  test('without the native library CPU is counted in ticks, which is said', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'unitledger-bare-'));
    try {
      await putBundle(folder);
      rmSync(join(folder, 'node_modules'), { recursive: true, force: true });
      const args = [...SHORT, '--cgroup-root', lab.cgroupRoot, ...BOTH];
      const ended = await runUnitledger(args, { program: join(folder, 'unitledger.mjs') });
      const document = documentOf(ended);
      assertCpuAndMemory(document);
      // Ticks overstate what the cgroup's counter, which is exact, says: rows are clamped to it.
      for (const { cpu } of document.units)
        assert.ok(cpu.attributedSeconds <= cpu.totalSeconds!, JSON.stringify(cpu));
      const [remark, ...more] = remarksOf(ended.stderr);
      assert.deepEqual(more, []);
      assert.match(remark!, /CPU is counted in ticks.*no foreign-function library/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  /** The program in a PID namespace of its own, whose `/proc` is what the script makes it. */
  const inOwnPids = (script: string): Start => ({
    by: (command) => {
      const apart = ['unshare', '--pid', '--fork', '--kill-child', '--mount', '--'];
      return [...apart, 'sh', '-c', `${script} && exec "$@"`, 'sh', ...command];
    },
  });

  test("in a PID namespace of its own it sees no process, and says that it wants the host's", async () => {
    const args = [...SHORT, '--cgroup-root', lab.cgroupRoot, '--service', 'steady'];
    const ended = await runUnitledger(args, inOwnPids('mount -t proc proc /proc'));
    const [unit] = documentOf(ended, 1).units;
    assert.equal(unit!.instances, 1);
    assert.ok(unit!.cpu.totalSeconds! > 0.1, 'what the unit used is known all the same');
    assert.equal(unit!.cpu.coverage, 0);
    const [first, last, ...more] = remarksOf(ended.stderr);
    assert.deepEqual(more, []);
    assert.match(first!, /steady\.service: 3 of its processes .*PID namespace.*hostPID: true/);
    assert.match(last!, /No matching process data collected/);
    assert.match(last!, /steady\.service: its cgroup exists, but no process was seen in it/);
  });

  test("with the host's /proc mounted elsewhere it goes on by what each process says, and tells why", async () => {
    const mounts = 'mount -t tmpfs tmpfs /mnt && mkdir /mnt/proc';
    const script = `${mounts} && mount --bind /proc /mnt/proc && mount -t proc proc /proc`;
    const roots = ['--proc-root', '/mnt/proc', '--cgroup-root', lab.cgroupRoot];
    const ended = await runUnitledger([...SHORT, ...roots, ...BOTH], inOwnPids(script));
    const document = documentOf(ended);
    assertCpuAndMemory(document);
    for (const unit of ['steady.service', 'other.service']) {
      const wanted = await lab.processesOf(unit);
      const found = unitOf(document, unit).processes.map(({ pid }) => pid);
      assert.deepEqual(found.sort(), wanted.sort(), 'PIDs as the host has them');
      assert.deepEqual(bytesKnown(document, unit), [true, true, true]);
    }
    assertOtherPids(ended);
  });

  test('so does a sidecar without hostPID, whose cgroup namespace shows paths from where it is', async () => {
    const start = {
      by: (command: readonly string[]) => asSidecarWithOwnPids(lab, command),
      node: NODE_INSIDE,
    };
    const ended = await runUnitledger([...SHORT, ...SIDECAR, ...BOTH], start);
    const document = documentOf(ended);
    assertCpuAndMemory(document);
    const wanted = (await lab.processesOf('steady.service')).map((pid) => lab.insidePid(pid));
    const found = unitOf(document, 'steady.service').processes.map(({ pid }) => pid);
    assert.deepEqual(found.sort(), wanted.sort());
    assertOtherPids(ended);
  });

  /** It says that it is in another PID namespace, and what follows from that, and nothing else. */
  function assertOtherPids(ended: Ended): void {
    const remarks = remarksOf(ended.stderr);
    assert.equal(remarks.length, 2, remarks.join('\n'));
    assert.ok(
      remarks.some((remark) => /CPU is counted in ticks/.test(remark)),
      remarks.join('\n'),
    );
    assert.ok(
      remarks.some((remark) =>
        /another PID namespace.*each process's own cgroup file.*hostPID: true/.test(remark),
      ),
      remarks.join('\n'),
    );
  }

  test('members that come and go are seen by what they say of themselves', async () => {
    await lab.systemdRun('coming.service', [], ['/opt/lab/storm.sh']);
    const start = {
      by: (command: readonly string[]) => asSidecarWithOwnPids(lab, command),
      node: NODE_INSIDE,
    };
    const ended = await runUnitledger([...SHORT, ...SIDECAR, '--service', 'coming'], start);
    await lab.stopUnit('coming.service');
    const { cpu } = unitOf(documentOf(ended), 'coming.service');
    assert.ok(cpu.totalSeconds! > 0.2, JSON.stringify(cpu));
    assertNear(cpu.attributedSeconds, cpu.totalSeconds!, 0.1, 'CPU of all rows');
  });

  test('where hidepid hides all processes, it is named as what to check', async () => {
    const hidden = [
      'unshare',
      '--mount',
      '--',
      'sh',
      '-c',
      'mount -t proc -o hidepid=2 proc /proc && exec "$@"',
      'sh',
    ];
    const start = onLabsHost([...hidden, ...AS_NOBODY]);
    const ended = await runUnitledger([...SHORT, '--service', 'steady'], start);
    const [unit] = documentOf(ended, 1).units;
    assert.deepEqual([unit!.instances, unit!.processes.length], [1, 0]);
    const remarks = remarksOf(ended.stderr);
    assert.match(remarks[0]!, /hides processes of other users .*hidepid=.*run as root with CAP_SYS_PTRACE/);
    assert.match(remarks.at(-1)!, /steady\.service: .* mounted with hidepid/);
  });

  test('root is not hidden anything by hidepid, and has nothing to remark', async () => {
    const hidden = [
      'unshare',
      '--mount',
      '--',
      'sh',
      '-c',
      'mount -t proc -o hidepid=2 proc /proc && exec "$@"',
      'sh',
    ];
    const ended = await runUnitledger([...SHORT, ...BOTH], onLabsHost(hidden));
    assertCpuAndMemory(documentOf(ended));
    assert.deepEqual(remarksOf(ended.stderr), []);
  });

  test("in a container that has its own part of the cgroup tree alone it says that it wants the host's", async () => {
    const mounts = 'mkdir -p /tmp/part && mount -t cgroup2 cgroup2 /tmp/part && exec "$@"';
    const contained = ['unshare', '--mount', '--cgroup', 'sh', '-c', mounts, 'sh'];
    const start = {
      by: (command: readonly string[]) => inCgroup(lab, 'kubepods/pod1/alone', [...contained, ...command]),
      node: NODE_INSIDE,
    };
    const args = ['--cgroup-root', '/tmp/part', '--service', 'steady'];
    const ended = await runUnitledger([...SHORT, ...args], start);
    assert.equal(documentOf(ended, 1).units[0]!.instances, 0);
    assert.match(
      remarksOf(ended.stderr)[0]!,
      /part of the host's cgroup tree.*mount the root of the host's tree.*--cgroup-root/,
    );
  });

  async function idsOf(user: string): Promise<{ readonly uid: number }> {
    return { uid: Number(await lab.output(['id', '-u', user])) };
  }
});
