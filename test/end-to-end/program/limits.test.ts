import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { RunDocument } from '../../../src/ledger/document/run-document.ts';
import { bootSystemd, type SystemdLab, skipLab } from '../systemd/lab.ts';
import { burner, installPayload } from '../systemd/units.ts';
import { readCpuSeconds } from '../truth.ts';
import {
  assertNear,
  documentOf,
  logOf,
  type Running,
  remarksOf,
  type Start,
  startUnitledger,
  unitOf,
  until,
} from './unitledger.ts';

/** The units of `many.slice`, and the processes of each: a parent that sleeps, and children that work. */
const UNITS = 24;
const PROCESSES = 10;
/** Each uses 1 ms of CPU every 800 ms: a sample takes long without descriptors, and must be short against the run. */
const PULSE = ['/opt/lab/pulse', String(PROCESSES - 1), '1000', '800000'];
/** A short-lived unit starts so often, and uses so much. */
const STARTS = 5;
const BURNT_MILLIS = 60;

describe('unitledger at the limits of the machine', { skip: skipLab() }, () => {
  let lab: SystemdLab;
  let slice: string;

  before(
    async () => {
      lab = await bootSystemd();
      await installPayload(lab);
      const names = Array.from({ length: UNITS }, (_, at) => `many-${at}.service`);
      for (const name of names) await lab.systemdRun(name, ['Slice=many.slice'], PULSE);
      slice = join(lab.cgroupRoot, 'many.slice');
      const { name, file } = burner(BURNT_MILLIS);
      await lab.writeUnit(name, file.replace(`burn ${BURNT_MILLIS}`, `burn ${BURNT_MILLIS} exit`));
    },
    { timeout: 20 * 60_000 },
  );
  after(() => lab?.stop());

  const withFiles = (limit: number): NonNullable<Start['by']> => {
    const limited = ['prlimit', `--nofile=${limit}:${limit}`, '--'];
    return (command) => [...limited, ...command];
  };
  const start = (args: readonly string[], how: Start) =>
    startUnitledger(
      ['--cgroup-root', lab.cgroupRoot, '--interval', '0.5', '--summary', 'json', ...args],
      how,
    );

  /** The run of a program that is ended after some work; CPU of the slice in it, at least and at most. */
  async function worked(program: Running): Promise<{ document: RunDocument; least: number; most: number }> {
    const before = await readCpuSeconds(slice);
    await program.says('following');
    const begun = await readCpuSeconds(slice);
    await until(
      async () => (await readCpuSeconds(slice)) > begun + 1,
      () => 'the slice to work',
      60,
    );
    const least = (await readCpuSeconds(slice)) - begun;
    program.signal('SIGINT');
    const document = documentOf(await program.ended, 0);
    return { document, least, most: (await readCpuSeconds(slice)) - before };
  }

  function assertWhole({ document, least, most }: Awaited<ReturnType<typeof worked>>): void {
    const { cpu, processes } = unitOf(document, 'many.slice');
    assert.equal(processes.length, UNITS * PROCESSES);
    for (const row of processes) assert.notEqual(row.memoryBytes, null);
    const total = cpu.totalSeconds!;
    assert.ok(total >= least * 0.98 && total <= most * 1.02, `${total} s, not ${least} to ${most} s`);
    assertNear(cpu.attributedSeconds, total, total * 0.1, 'CPU of all rows');
  }

  /** The one warning about the limit: the limit that is needed. */
  function neededOf(stderr: string): number {
    const lines = logOf(stderr).filter(({ level }) => level === 'warn' || level === 'error');
    const [line, ...more] = lines.filter(({ msg }) => !msg.includes('is part of'));
    assert.deepEqual(more, [], stderr);
    const { needed, msg } = line as unknown as { needed: number; msg: string };
    for (const how of [`LimitNOFILE=${needed}`, `--ulimit nofile=${needed}`, `ulimit -n ${needed}`])
      assert.ok(msg.includes(how), msg);
    return needed;
  }

  test('64 open files are sufficient to count 240 processes, and the required limit is logged', async () => {
    const program = start(['--cgroup', '/many.slice'], { by: withFiles(64) });
    const run = await worked(program);
    assertWhole(run);
    const { stderr } = await program.ended;
    const needed = neededOf(stderr);
    const better = start(['--cgroup', '/many.slice', '--duration', '1'], { by: withFiles(needed) });
    const ended = await better.ended;
    documentOf(ended);
    assert.deepEqual(remarksOf(ended.stderr), [], 'the limit that was named is enough');
  });

  test('they are also sufficient with units of a pattern, all outputs, and clients that hold every connection', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'unitledger-limits-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const collector = await startCollector(t);
    const outputs = ['report', 'record', 'summary-file'].map((name) => join(folder, name));
    const [report, record, summary] = outputs as [string, string, string];
    const program = start(
      [
        ...['--cgroup', '/many.slice', '--service', 'many-*', '--process-details', 'descriptors,pss,threads'],
        ...['--report', report, '--record', record, '--summary-file', summary],
        ...['--listen', '127.0.0.1:0', '--web', '127.0.0.1:0', '--spool-dir', join(folder, 'spool')],
        ...['--export', 'otlp', '--export-interval', '1'],
      ],
      { by: withFiles(64), environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } },
    );
    await program.says('following');
    const urls = logOf(program.stderr())
      .map(({ url }) => url)
      .filter((url) => typeof url === 'string');
    assert.equal(urls.length, 2, program.stderr());
    for (const url of urls) occupy(t, Number(new URL(url).port), 60);
    await until(
      () => collector.requests() >= 3,
      () => 'three windows to be delivered',
    );
    assert.equal((await fetch(`${urls[0]}/healthz`)).status, 200);
    program.signal('SIGINT');
    const ended = await program.ended;
    assert.equal(ended.code, 0, ended.stderr);
    neededOf(ended.stderr);
    for (const output of outputs) assert.ok(statSync(output).size > 1000, output);
    const document = JSON.parse(readFileSync(summary, 'utf8')) as RunDocument;
    assert.equal(unitOf(document, 'many.slice').processes.length, UNITS * PROCESSES);
    assert.equal(document.export?.failed, 0);
  });

  test('too few to open anything end the run immediately, with the required number', async () => {
    const ended = await start(['--cgroup', '/many.slice'], { by: withFiles(26) }).ended;
    assert.equal(ended.code, 2, ended.stderr);
    assert.match(ended.stderr, /^unitledger: the limit of open files is 26: unitledger needs at least \d+; /);
    assert.doesNotMatch(ended.stderr, /defect|EMFILE/);
  });

  /** As in a container whose user namespace has such limits of inotify. */
  const withInotify = (name: 'instances' | 'watches', limit: number): NonNullable<Start['by']> => {
    const set = `echo ${limit} >/proc/sys/user/max_inotify_${name} && exec "$@"`;
    return (command) => ['unshare', '--user', '--map-root-user', 'sh', '-c', set, 'sh', ...command];
  };

  for (const [title, how, reason] of [
    ['are there', undefined, undefined],
    ['lack inotify instances', withInotify('instances', 0), /inotify instances .*max_user_instances/],
    ['lack inotify watches', withInotify('watches', 3), /inotify watches .*max_user_watches/],
  ] as const) {
    test(`a unit that comes and goes is booked or shared completely when events ${title}`, async () => {
      const system = join(lab.cgroupRoot, 'system.slice');
      const program = start(['--service', 'burner.service'], { ...(how && { by: how }) });
      await program.says('following');
      const before = await readCpuSeconds(system);
      const others = await cpuOfOthers(system);
      for (let begun = 0; begun < STARTS; begun++) {
        await lab.startUnit('burner.service');
        await until(
          async () => (await lab.property('burner.service', 'ActiveState')) === 'failed',
          () => 'the unit to end',
        );
        await lab.systemctl('reset-failed', 'burner.service');
      }
      // Two samples more, so that the slice is read after the last end.
      await new Promise((resolve) => setTimeout(resolve, 1200));
      program.signal('SIGINT');
      const ended = await program.ended;
      const truth = (await readCpuSeconds(system)) - before - ((await cpuOfOthers(system)) - others);
      const document = documentOf(ended, 0);
      const { cpu } = unitOf(document, 'burner.service');
      const shared = document.units.reduce((sum, unit) => sum + unit.cpu.sharedSeconds!, 0);
      assert.ok(truth > (STARTS * BURNT_MILLIS) / 1000, `${truth} s`);
      // Without events an instance that no sample saw may be any unit's of the slice; nothing is lost.
      assertNear(
        cpu.totalSeconds! + shared,
        truth,
        0.03 * truth,
        `what the unit used, ${shared} s of it shared`,
      );
      if (reason === undefined) assert.equal(shared, 0);
      const logged = remarksOf(ended.stderr).filter((line) => line.startsWith('events of cgroups'));
      assert.equal(logged.length, reason === undefined ? 0 : 1, ended.stderr);
      if (reason !== undefined) assert.match(logged[0]!, reason);
    });
  }

  async function cpuOfOthers(system: string): Promise<number> {
    const names = (await lab.output(['systemctl', 'list-units', '--plain', '--no-legend', '--type=service']))
      .split('\n')
      .map((line) => line.split(' ')[0]!);
    let seconds = 0;
    for (const name of names)
      if (name !== 'burner.service') seconds += await readCpuSeconds(join(system, name)).catch(() => 0);
    return seconds;
  }
});

/** A collector that takes everything; counts requests. */
async function startCollector(t: TestContext): Promise<{ url: string; requests(): number }> {
  let requests = 0;
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      requests++;
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests: () => requests };
}

/** Clients of one address, not the probe’s, that connect and say nothing, each again when it is closed. */
function occupy(t: TestContext, port: number, count: number): void {
  const sockets = new Set<Socket>();
  let isOver = false;
  const open = () => {
    if (isOver) return;
    const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' });
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => {
      sockets.delete(socket);
      setTimeout(open, 50);
    });
  };
  for (let i = 0; i < count; i++) open();
  t.after(() => {
    isOver = true;
    for (const socket of sockets) socket.destroy();
  });
}
