import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { skipUnless } from '../../skip.ts';
import {
  type Certificate,
  makeAuthority,
  makeCertificate,
  opensslAvailable,
} from '../../telemetry/export/certificates.ts';
import { pointsOf, resourceOf } from '../otlp-request.ts';
import { assertNear, documentOf, runUnitledger, unitOf } from '../program/unitledger.ts';
import { cpuSecondsOf, spansIn } from '../spans.ts';
import { requestsIn } from './arrived.ts';
import { Collector, collectorAvailable } from './collector.ts';
import { LOAD_UNIT, loadAvailable, loadFor } from './load.ts';
import { freePorts } from './loopback.ts';

const missing = [collectorAvailable, loadAvailable, opensslAvailable()].find((needed) => needed !== true);
/** JSON has as many digits as it takes; a window's sums are doubles on every way. */
const ROUNDING = 1e-6;

describe('a Collector receives every window and every span', skipUnless(missing ?? true), () => {
  let folder: string;
  let authority: Certificate;
  let server: Certificate;
  let client: Certificate;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'unitledger-protocols-'));
    authority = makeAuthority(folder, 'authority');
    server = makeCertificate(folder, 'server', authority);
    client = makeCertificate(folder, 'client', authority);
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const protocol of ['http/json', 'http/protobuf', 'grpc'] as const) {
    for (const secure of [false, true]) {
      test(`by ${protocol}${secure ? ', by TLS of both sides, and compressed' : ''}`, async () => {
        const [port] = await freePorts(1);
        const file = join(folder, `arrived-${protocol.replace('/', '-')}-${secure}.jsonl`);
        const spansFile = `${file}.spans`;
        const settings = {
          endpoint: `127.0.0.1:${port}`,
          ...(secure
            ? { tls: { cert_file: server.cert, key_file: server.key, client_ca_file: authority.cert } }
            : {}),
        };
        const collector = await Collector.start({
          receivers: { otlp: { protocols: { [protocol === 'grpc' ? 'grpc' : 'http']: settings } } },
          exporters: { file: { path: file }, 'file/spans': { path: spansFile } },
          pipelines: {
            metrics: { receivers: ['otlp'], exporters: ['file'] },
            traces: { receivers: ['otlp'], exporters: ['file/spans'] },
          },
        });
        const certificates = {
          OTEL_EXPORTER_OTLP_CERTIFICATE: authority.cert,
          OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: client.cert,
          OTEL_EXPORTER_OTLP_CLIENT_KEY: client.key,
          OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
        };
        const environment = {
          UNITLEDGER_EXPORT: 'otlp',
          OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
          OTEL_EXPORTER_OTLP_ENDPOINT: `${secure ? 'https' : 'http'}://127.0.0.1:${port}`,
          ...(secure ? certificates : {}),
        };
        const times = ['--interval', '0.2', '--export-interval', '1', '--shutdown-timeout', '20'];
        let document: ReturnType<typeof documentOf>;
        try {
          const args = ['--summary', 'json', '--traces', ...times, ...loadFor(2)];
          document = documentOf(await runUnitledger(args, { environment }));
        } finally {
          await collector.stop();
        }

        const arrived = requestsIn(file);
        assert.equal(document.export!.failed, 0);
        assert.equal(arrived.length, document.export!.delivered);
        assert.ok(arrived.length >= 2, `${arrived.length} windows`);
        assert.equal(resourceOf(arrived[0]!)['service.name'], 'unitledger');
        const booked = pointsOf(arrived.at(-1)!).filter(
          ({ name, attributes }) =>
            name === 'unitledger.unit.cpu.booked.time' && attributes['systemd.unit.name'] === LOAD_UNIT,
        );
        assert.ok(booked.every(({ temporality, monotonic }) => temporality === 'cumulative' && monotonic));
        const seconds = booked.reduce((sum, { value }) => sum + value, 0);
        const { attributedSeconds } = unitOf(document, LOAD_UNIT).cpu;
        assertNear(seconds, attributedSeconds!, ROUNDING, 'CPU that is attributed');

        const { processes } = unitOf(document, LOAD_UNIT);
        const spans = spansIn(spansFile);
        const root = spans.find(({ parentSpanId }) => parentSpanId === undefined)!;
        assert.equal(root.name, LOAD_UNIT);
        // With the kernel's process events, processes that no sample saw are spans, too.
        const pids = spans.flatMap(({ attributes }) => attributes['process.pid'] ?? []);
        assert.equal(new Set(pids).size, pids.length);
        for (const { pid } of processes) assert.ok(pids.includes(pid), `a span of ${pid}`);
        assert.ok(spans.every(({ traceId }) => traceId === root.traceId));
        assertNear(cpuSecondsOf(spans), attributedSeconds!, ROUNDING, 'CPU of the spans');
      });
    }
  }
});
