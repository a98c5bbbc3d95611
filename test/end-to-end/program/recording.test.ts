import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { RecordedRun } from '../../../src/recording/recorded-run.ts';
import { RecordingError } from '../../../src/recording/recording-error.ts';
import { skipUnless } from '../../skip.ts';
import { otlpReceiverAvailable, startOtlpReceiver } from '../otlp-receiver.ts';
import { type ExportRequest, pointsOf } from '../otlp-request.ts';
import {
  assertNear,
  documentOf,
  type Ended,
  remarksOf,
  runUnitledger,
  startUnitledger,
  until,
} from './unitledger.ts';

/** Children of all kinds: brief ones, some that write, one that outlives its parent, one that fails. */
const BUSY = `
for i in 1 2 3 4 5 6 7 8; do sh -c "i=0; while [ \\$i -lt 60000 ]; do i=\\$((i+1)); done"; done
head -c 3000000 /dev/zero > "$OUT"
(sleep 0.4 &)
sh -c 'exit 3'
sleep 0.3
`;

/** Samples in a recording that is being written. */
function samplesIn(file: string): number {
  try {
    return [...RecordedRun.open(file).ticks()].length;
  } catch (error) {
    if (error instanceof RecordingError || (error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

/** What the program said of itself is of another time. */
function withoutSelf({ resourceMetrics }: ExportRequest): ExportRequest {
  return {
    resourceMetrics: resourceMetrics.map((resource) => ({
      ...resource,
      scopeMetrics: resource.scopeMetrics.map((scope) => ({
        ...scope,
        metrics: scope.metrics.filter(({ name }) => !name.startsWith('unitledger.self.')),
      })),
    })),
  };
}

const RECORDED = ['--interval', '0.2', '--summary', 'json', '--record'];

/** A row of `replay --to jsonl`, as far as the tests look at it. */
interface SeriesRow {
  readonly kind: 'unit' | 'process';
  readonly pid: number | null;
  readonly name: string | null;
  readonly started_at: string | null;
  readonly state: string;
  readonly cpu_seconds: number | null;
  readonly disk_bytes: number | null;
  readonly transfer_bytes: number | null;
}

describe('unitledger --record and replay', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'unitledger-record-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  test('reproduce a run exactly, to the last digit', async () => {
    const file = join(folder, 'told.ulr');
    const args = ['--record', file, '--interval', '0.1', '--export-interval', '0.5', '--show-cmdline'];
    const details = ['--process-details', 'threads,faults,uptime,descriptors,context-switches,run-queue,pss'];
    const environment = { OUT: join(folder, 'written') };
    const live = await runUnitledger([...args, ...details, '--summary', 'json', '--', 'sh', '-c', BUSY], {
      environment,
    });
    const document = documentOf(live);
    assert.ok(document.samples > 3 && document.units[0]!.processes.length > 1);
    const replayed = await runUnitledger(['replay', '--summary', 'json', file]);
    assert.equal(replayed.stdout, live.stdout);
    assert.deepEqual([replayed.code, replayed.stderr], [0, '']);
    for (const format of ['table', 'csv', 'markdown']) {
      const { code, stdout } = await runUnitledger(['replay', '--summary', format, file]);
      assert.equal(code, 0);
      assert.ok(stdout.includes('sh'), stdout);
    }
    const none = await runUnitledger(['replay', '--summary', 'none', file]);
    assert.deepEqual([none.code, none.stdout], [0, '']);
  });

  test('export the same data as the run itself', skipUnless(otlpReceiverAvailable()), async () => {
    const file = join(folder, 'exported.ulr');
    const receivers = await Promise.all([startOtlpReceiver(), startOtlpReceiver(), startOtlpReceiver()]);
    const [live, again, lines] = receivers;
    try {
      const times = ['--interval', '0.1', '--export-interval', '0.4', '--duration', '3'];
      const environment = { UNITLEDGER_EXPORT: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: live.endpoint };
      const options = [
        '--process-details',
        'threads',
        '--record',
        file,
        ...times,
        '--pid',
        String(process.pid),
      ];
      const run = await runUnitledger(options, { environment });
      assert.equal(run.code, 0, run.stderr);
      const wanted = live.requests.map(({ body }) => withoutSelf(body));
      assert.ok(wanted.length >= 3, `${wanted.length} windows`);
      const counts = wanted.map(({ resourceMetrics: [first] }) => first!.scopeMetrics[0]!.metrics.length);
      assert.ok(Math.max(...counts) > 10, counts.join());

      const sent = await runUnitledger(['replay', '--to', 'otlp', file], {
        environment: { OTEL_EXPORTER_OTLP_ENDPOINT: again.endpoint },
      });
      assert.deepEqual([sent.code, sent.stdout, sent.stderr], [0, '', '']);
      assert.deepEqual(again.errors, []);
      assert.deepEqual(
        again.requests.map(({ body }) => body),
        wanted,
      );

      const { code, stdout, stderr } = await runUnitledger(['replay', '--to', 'otlpjson', file]);
      assert.deepEqual([code, stderr], [0, '']);
      for (const line of stdout.trimEnd().split('\n')) {
        const headers = { 'content-type': 'application/json' };
        await fetch(`${lines.endpoint}/v1/metrics`, { method: 'POST', headers, body: line });
      }
      assert.deepEqual(lines.errors, []);
      assert.deepEqual(
        lines.requests.map(({ body }) => body),
        wanted,
      );
    } finally {
      await Promise.all(receivers.map((receiver) => receiver.stop()));
    }
  });

  test('print metrics without anything that a terminal acts on, and with the same names', async () => {
    const name = 'n\x7f\x9b31m\u202e\u2028\u{e0041}';
    const program = join(folder, name);
    copyFileSync('/bin/sleep', program);
    const file = join(folder, 'hostile.ulr');
    const run = await runUnitledger([
      '--record',
      file,
      '--interval',
      '0.2',
      '--show-cmdline',
      '--',
      program,
      '1.5',
    ]);
    assert.equal(run.code, 0, run.stderr);
    const { code, stdout } = await runUnitledger(['replay', '--to', 'otlpjson', file]);
    assert.equal(code, 0);
    assert.doesNotMatch(stdout, /[[\p{C}\p{Zl}\p{Zp}]--\n]/v);
    const points = stdout
      .trimEnd()
      .split('\n')
      .flatMap((line) => pointsOf(JSON.parse(line) as ExportRequest));
    const names = points.map(({ attributes }) => attributes['process.executable.name']);
    assert.ok(names.includes(name), JSON.stringify(names));
  });

  test('print time series whose rows sum up to the summary, in CSV and in JSON lines', async () => {
    const name = '=1+"x",\x1b[31m';
    const program = join(folder, name);
    copyFileSync('/bin/sh', program);
    const file = join(folder, 'series.ulr');
    const work = 'for i in 1 2 3 4 5; do seq 50000 | sort > /dev/null; done; exit 3';
    const run = await runUnitledger([...RECORDED, file, '--', program, '-c', work]);
    const [unit] = documentOf(run, 3).units;
    const lines = await runUnitledger(['replay', '--to', 'jsonl', file]);
    const csv = await runUnitledger(['replay', '--to', 'csv', file]);
    assert.deepEqual([lines.code, csv.code], [0, 0]);
    assert.doesNotMatch(lines.stdout + csv.stdout, /[[\p{C}\p{Zl}\p{Zp}]--\n]/v);
    const rows = lines.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as SeriesRow);
    const [head, ...fields] = csv.stdout.trimEnd().split('\n');
    assert.deepEqual(head!.split(','), Object.keys(rows[0]!));
    assert.equal(fields.length, rows.length);
    assert.ok(
      rows.some((row) => row.name === name.slice(0, 15)),
      JSON.stringify(rows.map((row) => row.name)),
    );
    const sum = (chosen: readonly SeriesRow[], key: 'cpu_seconds' | 'disk_bytes' | 'transfer_bytes') =>
      chosen.reduce((total, row) => total + (row[key] ?? 0), 0);
    assertNear(
      sum(
        rows.filter(({ kind }) => kind === 'unit'),
        'cpu_seconds',
      ),
      unit!.cpu.totalSeconds!,
      1e-9,
      'CPU',
    );
    for (const each of unit!.processes) {
      const own = rows.filter(({ pid, started_at }) => pid === each.pid && started_at === each.startedAt);
      assertNear(sum(own, 'cpu_seconds'), each.cpuSeconds, 1e-9, each.name);
      assert.equal(sum(own, 'disk_bytes'), each.diskBytes ?? 0, each.name);
      assert.equal(sum(own, 'transfer_bytes'), each.transferBytes ?? 0, each.name);
      if (each.endedAt !== null) assert.equal(own.at(-1)!.state, 'exited');
    }
  });

  test('report the number of windows that a collector did not accept', async () => {
    const file = join(folder, 'undelivered.ulr');
    const run = await runUnitledger(['--record', file, '--duration', '0.5', '--pid', String(process.pid)]);
    assert.equal(run.code, 0, run.stderr);
    const refusing = createServer((_, response) => void response.writeHead(400).end());
    refusing.listen(0, '127.0.0.1');
    await once(refusing, 'listening');
    const endpoint = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}`;
    try {
      const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
      const replay = await runUnitledger(['replay', '--to', 'otlp', '--summary', 'json', file], {
        environment,
      });
      assert.equal(replay.code, 1, replay.stderr);
      assert.match(replay.stderr, /did not accept 1 window of the recording's metrics/);
      assert.equal(JSON.parse(replay.stdout).schema, 'unitledger.run/1');
    } finally {
      refusing.close();
      refusing.closeAllConnections();
    }
  });

  test('keep all of a killed run except pending data', async () => {
    const file = join(folder, 'killed.ulr');
    const watched = spawn('sleep', ['60'], { stdio: 'ignore' });
    try {
      const killed = startUnitledger(['--record', file, '--interval', '0.1', '--pid', String(watched.pid)]);
      await until(
        () => samplesIn(file) >= 10,
        () => 'ten samples in the file',
      );
      const before = samplesIn(file);
      killed.signal('SIGKILL');
      await killed.ended;
      const { code, stdout, stderr } = await runUnitledger(['replay', '--summary', 'json', file]);
      assert.equal(code, 0, stderr);
      const document = JSON.parse(stdout);
      assert.ok(document.samples >= before, `${document.samples} samples, and ${before} were there`);
      assert.equal(document.units[0].processes[0].name, 'sleep');
      assert.deepEqual(remarksOf(stderr), [
        `${file} is incomplete: it has no end: the run was killed, or is still running`,
      ]);
    } finally {
      watched.kill('SIGKILL');
    }
  });

  test('keep earlier recordings if a run cannot start', async (t) => {
    const file = join(folder, 'earlier.ulr');
    const earlier = await runUnitledger([...RECORDED, file, '--', 'true']);
    assert.equal(earlier.code, 0, earlier.stderr);
    const bytes = readFileSync(file);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const busy = await runUnitledger([...RECORDED, file, '--listen', String(port), '--', 'true']);
    assert.equal(busy.code, 2, busy.stderr);
    assert.match(busy.stderr, /cannot listen at/);
    assert.deepEqual(readFileSync(file), bytes);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('earlier.ulr.') || name.endsWith('.part')),
      [],
    );
  });

  test('reject anything but a recording in one sentence, and do not change it', async () => {
    const other = join(folder, 'other');
    writeFileSync(other, `<script>${'['.repeat(100_000)}`);
    const huge = join(folder, 'huge');
    writeFileSync(huge, '');
    // Takes no room, and is never read to its end.
    truncateSync(huge, 2 ** 30);
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['replay', other], /other cannot be read: it is not a recording of unitledger$/],
      [['replay', huge], /huge cannot be read: it is not a recording of unitledger$/],
      [['replay', folder], /cannot be read: it is a directory$/],
      [['replay', join(folder, 'none\u001b[2J')], /none\\x1b\[2J cannot be read: there is no such file$/],
      [
        ['--pid', '1', '--record', other],
        /--record .*other cannot be written: the file exists and is not a recording/,
      ],
      [
        ['--pid', '1', '--record', '/dev/full'],
        /--record \/dev\/full cannot be written: it is not a regular file$/,
      ],
    ];
    for (const [args, says] of cases) {
      const { code, stdout, stderr } = (await runUnitledger(args)) satisfies Ended;
      assert.deepEqual([code, stdout], [2, ''], stderr);
      assert.match(stderr, /^unitledger: [^\n]+\n$/);
      assert.match(stderr.trimEnd(), says);
    }
    assert.equal(statSync(other).size, 100_008);
  });
});
