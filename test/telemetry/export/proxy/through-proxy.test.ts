import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { otlpTransports } from '../../../../src/telemetry/export/open-transport.ts';
import type { Answer, Transport } from '../../../../src/telemetry/export/transport.ts';
import { freePorts } from '../../../end-to-end/backends/loopback.ts';
import { ConnectProxy } from '../../../end-to-end/connect-proxy.ts';
import { startTinyproxy, tinyproxyAvailable } from '../../../end-to-end/tinyproxy.ts';
import { skipUnless } from '../../../skip.ts';
import { RecordedLog } from '../../recorded-log.ts';
import { FaultServer } from '../fault-server.ts';
import { GrpcCollector } from '../grpc-collector.ts';

const BODY = new Uint8Array([1, 2, 3]);
const TIMEOUT = { cause: 'timeout', reason: 'time is up' };

describe('a transport through a proxy', () => {
  let proxy: ConnectProxy;
  let transport: Transport | null;
  beforeEach(async () => {
    proxy = await ConnectProxy.start();
  });
  afterEach(async () => {
    transport?.close();
    await proxy.close();
  });

  function open(
    protocol: string,
    endpoint: string,
    url = `http://me:secret@127.0.0.1:${proxy.port}`,
  ): Transport {
    const environment = {
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      HTTP_PROXY: url,
      HTTPS_PROXY: url,
    };
    const own = { usesProxy: true, headersFile: null, version: 'test', unixMillis: Date.now };
    const { encoding, open: opened } = otlpTransports({ ...own, environment, log: new RecordedLog() });
    transport = opened(encoding)!;
    return transport;
  }
  const send = (signal = new AbortController().signal) => transport!.send(BODY, signal);
  const reasonOf = (answer: Answer) => (answer as { reason: string }).reason;

  test('reaches a gRPC server by a name that only the proxy knows, with the credentials', async (t) => {
    const collector = new GrpcCollector();
    t.after(() => collector.stop());
    const port = await collector.start();
    const { proxy: shown } = open('grpc', `http://collector.test:${port}`);
    assert.equal(shown, `proxy http://127.0.0.1:${proxy.port} (HTTP_PROXY)`);
    assert.equal((await send()).kind, 'accepted');
    assert.equal((await send()).kind, 'accepted');
    assert.deepEqual(proxy.requests, [{ line: `CONNECT collector.test:${port}`, credentials: 'me:secret' }]);
    const [authority] = collector.received.map(({ host }) => host);
    assert.equal(authority, `collector.test:${port}`);
  });

  test('reaches an HTTP server in the same way', async (t) => {
    const server = await FaultServer.start();
    t.after(() => server.stop());
    const { port } = new URL(server.url);
    open('http/protobuf', `http://collector.test:${port}`);
    assert.equal((await send()).kind, 'accepted');
    assert.equal(server.received[0]!.headers['proxy-authorization'], 'Basic bWU6c2VjcmV0');
    assert.deepEqual(
      proxy.requests.map(({ line }) => line),
      [`POST http://collector.test:${port}/v1/metrics`],
    );
  });

  test(
    'is accepted by tinyproxy with the credentials, and rejected without',
    skipUnless(tinyproxyAvailable()),
    async (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'unitledger-tinyproxy-'));
      const [port] = await freePorts(1);
      const tinyproxy = await startTinyproxy(folder, port!);
      const collector = new GrpcCollector();
      const server = await FaultServer.start();
      t.after(async () => {
        collector.stop();
        await server.stop();
        await tinyproxy.stop();
        rmSync(folder, { recursive: true });
      });
      const grpc = `http://collector.test:${await collector.start()}`;
      const http = `http://collector.test:${new URL(server.url).port}`;
      const by = (password: string) => `http://user:${password}@127.0.0.1:${port}`;
      for (const [protocol, endpoint] of [
        ['grpc', grpc],
        ['http/protobuf', http],
      ] as const) {
        open(protocol, endpoint, by('hunter2'));
        assert.equal((await send()).kind, 'accepted', tinyproxy.log);
        transport?.close();
        open(protocol, endpoint, by('wrong'));
        const refused = await send();
        assert.equal(refused.kind, 'unavailable');
        assert.match(reasonOf(refused), /HTTP 401/);
        transport?.close();
      }
      assert.equal(collector.received.length, 1);
      assert.equal(server.requests, 1);
    },
  );

  for (const protocol of ['http/protobuf', 'grpc'] as const) {
    for (const [status, says] of [
      [407, /the proxy refused the tunnel: HTTP 407 \(are user name and password of the proxy right\?\)$/],
      [403, /the proxy refused the tunnel: HTTP 403 \(does the proxy allow this host and port\?\)$/],
      [502, /the proxy refused the tunnel: HTTP 502$/],
    ] as const) {
      test(`names the status of a proxy that rejects ${protocol} with ${status}, and leaves no connection`, async () => {
        proxy.fault = status;
        open(protocol, 'https://collector.test:1');
        const answer = await send();
        assert.equal(answer.kind, 'unavailable');
        assert.match(reasonOf(answer), says);
        assert.equal((answer as { cause: string }).cause, `proxy HTTP ${status}`);
        await closed(proxy);
      });
    }

    test(`gives up a proxy that never answers ${protocol} when requested, and leaves no connection`, async () => {
      proxy.fault = 'silent';
      open(protocol, 'https://collector.test:1');
      for (let i = 0; i < 3; i++) {
        const controller = new AbortController();
        const sent = send(controller.signal);
        while (proxy.requests.length <= i) await new Promise((resolve) => setTimeout(resolve, 5));
        controller.abort(TIMEOUT);
        assert.deepEqual(await sent, { kind: 'unavailable', ...TIMEOUT, retryAfterSeconds: null });
        await closed(proxy);
      }
    });

    test(`reports the proxy as unavailable if ${protocol} finds none`, async () => {
      open(protocol, 'https://collector.test:1');
      const { port } = proxy;
      await proxy.close();
      assert.equal(reasonOf(await send()), 'ECONNREFUSED: connection refused');
      proxy = await ConnectProxy.start();
      assert.ok(port > 0);
    });
  }
});

async function closed(proxy: ConnectProxy): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (proxy.openSockets > 0) {
    assert.ok(performance.now() < deadline, `${proxy.openSockets} connections stay open`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
