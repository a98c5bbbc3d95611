import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { datadogQueries, documentedQueries, honeycombQueries } from '../../house/board-questions.ts';
import { skipUnless } from '../../skip.ts';
import { pointsOf, type ReceivedPoint, resourceOf } from '../otlp-request.ts';
import { documentOf, runUnitledger } from '../program/unitledger.ts';
import { requestsIn } from './arrived.ts';
import { Collector, collectorAvailable } from './collector.ts';
import { loadAvailable, loadFor } from './load.ts';
import { freePorts } from './loopback.ts';

const DEPLOY = resolve(import.meta.dirname, '../../../deploy');
const needed = collectorAvailable === true ? loadAvailable : collectorAvailable;
const QUESTIONS = { datadog: datadogQueries, honeycomb: honeycombQueries } as const;

describe('behind a Collector that is configured for it', skipUnless(needed), () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'unitledger-boards-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const backend of ['datadog', 'honeycomb'] as const) {
    test(`data for all queries of the boards for ${backend} arrives, under their names`, async (t) => {
      const { points, resource } = await arrivedAt(backend, join(folder, `${backend}.jsonl`));
      const boards = readdirSync(join(DEPLOY, backend)).filter((name) => name.endsWith('.json'));
      const questions = boards.flatMap((name) =>
        QUESTIONS[backend](JSON.parse(readFileSync(join(DEPLOY, backend, name), 'utf8'))),
      );
      const answered = questions.filter(({ metric }) => points.has(metric));
      const wrong = answered.filter(
        ({ metric, attributes }) =>
          !points
            .get(metric)!
            .some((point) =>
              attributes.every((key) => Object.hasOwn({ ...resource, ...point.attributes }, key)),
            ),
      );
      assert.deepEqual(wrong, []);
      // What a machine does not count, and what is off by default, is asked for as well.
      t.diagnostic(`${answered.length} of ${questions.length} queries have data`);
      const documented = documentedQueries(backend).answered;
      assert.ok(answered.length >= documented, `${answered.length} of ${documented} in docs/backends.md`);
      // What they add up are deltas.
      const counters = [...points.values()].flat().filter(({ monotonic }) => monotonic);
      assert.ok(counters.length > 10);
      assert.deepEqual(new Set(counters.map(({ temporality }) => temporality)), new Set(['delta']));
    });
  }

  /** What comes out of the processors of a configuration, by the name of the metric. */
  async function arrivedAt(backend: string, file: string) {
    const { processors, service } = parse(readFileSync(join(DEPLOY, 'collector', `${backend}.yaml`), 'utf8'));
    const [port] = await freePorts(1);
    const collector = await Collector.start({
      receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
      processors,
      exporters: { file: { path: file } },
      pipelines: {
        metrics: {
          receivers: ['otlp'],
          processors: service.pipelines.metrics.processors,
          exporters: ['file'],
        },
      },
    });
    try {
      const details = 'threads,faults,uptime,context-switches,descriptors';
      const ended = await runUnitledger(
        [
          ...['--summary', 'json', '--interval', '0.2', '--export-interval', '1'],
          ...['--process-details', details, ...loadFor(4)],
        ],
        {
          environment: {
            UNITLEDGER_EXPORT: 'otlp',
            OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
          },
        },
      );
      assert.equal(documentOf(ended).export!.failed, 0);
    } finally {
      await collector.stop();
    }
    const requests = requestsIn(file);
    const points: Map<string, ReceivedPoint[]> = Map.groupBy(requests.flatMap(pointsOf), ({ name }) => name);
    return { points, resource: resourceOf(requests[0]!) };
  }
});
