import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { skipUnless } from '../../skip.ts';
import type { ExportRequest } from '../otlp-request.ts';
import { documentOf, startUnitledger, until } from '../program/unitledger.ts';
import { requestsIn, sayingsOf, windowEndOf } from './arrived.ts';
import { Collector, collectorAvailable } from './collector.ts';
import { freePorts } from './loopback.ts';

const PATIENCE_SECONDS = 90;

describe('windows in a spool', skipUnless(collectorAvailable), () => {
  let folder: string;
  let spool: string;
  let port: number;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'unitledger-spooled-'));
    spool = join(folder, 'spool');
    [port] = (await freePorts(1)) as [number];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function start() {
    const environment = {
      UNITLEDGER_EXPORT: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      // Windows in the spool are lines that the tests, and the otlp_json_file receiver, can read.
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    };
    const times = ['--interval', '0.1', '--export-interval', '0.25', '--shutdown-timeout', '20'];
    const args = ['--pid', String(process.pid), '--summary', 'json', '--spool-dir', spool, ...times];
    return startUnitledger(args, { environment, longestSeconds: 300 });
  }

  const waiting = () => {
    try {
      return readdirSync(spool).filter((name) => name.endsWith('.json'));
    } catch {
      // Not made yet.
      return [];
    }
  };
  const spooled = (count: number) =>
    until(
      () => waiting().length >= count,
      () => `${count} windows in the spool`,
      PATIENCE_SECONDS,
    );
  const arrives = (file: string, count: number) =>
    until(
      () => requestsIn(file).length >= count,
      () => `${count} windows in ${file}`,
      PATIENCE_SECONDS,
    );
  const windowsIn = (names: readonly string[]) =>
    names.map((name) => JSON.parse(readFileSync(join(spool, name), 'utf8')) as ExportRequest);

  /** With a rotation the file exporter holds nothing back: what is acknowledged is in the file. */
  const listening = (file: string) =>
    Collector.start({
      receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
      exporters: { file: { path: file, rotation: { max_megabytes: 1000 } } },
      pipelines: { metrics: { receivers: ['otlp'], exporters: ['file'] } },
    });

  test('all arrive in order with their own times after a Collector was killed and restarted', async () => {
    const [before, after] = [join(folder, 'before.jsonl'), join(folder, 'after.jsonl')];
    let collector = await listening(before);
    const program = start();
    let missed: ExportRequest[];
    try {
      await arrives(before, 3);
      await collector.crash();
      await spooled(5);
      missed = windowsIn(waiting().slice(0, 5));
      collector = await listening(after);
      await arrives(after, 8);
      program.signal('SIGINT');
      const { delivered, failed, spooled: left } = documentOf(await program.ended).export!;
      await collector.stop();

      assert.deepEqual([failed, left, waiting()], [0, 0, []]);
      const arrived = [...requestsIn(before), ...requestsIn(after)].map(sayingsOf);
      // The one that was on its way when the Collector was killed may have come twice, the same each time.
      const once = arrived.filter((saying, i) => JSON.stringify(saying) !== JSON.stringify(arrived[i - 1]));
      assert.ok(arrived.length - once.length <= 1, `${arrived.length} windows, ${once.length} of them once`);
      assert.equal(once.length, delivered);
      const ends = [...requestsIn(before), ...requestsIn(after)].map(windowEndOf);
      assert.deepEqual(
        ends,
        ends.toSorted((a, b) => a - b),
      );
      assert.equal(new Set(ends).size, once.length);
      const all = new Set(once.map((saying) => JSON.stringify(saying)));
      for (const window of missed) assert.ok(all.has(JSON.stringify(sayingsOf(window))));
    } finally {
      if (program.pid() !== undefined) program.signal('SIGKILL');
      await collector.crash();
    }
  });

  test('can be read in place by the otlp_json_file receiver', async () => {
    const program = start();
    await spooled(5);
    program.signal('SIGINT');
    const { spooled: left } = documentOf(await program.ended).export!;
    const names = waiting();
    assert.equal(left, names.length);

    const file = join(folder, 'read.jsonl');
    const collector = await Collector.start({
      receivers: {
        otlp_json_file: {
          include: [join(spool, '*.json')],
          start_at: 'beginning',
          // Files are distinguished by their first bytes, and the first 1000 can be the same in all windows of a run.
          fingerprint_size: '16kb',
        },
      },
      exporters: { file: { path: file, flush_interval: '100ms' } },
      pipelines: { metrics: { receivers: ['otlp_json_file'], exporters: ['file'] } },
    });
    try {
      await arrives(file, names.length);
    } finally {
      await collector.stop();
    }
    const inOrder = (requests: readonly ExportRequest[]) =>
      requests.toSorted((a, b) => windowEndOf(a) - windowEndOf(b)).map(sayingsOf);
    assert.deepEqual(inOrder(requestsIn(file)), inOrder(windowsIn(names)));
  });
});
