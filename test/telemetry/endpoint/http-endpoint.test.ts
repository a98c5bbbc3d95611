import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, Server, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { EventStream } from '../../../src/telemetry/endpoint/event-stream.ts';
import { HttpEndpoint, type Page } from '../../../src/telemetry/endpoint/http-endpoint.ts';
import { TelemetrySetupError } from '../../../src/telemetry/export/setup-error.ts';

const page = (body: string, status: Page['status'] = 200): Page => ({
  status,
  contentType: 'text/plain; charset=utf-8',
  body,
});

const LARGE = Buffer.alloc(8 * 1024 * 1024, 'x');

describe('the HTTP endpoint', { timeout: 60_000 }, () => {
  let endpoint: HttpEndpoint;

  before(async () => {
    endpoint = await HttpEndpoint.open(
      { host: '127.0.0.1', port: 0, named: '--listen' },
      {
        '/healthz': () => page('ok\n'),
        '/readyz': async () => page('no\n', 503),
        // More than the buffers of a connection hold.
        '/large': () => ({ ...page(''), body: LARGE }),
        '/defect': () => {
          throw new Error('secret');
        },
      },
    );
  });
  after(() => endpoint.close());

  const get = (path: string, init?: RequestInit) => fetch(`${endpoint.url}${path}`, init);
  const port = () => Number(new URL(endpoint.url).port);

  /** What comes back on a connection until it is closed. */
  async function talk(send: (socket: Socket) => void): Promise<string> {
    const socket = connect(port(), '127.0.0.1');
    let heard = '';
    socket.setEncoding('latin1').on('data', (text) => {
      heard += text;
    });
    socket.on('error', () => {});
    await once(socket, 'connect');
    send(socket);
    await once(socket, 'close');
    return heard;
  }

  it('continues if the kernel has no memory for connections', async () => {
    const { _getActiveHandles: handles } = process as unknown as { _getActiveHandles(): object[] };
    const isMine = (each: object): each is Server =>
      each instanceof Server && (each.address() as AddressInfo | null)?.port === port();
    const server = handles.call(process).find(isMine);
    for (let i = 0; i < 3; i++)
      server!.emit('error', Object.assign(new Error('accept ENOBUFS'), { code: 'ENOBUFS' }));
    assert.equal((await get('/healthz')).status, 200);
  });

  it('answers with the page, its status and its type, whatever the query', async () => {
    const answer = await get('/healthz?verbose=1');
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), 'ok\n');
    assert.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8');
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.equal((await get('/readyz')).status, 503);
  });

  it('answers HEAD with the headers only', async () => {
    const answer = await get('/healthz', { method: 'HEAD' });
    assert.equal(answer.headers.get('content-length'), '3');
    assert.equal(await answer.text(), '');
  });

  it('reports a page as sent once a client has all of it: not for HEAD, nor for a client that disconnects', async (t) => {
    const sent: string[] = [];
    const reporting = (name: string) => (): Page => ({
      ...page(''),
      body: LARGE,
      onSent: () => sent.push(name),
    });
    const counting = await HttpEndpoint.open(
      { host: '127.0.0.1', port: 0, named: '--listen' },
      { '/left': reporting('left'), '/read': reporting('read') },
    );
    t.after(() => counting.close());
    await fetch(`${counting.url}/read`, { method: 'HEAD' });
    const socket = connect(Number(new URL(counting.url).port), '127.0.0.1');
    socket.write('GET /left HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await once(socket, 'data');
    socket.destroy();
    assert.deepEqual(sent, []);
    await (await fetch(`${counting.url}/read`)).arrayBuffer();
    assert.deepEqual(sent, ['read']);
  });

  it('rejects every other method, and does not read the request body', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const answer = await get('/healthz', { method, ...(method !== 'OPTIONS' && { body: 'x' }) });
      assert.equal(answer.status, 405, method);
      assert.equal(answer.headers.get('allow'), 'GET, HEAD');
    }
  });

  it('lists its pages for an unknown one, and repeats nothing of the request', async () => {
    for (const path of ['/', '/healthz/', '/__proto__', '/constructor', '/%00<script>', '//healthz']) {
      const answer = await get(path);
      assert.equal(answer.status, 404, path);
      assert.equal(await answer.text(), 'known paths: /healthz, /readyz, /large, /defect\n');
    }
  });

  it('reveals nothing about a page that fails', async () => {
    const answer = await get('/defect');
    assert.equal(answer.status, 500);
    assert.equal(await answer.text(), 'this page could not be generated\n');
  });

  it('closes a connection that sends nothing, or sends its request slowly', async () => {
    const silent = talk(() => {});
    const dripping = talk((socket) => {
      const timer = setInterval(() => socket.write('G'), 100);
      socket.on('close', () => clearInterval(timer));
    });
    assert.match(await dripping, /^HTTP\/1\.1 4\d\d /);
    assert.match(await silent, /^(HTTP\/1\.1 408 |$)/);
  });

  it('rejects a header that is too large, and anything but HTTP', async () => {
    assert.match(
      await talk((socket) =>
        socket.write(`GET /healthz HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(9000)}\r\n\r\n`),
      ),
      /^HTTP\/1\.1 431 /,
    );
    assert.match(await talk((socket) => socket.write('\x16\x03\x01 tls\r\n\r\n')), /^HTTP\/1\.1 400 /);
  });

  /** Opens a connection and says something on it; errors of it are no failure. */
  async function open(send: string, localAddress = '127.0.0.1'): Promise<Socket> {
    const socket = connect({ port: port(), host: '127.0.0.1', localAddress });
    socket.on('error', () => {});
    await once(socket, 'connect');
    if (send !== '') socket.write(send);
    return socket;
  }

  const KEPT_ALIVE = 'GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n';

  for (const [what, send] of [
    ['are kept alive', KEPT_ALIVE],
    ['say nothing', ''],
    ['have begun a request', 'GET /healthz HTTP/1.1\r\nhost: '],
    ['do not read their answers', 'GET /large HTTP/1.1\r\nhost: localhost\r\n\r\n'],
  ] as const) {
    it(`answers although connections ${what}, and holds at most the permitted number`, async () => {
      const sockets: Socket[] = [];
      for (let i = 0; i < 60; i++) {
        const socket = await open(send);
        if (send === KEPT_ALIVE) await once(socket, 'data');
        sockets.push(socket);
      }
      for (let probe = 0; probe < 11; probe++) {
        const { status } = await get('/healthz', { headers: { connection: 'close' } });
        assert.equal(status, 200);
      }
      for (const socket of sockets.slice(0, 20)) socket.resume();
      await Promise.all(sockets.slice(0, 20).map((socket) => socket.closed || once(socket, 'close')));
      for (const socket of sockets) socket.destroy();
    });
  }

  it('closes connections of the client with the most', async () => {
    const probe = await open(KEPT_ALIVE, '127.0.0.1');
    await once(probe, 'data');
    const others: Socket[] = [];
    for (let i = 0; i < 60; i++) others.push(await open('', '127.0.0.2'));
    probe.write(KEPT_ALIVE);
    const [answer] = await once(probe, 'data');
    assert.match(String(answer), /^HTTP\/1\.1 200 /);
    for (const socket of [probe, ...others]) socket.destroy();
  });

  it('answers a request of HTTP/1.0 without a host', async () => {
    assert.match(await talk((socket) => socket.write('GET /healthz HTTP/1.0\r\n\r\n')), /^HTTP\/1\.1 200 /);
  });

  it('reports in one sentence why it cannot listen', async () => {
    const taken = { host: '127.0.0.1', port: port(), named: '--listen' };
    const refused = async (address: typeof taken): Promise<string> => {
      const error = await HttpEndpoint.open(address, {}).then(
        () => assert.fail('it listens'),
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof TelemetrySetupError);
      assert.doesNotMatch(error.message, /\n/);
      return error.message;
    };
    assert.equal(
      await refused(taken),
      `--listen: cannot listen at 127.0.0.1:${port()}: ` +
        'another program listens there (EADDRINUSE); choose another port, or stop that program.',
    );
    assert.match(
      await refused({ ...taken, host: '2001:db8::1', port: 0 }),
      /^--listen: cannot listen at \[2001:db8::1\]:0: .*\(EA/,
    );
    assert.match(await refused({ ...taken, host: 'no-such-host.invalid' }), /there is no such host name \(E/);
  });
});

describe('an endpoint with streams, for requests by its own name', { timeout: 60_000 }, () => {
  let endpoint: HttpEndpoint;
  const streams: EventStream[] = [];

  before(async () => {
    endpoint = await HttpEndpoint.open(
      { host: '127.0.0.1', port: 0, named: '--web' },
      { '/': () => ({ ...page('hello'), headers: { 'content-security-policy': "default-src 'none'" } }) },
      {
        streams: { '/events': (stream) => streams.push(stream) },
        hosts: ['web.example'],
        streamKey: 'k3y',
      },
    );
  });
  after(() => endpoint.close());

  /** The beginning of what is answered to a request as it stands. */
  async function ask(head: string, until: RegExp): Promise<{ text: string; socket: Socket }> {
    const socket = connect(Number(new URL(endpoint.url).port), '127.0.0.1');
    let text = '';
    socket.on('error', () => {});
    socket.write(head);
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      text += String(chunk);
      if (until.test(text)) break;
    }
    return { text, socket };
  }

  it('sends the headers of a page with it', async () => {
    const answer = await fetch(endpoint.url);
    assert.equal(answer.headers.get('content-security-policy'), "default-src 'none'");
  });

  it('rejects requests by another name', async () => {
    for (const path of ['/', '/events']) {
      for (const host of [
        'evil.example',
        'localhost.evil.example',
        '127.0.0.1.evil.example:80',
        '[evil.example]',
        '[::1',
        '',
      ]) {
        const { text, socket } = await ask(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`, /\r\n\r\n/);
        assert.match(text, /^HTTP\/1\.1 403 /, `${path} of ${host}`);
        socket.destroy();
      }
      const own = [
        '127.0.0.1:1',
        'localhost:9',
        '[::1]',
        '[2001:db8::1%25eth0]:1',
        'WEB.example:80',
        'localhost.',
      ];
      for (const host of own) {
        const { text, socket } = await ask(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`, /\r\n\r\n/);
        assert.match(text, /^HTTP\/1\.1 200 /, `${path} of ${host}`);
        socket.destroy();
      }
    }
  });

  it('rejects scripts of another site, but not links from there', async () => {
    const asks = async (path: string, more: Readonly<Record<string, string>>) => {
      const lines = Object.entries(more).map(([name, value]) => `${name}: ${value}\r\n`);
      const head = `GET ${path} HTTP/1.1\r\nhost: localhost:9465\r\n${lines.join('')}\r\n`;
      const { text, socket } = await ask(head, /\r\n\r\n/);
      socket.destroy();
      assert.match(text, /^cross-origin-resource-policy: same-origin\r$/im);
      return Number(text.slice(9, 12));
    };
    const fromElsewhere = [
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
      { origin: 'http://evil.example' },
      { origin: 'http://localhost:3000' },
      { origin: 'null' },
    ];
    const ownOrLink = [
      { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
      { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
      { origin: 'http://localhost:9465' },
    ];
    for (const path of ['/', '/events']) {
      for (const headers of fromElsewhere)
        assert.equal(await asks(path, headers), 403, JSON.stringify(headers));
    }
    for (const headers of ownOrLink) assert.equal(await asks('/', headers), 200, JSON.stringify(headers));
  });

  it('answers HEAD for a stream without occupying a slot', async () => {
    const answer = await fetch(`${endpoint.url}/events`, { method: 'HEAD' });
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type') ?? '', /^text\/event-stream/);
  });

  it('streams to its own page though others occupy all slots', async () => {
    for (const stream of streams) await stream.end(10);
    const others: Socket[] = [];
    for (let i = 0; i < 8; i++)
      others.push((await ask('GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n', /retry: \d+/)).socket);
    const own: Socket[] = [];
    for (let i = 0; i < 8; i++) {
      const asked = await ask('GET /events?k3y HTTP/1.1\r\nhost: localhost\r\n\r\n', /retry: \d+/);
      assert.match(asked.text, /^HTTP\/1\.1 200 /);
      own.push(asked.socket);
    }
    for (const query of ['', '?k3y']) {
      const refused = await ask(`GET /events${query} HTTP/1.1\r\nhost: localhost\r\n\r\n`, /close one/);
      assert.match(refused.text, /^HTTP\/1\.1 503 /);
      refused.socket.destroy();
    }
    for (const socket of [...others, ...own]) socket.destroy();
    for (const stream of streams) await stream.end(10);
  });

  it('streams to the permitted number of clients, until they disconnect', async () => {
    for (const stream of streams) await stream.end(10);
    streams.length = 0;
    const request = 'GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n';
    const sockets: Socket[] = [];
    for (let i = 0; i < 8; i++) {
      const { text, socket } = await ask(request, /retry: \d+/);
      assert.match(text, /^HTTP\/1\.1 200 OK.*text\/event-stream/s);
      sockets.push(socket);
    }
    const refused = await ask(request, /close one/);
    assert.match(refused.text, /^HTTP\/1\.1 503 /);
    refused.socket.destroy();
    const gone = new Promise<void>((resolve) => streams[0]!.onClose(resolve));
    sockets[0]!.destroy();
    await gone;
    const { text, socket } = await ask(request, /retry: \d+/);
    assert.match(text, /^HTTP\/1\.1 200 OK/);
    streams.at(-1)!.send('{"a":1}');
    const [chunk] = await once(socket, 'data');
    assert.match(String(chunk), /data: \{"a":1\}\n\n/);
    for (const each of [socket, ...sockets]) each.destroy();
  });

  it('detects clients that lag behind', async () => {
    const { socket } = await ask('GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n', /retry: \d+/);
    const stream = streams.at(-1)!;
    assert.equal(stream.isBehind, false);
    // More than the buffers of a connection hold.
    stream.send('x'.repeat(32 * 1024 * 1024));
    assert.equal(stream.isBehind, true);
    socket.destroy();
    await stream.end(10);
    stream.send('more');
  });
});
