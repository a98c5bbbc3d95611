import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { Metadata, ServerCredentials, status } from '@grpc/grpc-js';
import type { HeadersFile } from '../../../src/telemetry/export/headers-file.ts';
import { otlpTransports } from '../../../src/telemetry/export/open-transport.ts';
import type { Transport } from '../../../src/telemetry/export/transport.ts';
import { skipUnless } from '../../skip.ts';
import { RecordedLog } from '../recorded-log.ts';
import { type Certificate, makeAuthority, makeCertificate, opensslAvailable } from './certificates.ts';
import { GrpcCollector, statusWithRetryInfo } from './grpc-collector.ts';

const BODY = Uint8Array.from({ length: 5000 }, (_, i) => i % 7);
const ACCEPTED = { kind: 'accepted', rejectedPoints: 0, remark: null };
const OTLP = 'OTEL_EXPORTER_OTLP_';

interface Seen {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** Name on the certificate that the client showed. */
  readonly client: string | undefined;
}

/** Answers every request well, and keeps what it saw. */
function taking(seen: Seen[]) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const socket = request.socket as Partial<TLSSocket>;
      const subject = socket.getPeerCertificate?.()?.subject?.CN;
      const client = typeof subject === 'string' ? subject : undefined;
      seen.push({ path: request.url!, headers: request.headers, body: Buffer.concat(chunks), client });
      response.end();
    });
  };
}

describe('OTLP by its protocols', { ...skipUnless(opensslAvailable()), timeout: 120_000 }, () => {
  let folder: string;
  let authority: Certificate;
  let server: Certificate;
  let client: Certificate;
  let stranger: Certificate;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'unitledger-protocols-'));
    authority = makeAuthority(folder, 'authority');
    server = makeCertificate(folder, 'server', authority);
    client = makeCertificate(folder, 'client', authority);
    stranger = makeAuthority(folder, 'stranger');
  });
  after(() => rmSync(folder, { recursive: true }));

  function opened(
    t: TestContext,
    environment: Record<string, string>,
    {
      headersFile = null,
      log = new RecordedLog(),
    }: { headersFile?: HeadersFile | null; log?: RecordedLog } = {},
  ): Transport {
    const more = { version: 'test', unixMillis: Date.now, log };
    const values = { environment, usesProxy: true, headersFile, ...more };
    const { encoding, open } = otlpTransports(values);
    const transport = open(encoding)!;
    t.after(() => transport.close());
    return transport;
  }
  const send = (transport: Transport) => transport.send(BODY, AbortSignal.timeout(20_000));

  async function httpsServer(t: TestContext, seen: Seen[]): Promise<string> {
    const options = {
      cert: readFileSync(server.cert),
      key: readFileSync(server.key),
      ca: readFileSync(authority.cert),
      requestCert: true,
      rejectUnauthorized: true,
    };
    const listening = createHttpsServer(options, taking(seen)).listen(0, '127.0.0.1');
    await new Promise((resolve) => listening.once('listening', resolve));
    t.after(() => {
      listening.closeAllConnections();
      listening.close();
    });
    return `https://127.0.0.1:${(listening.address() as AddressInfo).port}`;
  }

  const mutual = (endpoint: string, cert: Certificate = client) => ({
    [`${OTLP}ENDPOINT`]: endpoint,
    [`${OTLP}CERTIFICATE`]: authority.cert,
    [`${OTLP}CLIENT_CERTIFICATE`]: cert.cert,
    [`${OTLP}CLIENT_KEY`]: cert.key,
  });

  it('uses a Unix socket by HTTP', async (t) => {
    const seen: Seen[] = [];
    const path = join(folder, 'http.sock');
    const listening = createHttpServer(taking(seen)).listen(path);
    await new Promise((resolve) => listening.once('listening', resolve));
    t.after(() => listening.close());
    const environment = { [`${OTLP}ENDPOINT`]: `unix://${path}`, [`${OTLP}PROTOCOL`]: 'http/protobuf' };
    const transport = opened(t, environment);
    assert.deepEqual(await send(transport), ACCEPTED);
    assert.equal(transport.target, `unix://${path}`);
    assert.equal(seen[0]!.path, '/v1/metrics');
    assert.equal(seen[0]!.headers['content-type'], 'application/x-protobuf');
    assert.deepEqual(seen[0]!.body, Buffer.from(BODY));
  });

  it('reports why a Unix socket is unavailable', async (t) => {
    const environment = { [`${OTLP}ENDPOINT`]: `unix://${join(folder, 'none.sock')}` };
    const answer = await send(opened(t, environment));
    assert.equal(answer.kind, 'unavailable');
    assert.match((answer as { reason: string }).reason, /^ENOENT/);
  });

  it('presents its own certificate and verifies the other', async (t) => {
    const seen: Seen[] = [];
    const endpoint = await httpsServer(t, seen);
    assert.deepEqual(await send(opened(t, mutual(endpoint))), ACCEPTED);
    assert.equal(seen[0]!.client, 'client');
    const bare = { [`${OTLP}ENDPOINT`]: endpoint, [`${OTLP}CERTIFICATE`]: authority.cert };
    assert.equal((await send(opened(t, bare))).kind, 'unavailable');
    const trusting = { ...mutual(endpoint), [`${OTLP}CERTIFICATE`]: stranger.cert };
    const refused = await send(opened(t, trusting));
    assert.equal(refused.kind, 'unavailable');
    assert.match((refused as { reason: string }).reason, /UNABLE_TO_VERIFY|SELF_SIGNED|unable to/);
    assert.equal(seen.length, 1);
  });

  it('uses replaced certificates without a restart, and keeps the previous ones while they are invalid', async (t) => {
    const seen: Seen[] = [];
    const log = new RecordedLog();
    const endpoint = await httpsServer(t, seen);
    const rotating = { cert: join(folder, 'rotating.pem'), key: join(folder, 'rotating.key') };
    cpSync(client.cert, rotating.cert);
    cpSync(client.key, rotating.key);
    const transport = opened(t, mutual(endpoint, rotating), { log });
    assert.deepEqual(await send(transport), ACCEPTED);
    const next = makeCertificate(folder, 'next', authority);
    // The certificate comes before its key: for a moment they do not fit.
    cpSync(next.cert, rotating.cert);
    assert.deepEqual(await send(transport), ACCEPTED);
    assert.deepEqual(await send(transport), ACCEPTED);
    cpSync(next.key, rotating.key);
    assert.deepEqual(await send(transport), ACCEPTED);
    writeFileSync(rotating.cert, 'not PEM');
    assert.deepEqual(await send(transport), ACCEPTED);
    assert.deepEqual(
      seen.map((each) => each.client),
      ['client', 'client', 'client', 'next', 'next'],
    );
    const kept = 'the TLS files changed and are invalid: the previous ones stay in use';
    assert.deepEqual(
      log.lines.map(({ message }) => message),
      [kept, 'the TLS files changed and were reread', kept],
    );
  });

  it('delays windows while TLS files are unusable, reports the reason by variable and value, and continues when they are usable', async (t) => {
    const environment = mutual('https://127.0.0.1:1');
    const refused = async (more: Record<string, string | undefined>, says: RegExp) => {
      const all = Object.fromEntries(
        Object.entries({ ...environment, ...more }).filter(([, value]) => value !== undefined),
      );
      for (const protocol of ['http/protobuf', 'grpc']) {
        const answer = await send(
          opened(t, { ...(all as Record<string, string>), [`${OTLP}PROTOCOL`]: protocol }),
        );
        assert.equal(answer.kind, 'unavailable');
        assert.match((answer as { reason: string }).reason, says);
      }
    };
    const text = join(folder, 'text.pem');
    writeFileSync(text, 'no PEM');
    const bad = join(folder, 'bad.pem');
    writeFileSync(bad, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    await refused(
      { [`${OTLP}CERTIFICATE`]: text },
      /^OTEL_EXPORTER_OTLP_CERTIFICATE is ".*text\.pem", which holds no certificate in PEM form; it takes the path of a PEM file with one certificate or more$/,
    );
    await refused(
      { [`${OTLP}CERTIFICATE`]: bad },
      /^OTEL_EXPORTER_OTLP_CERTIFICATE is .*which holds a certificate that cannot be read;/,
    );
    await refused(
      { [`${OTLP}METRICS_CERTIFICATE`]: '/nonexistent' },
      /^OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE is "\/nonexistent", which cannot be read \(no such file or directory, ENOENT\)/,
    );
    await refused(
      { [`${OTLP}CLIENT_KEY`]: text },
      /^OTEL_EXPORTER_OTLP_CLIENT_KEY is .*which holds no private key in PEM form; it takes the path of a PEM file with a private key, without a passphrase$/,
    );
    await refused(
      { [`${OTLP}CLIENT_KEY`]: server.key },
      /^OTEL_EXPORTER_OTLP_CLIENT_KEY is .*which is not the key of the certificate in /,
    );
    await refused(
      { [`${OTLP}CLIENT_KEY`]: undefined },
      /^OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE is .*OTEL_EXPORTER_OTLP_CLIENT_KEY is not set/,
    );
    const later = join(folder, 'later.pem');
    const seen: Seen[] = [];
    const log = new RecordedLog();
    const late = { ...mutual(await httpsServer(t, seen)), [`${OTLP}CERTIFICATE`]: later };
    const transport = opened(t, late, { log });
    assert.equal((await send(transport)).kind, 'unavailable');
    cpSync(authority.cert, later);
    assert.deepEqual(await send(transport), ACCEPTED);
    assert.deepEqual(log.lines, []);
    // Without TLS, no file is read.
    opened(t, { ...environment, [`${OTLP}ENDPOINT`]: 'http://127.0.0.1:1', [`${OTLP}CERTIFICATE`]: text });
  });

  it('does not show the value of a header that gRPC cannot send', async (t) => {
    const transport = opened(t, {
      [`${OTLP}ENDPOINT`]: 'http://127.0.0.1:1',
      [`${OTLP}PROTOCOL`]: 'grpc',
      [`${OTLP}HEADERS`]: 'authorization=Bearer%20s%C3%A9same',
    });
    const answer = await send(transport);
    assert.equal(
      'reason' in answer && answer.reason,
      'header "authorization" has characters that gRPC does not allow: only ASCII can be sent',
    );
  });

  it('sends headers of a file with precedence over variables, with their current values', async (t) => {
    const seen: Seen[] = [];
    const listening = createHttpServer(taking(seen)).listen(0, '127.0.0.1');
    await new Promise((resolve) => listening.once('listening', resolve));
    t.after(() => {
      listening.closeAllConnections();
      listening.close();
    });
    const path = join(folder, 'headers');
    writeFileSync(path, 'Authorization: Bearer one');
    const environment = {
      [`${OTLP}ENDPOINT`]: `http://127.0.0.1:${(listening.address() as AddressInfo).port}`,
      [`${OTLP}HEADERS`]: 'authorization=none,x-tenant=7',
      [`${OTLP}COMPRESSION`]: 'gzip',
    };
    const transport = opened(t, environment, { headersFile: { path, named: '--otlp-headers-file' } });
    await send(transport);
    writeFileSync(path, 'Authorization: Bearer three');
    await send(transport);
    assert.deepEqual(
      seen.map(({ headers }) => [headers.authorization, headers['x-tenant']]),
      [
        ['Bearer one', '7'],
        ['Bearer three', '7'],
      ],
    );
    assert.deepEqual(gunzipSync(seen[0]!.body), Buffer.from(BODY));
  });

  describe('gRPC', () => {
    async function collectorAt(t: TestContext, address?: string, credentials?: ServerCredentials) {
      const collector = new GrpcCollector();
      t.after(() => collector.stop());
      return { collector, port: await collector.start(address, credentials) };
    }
    const grpc = (endpoint: string) => ({ [`${OTLP}PROTOCOL`]: 'grpc', [`${OTLP}ENDPOINT`]: endpoint });

    it('sends the bytes as the message, with its headers and its name', async (t) => {
      const { collector, port } = await collectorAt(t);
      const environment = {
        ...grpc(`http://127.0.0.1:${port}`),
        [`${OTLP}HEADERS`]: 'x-tenant=7,x-raw-bin=AAH/',
        [`${OTLP}COMPRESSION`]: 'gzip',
      };
      const transport = opened(t, environment);
      assert.deepEqual(await send(transport), ACCEPTED);
      const [{ message, metadata }] = collector.received as [GrpcCollector['received'][0]];
      assert.deepEqual(message, Buffer.from(BODY));
      assert.deepEqual(metadata.get('x-tenant'), ['7']);
      assert.deepEqual(metadata.get('x-raw-bin'), [Buffer.from([0, 1, 255])]);
      assert.match(String(metadata.get('user-agent')[0]), /^unitledger\/test /);
    });

    it('uses a Unix socket', async (t) => {
      const path = join(folder, 'grpc.sock');
      const { collector } = await collectorAt(t, `unix:${path}`);
      assert.deepEqual(await send(opened(t, grpc(`unix://${path}`))), ACCEPTED);
      assert.equal(collector.received.length, 1);
    });

    it('presents its own certificate, verifies the other, and uses new ones', async (t) => {
      const pair = { cert_chain: readFileSync(server.cert), private_key: readFileSync(server.key) };
      const credentials = ServerCredentials.createSsl(readFileSync(authority.cert), [pair], true);
      const { collector, port } = await collectorAt(t, '127.0.0.1:0', credentials);
      const endpoint = `https://127.0.0.1:${port}`;
      const own = { cert: join(folder, 'own.pem'), key: join(folder, 'own.key') };
      cpSync(stranger.cert, own.cert);
      cpSync(stranger.key, own.key);
      const transport = opened(t, { ...mutual(endpoint, own), [`${OTLP}PROTOCOL`]: 'grpc' });
      assert.equal((await send(transport)).kind, 'unavailable');
      cpSync(client.cert, own.cert);
      cpSync(client.key, own.key);
      assert.deepEqual(await send(transport), ACCEPTED);
      assert.equal(collector.received.length, 1);
    });

    it('parses partial success, rejections and retry delays', async (t) => {
      const { collector, port } = await collectorAt(t);
      const transport = opened(t, grpc(`http://127.0.0.1:${port}`));
      // ExportMetricsServiceResponse { partial_success { rejected_data_points: 3, error_message: "no" } }
      collector.answer = (reply) => reply(null, Buffer.from([0x0a, 6, 0x08, 3, 0x12, 2, 0x6e, 0x6f]));
      assert.deepEqual(await send(transport), { kind: 'accepted', rejectedPoints: 3, remark: 'no' });
      collector.answer = (reply) => reply({ code: status.INVALID_ARGUMENT, details: 'bad' });
      assert.deepEqual(await send(transport), {
        kind: 'refused',
        cause: 'gRPC INVALID_ARGUMENT',
        reason: 'gRPC INVALID_ARGUMENT: bad',
      });
      collector.answer = (reply) => {
        const metadata = new Metadata();
        metadata.set('grpc-status-details-bin', Buffer.from(statusWithRetryInfo(9, 0)));
        reply({ code: status.RESOURCE_EXHAUSTED, details: 'full', metadata });
      };
      assert.deepEqual(await send(transport), {
        kind: 'unavailable',
        cause: 'gRPC RESOURCE_EXHAUSTED',
        reason: 'gRPC RESOURCE_EXHAUSTED: full',
        retryAfterSeconds: 9,
      });
    });

    it('is unavailable if nothing listens, and delivers once something does', async (t) => {
      const { collector, port } = await collectorAt(t);
      const transport = opened(t, grpc(`http://127.0.0.1:${port}`));
      assert.deepEqual(await send(transport), ACCEPTED);
      collector.stop();
      const answer = await send(transport);
      assert.equal(answer.kind, 'unavailable');
      assert.match(
        (answer as { reason: string }).reason,
        /^ECONN(?:REFUSED|RESET): |^the other side closed|^gRPC UNAVAILABLE/,
      );
      const later = await collectorAt(t, `127.0.0.1:${port}`);
      const deadline = Date.now() + 20_000;
      while ((await send(transport)).kind !== 'accepted') assert.ok(Date.now() < deadline, 'never delivered');
      assert.equal(later.collector.received.length, 1);
    });

    it('reports at each attempt in the same words that a port speaks HTTP/1, and not gRPC', async (t) => {
      const listening = createHttpServer(taking([])).listen(0, '127.0.0.1');
      await new Promise((resolve) => listening.once('listening', resolve));
      t.after(() => {
        listening.closeAllConnections();
        listening.close();
      });
      const transport = opened(t, grpc(`http://127.0.0.1:${(listening.address() as AddressInfo).port}`));
      for (let i = 0; i < 3; i++) {
        assert.deepEqual(await send(transport), {
          kind: 'unavailable',
          cause: 'no HTTP/2',
          reason: 'no HTTP/2 on this port (is this the HTTP port, 4318? gRPC usually listens on 4317)',
          retryAfterSeconds: null,
        });
      }
    });

    it('gives up when requested, and reconnects', async (t) => {
      const { collector, port } = await collectorAt(t);
      const transport = opened(t, grpc(`http://127.0.0.1:${port}`));
      collector.answer = () => {};
      const controller = new AbortController();
      const sent = transport.send(BODY, controller.signal);
      while (collector.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      const reason = { cause: 'timeout', reason: 'enough' };
      controller.abort(reason);
      assert.deepEqual(await sent, { kind: 'unavailable', ...reason, retryAfterSeconds: null });
      const aborted = await transport.send(BODY, AbortSignal.abort(reason));
      assert.deepEqual(aborted, { kind: 'unavailable', ...reason, retryAfterSeconds: null });
      collector.answer = (reply) => reply(null, Buffer.alloc(0));
      assert.deepEqual(await send(transport), ACCEPTED);
    });

    it('has no windows in JSON', () => {
      const own = { usesProxy: true, headersFile: null };
      const values = { ...own, version: 'test', unixMillis: Date.now, log: new RecordedLog() };
      const { encoding, open } = otlpTransports({ ...values, environment: grpc('http://127.0.0.1:1') });
      assert.equal(encoding, 'protobuf');
      assert.equal(open('json'), null);
    });
  });
});
