import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { skipUnless } from '../../skip.ts';
import {
  type Certificate,
  makeAuthority,
  makeCertificate,
  opensslAvailable,
} from '../../telemetry/export/certificates.ts';
import { ConnectProxy } from '../connect-proxy.ts';
import {
  documentOf,
  type Ended,
  logOf,
  type Running,
  runUnitledger,
  startUnitledger,
  until,
} from '../program/unitledger.ts';
import { startTinyproxy, tinyproxyAvailable } from '../tinyproxy.ts';
import { requestsIn } from './arrived.ts';
import { Collector, collectorAvailable } from './collector.ts';
import { freePorts } from './loopback.ts';

const missing = [collectorAvailable, opensslAvailable()].find((needed) => needed !== true);
/** State of a connection in `/proc/net/tcp`. */
const ESTABLISHED = '01';
const PASSWORD = 'hunter2@:/';
const CREDENTIALS = `user:${encodeURIComponent(PASSWORD)}@`;

/**
 * Connections to a port on loopback that their clients hold open at the same time, by the kernel's table: the proxy
 * itself may hear of the end of one after the beginning of the next.
 */
function connectionsTo(port: number): number {
  const [first, second] = [clientPortsOf(port), clientPortsOf(port)];
  // The table is read in parts, so one reading may have a connection and the one that replaced it.
  return first.intersection(second).size;
}

function clientPortsOf(port: number): Set<string> {
  const peer = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = readFileSync('/proc/net/tcp', 'latin1').split('\n');
  const connections = lines.map((line) => line.trim().split(/\s+/));
  return new Set(
    connections.flatMap(([, client, to, state]) => (to === peer && state === ESTABLISHED ? [client!] : [])),
  );
}

describe('a Collector behind a proxy', skipUnless(missing ?? true), () => {
  let folder: string;
  let authority: Certificate;
  let server: Certificate;
  let proxy: ConnectProxy;
  let collector: Collector;
  /** What the Collector wrote, in all tests; and how much of that is of tests before this one. */
  let file: string;
  let ofOtherTests: number;
  /** Ports of the Collector: HTTP, HTTP with TLS, gRPC, gRPC with TLS. */
  let ports: { readonly http: number; readonly https: number; readonly grpc: number; readonly grpcs: number };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'unitledger-proxies-'));
    authority = makeAuthority(folder, 'authority');
    server = makeCertificate(folder, 'server', authority);
    const [http, https, grpc, grpcs] = (await freePorts(4)) as [number, number, number, number];
    ports = { http, https, grpc, grpcs };
    file = join(folder, 'arrived.jsonl');
    const tls = { cert_file: server.cert, key_file: server.key };
    collector = await Collector.start({
      receivers: {
        'otlp/plain': {
          protocols: {
            http: { endpoint: `127.0.0.1:${http}` },
            grpc: { endpoint: `127.0.0.1:${grpc}` },
          },
        },
        'otlp/tls': {
          protocols: {
            http: { endpoint: `127.0.0.1:${https}`, tls },
            grpc: { endpoint: `127.0.0.1:${grpcs}`, tls },
          },
        },
      },
      // With a rotation the file exporter holds nothing back.
      exporters: { file: { path: file, rotation: { max_megabytes: 1000 } } },
      pipelines: { metrics: { receivers: ['otlp/plain', 'otlp/tls'], exporters: ['file'] } },
    });
  });
  after(async () => {
    await collector?.stop();
    rmSync(folder, { recursive: true });
  });

  beforeEach(async () => {
    proxy = await ConnectProxy.start();
    ofOtherTests = requestsIn(file).length;
  });
  afterEach(() => proxy.close());

  /** How many windows arrived in this test. */
  const arrived = () => requestsIn(file).length - ofOtherTests;

  const OPTIONS = [
    ...['--interval', '0.1', '--duration', '1'],
    ...['--export-interval', '0.25', '--shutdown-timeout', '10'],
  ];
  function start(environment: Readonly<Record<string, string>>, ...more: string[]): Running {
    const args = [...OPTIONS, '--summary', 'json', '--pid', String(process.pid), ...more];
    return startUnitledger(args, { environment: { UNITLEDGER_EXPORT: 'otlp', ...environment } });
  }
  function run(environment: Readonly<Record<string, string>>, ...more: string[]): Promise<Ended> {
    return start(environment, ...more).ended;
  }
  const way = (protocol: string, endpoint: string) => ({
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_CERTIFICATE: authority.cert,
  });
  const proxyUrl = () => `http://${CREDENTIALS}127.0.0.1:${proxy.port}`;
  const assertSecret = ({ stdout, stderr }: Ended) =>
    assert.doesNotMatch(stdout + stderr, /hunter2|user:/, 'credentials of the proxy');

  for (const [protocol, scheme, variable, port, line] of [
    ['http/protobuf', 'http', 'HTTP_PROXY', 'http', 'POST http://collector.test:PORT/v1/metrics'],
    ['http/protobuf', 'https', 'https_proxy', 'https', 'CONNECT collector.test:PORT'],
    ['grpc', 'http', 'http_proxy', 'grpc', 'CONNECT collector.test:PORT'],
    ['grpc', 'https', 'HTTPS_PROXY', 'grpcs', 'CONNECT collector.test:PORT'],
  ] as const) {
    test(`gets every window by ${protocol} at ${scheme}://, through the proxy of ${variable}`, async () => {
      const endpoint = `${scheme}://collector.test:${ports[port]}`;
      const program = start({ ...way(protocol, endpoint), [variable]: proxyUrl() }, '--duration', '60');
      await until(
        () => arrived() >= 2,
        () => `two windows\n${program.stderr()}`,
      );
      program.signal('SIGINT');
      const ended = await program.ended;
      const { delivered, failed } = documentOf(ended).export!;
      assert.deepEqual([failed, arrived()], [0, delivered], ended.stderr);
      const wanted = line.replace('PORT', String(ports[port]));
      assert.deepEqual(new Set(proxy.requests.map((each) => each.line)), new Set([wanted]));
      assert.ok(proxy.requests.every(({ credentials }) => credentials === `user:${PASSWORD}`));
      assertSecret(ended);
    });
  }

  for (const protocol of ['http/protobuf', 'grpc'] as const) {
    const port = () => (protocol === 'grpc' ? ports.grpc : ports.http);
    const proxied = () => ({ HTTP_PROXY: proxyUrl(), HTTPS_PROXY: proxyUrl() });

    test(`is asked directly by ${protocol} on loopback, whatever the variables say`, async () => {
      const hosts = ['127.0.0.1', 'localhost'];
      const runs = hosts.map((host) => run({ ...way(protocol, `http://${host}:${port()}`), ...proxied() }));
      for (const ended of await Promise.all(runs))
        assert.equal(documentOf(ended).export!.failed, 0, ended.stderr);
      assert.deepEqual(proxy.requests, []);
    });

    test(`is asked directly by ${protocol} where NO_PROXY or --otlp-proxy none says so`, async () => {
      const there = { ...way(protocol, `http://collector.test:${port()}`), ...proxied() };
      const brief = ['--shutdown-timeout', '0.5'];
      for (const ended of await Promise.all([
        run({ ...there, NO_PROXY: 'example.com,.test' }, ...brief),
        run({ ...there, no_proxy: '*' }, ...brief),
        run(there, ...brief, '--otlp-proxy', 'none'),
      ])) {
        // No resolver knows the name, so a direct way is one that fails.
        assert.equal(documentOf(ended).export!.delivered, 0);
        assert.match(ended.stderr, /ENOTFOUND|EAI_AGAIN/);
      }
      assert.deepEqual(proxy.requests, []);
    });

    test(`is not reached by ${protocol} with wrong credentials, and the log and doctor name the proxy without them`, async () => {
      proxy.fault = 407;
      const there = {
        ...way(protocol, `https://collector.test:${protocol === 'grpc' ? ports.grpcs : ports.https}`),
        ...proxied(),
      };
      const ended = await run(there, '--shutdown-timeout', '0.5');
      assert.equal(documentOf(ended).export!.delivered, 0);
      const said = logOf(ended.stderr).filter(({ level }) => level === 'warn');
      const shown = `through proxy http://127.0.0.1:${proxy.port} (HTTPS_PROXY): the proxy refused the tunnel: HTTP 407`;
      assert.match(said[0]!.msg, /are user name and password of the proxy right\?/);
      assert.ok(said[0]!.msg.includes(shown), said[0]!.msg);
      assert.equal(said.length, 2, ended.stderr);
      assertSecret(ended);

      proxy.fault = null;
      const own = ['--pid', String(process.pid), '--format', 'json'];
      const doctor = await runUnitledger(['doctor', ...own], {
        environment: { UNITLEDGER_EXPORT: 'otlp', ...there },
      });
      const route = (JSON.parse(doctor.stdout) as { checks: { name: string; found: string }[] }).checks.find(
        ({ name }) => name === 'route',
      );
      assert.equal(route!.found, `through proxy http://127.0.0.1:${proxy.port} (HTTPS_PROXY)`);
      assertSecret(doctor);
    });

    test(`behind a proxy that never answers leaves no more than one connection to it open by ${protocol}`, async () => {
      proxy.fault = 'silent';
      const endpoint = `https://collector.test:${protocol === 'grpc' ? ports.grpcs : ports.https}`;
      let most = 0;
      const timer = setInterval(() => {
        most = Math.max(most, connectionsTo(proxy.port));
      }, 20);
      const times = ['--duration', '60', '--export-timeout', '0.3', '--shutdown-timeout', '0.5'];
      const program = start({ ...way(protocol, endpoint), ...proxied() }, ...times);
      await until(
        () => proxy.requests.length >= 3,
        () => `three tries\n${program.stderr()}`,
      );
      program.signal('SIGINT');
      const ended = await program.ended;
      clearInterval(timer);
      assert.match(ended.stderr, /no complete answer within 0\.3 s/);
      assert.equal(most, 1);
    });
  }

  test('is reached through tinyproxy, by HTTP and by gRPC', skipUnless(tinyproxyAvailable()), async () => {
    const [port] = await freePorts(1);
    const own = mkdtempSync(join(folder, 'tinyproxy-'));
    const tinyproxy = await startTinyproxy(own, port!);
    try {
      const url = `http://user:hunter2@127.0.0.1:${port}`;
      const ways = [
        way('http/protobuf', `http://collector.test:${ports.http}`),
        way('http/protobuf', `https://collector.test:${ports.https}`),
        way('grpc', `http://collector.test:${ports.grpc}`),
        way('grpc', `https://collector.test:${ports.grpcs}`),
      ];
      let all = 0;
      const runs = ways.map((way) => run({ ...way, HTTP_PROXY: url, HTTPS_PROXY: url }));
      for (const ended of await Promise.all(runs)) {
        const { delivered, failed } = documentOf(ended).export!;
        assert.equal(failed, 0, ended.stderr + tinyproxy.log);
        assert.ok(delivered >= 1, `${delivered} windows\n${ended.stderr}`);
        all += delivered;
        assertSecret(ended);
      }
      assert.equal(arrived(), all, tinyproxy.log);
    } finally {
      await tinyproxy.stop();
    }
  });
});
