import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { documentOf, type Ended, logOf, runUnitledger, startUnitledger, until } from './unitledger.ts';

const DURATION_SECONDS = 2;
const SHUTDOWN_SECONDS = 1.5;
/** Beside the run itself and its last export, on a machine with much else to do. What hangs does so for ever. */
const SLACK_SECONDS = 20;

/** Something at the place of a collector. */
class Place {
  readonly endpoint: string;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    this.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async open(onConnection: (socket: Socket) => void): Promise<Place> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => sockets.delete(socket));
      onConnection(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Place(server, sockets);
  }

  get connections(): number {
    return this.#sockets.size;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

describe('unitledger without a responding collector', () => {
  async function run(endpoint: string): Promise<Ended> {
    const times = [
      '--duration',
      String(DURATION_SECONDS),
      '--export-interval',
      '0.5',
      '--export-timeout',
      '0.5',
    ];
    const args = [...times, '--shutdown-timeout', String(SHUTDOWN_SECONDS), '--summary', 'json'];
    const environment = { UNITLEDGER_EXPORT: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
    return runUnitledger([...args, '--pid', String(process.pid)], { environment });
  }

  /** The run has lasted as long as it should, its summary tells of the lost windows, and the log says why, once. */
  function assertHarmless(ended: Ended, reason: RegExp): void {
    const document = documentOf(ended);
    const { delivered, failed, spooled } = document.export!;
    assert.deepEqual([delivered, spooled], [0, 0]);
    const runSeconds = (Date.parse(document.endedAt) - Date.parse(document.startedAt)) / 1000;
    assert.ok(failed >= 1 && failed <= runSeconds / 0.5 + 2, `${failed} windows failed in ${runSeconds} s`);
    assert.ok(document.units[0]!.processes.length > 0);
    const said = logOf(ended.stderr).filter(({ level }) => level === 'warn');
    assert.equal(new Set(said.map(({ msg }) => msg)).size, said.length, ended.stderr);
    assert.match(String(said[0]!.reason), reason);
    assert.match(said.at(-1)!.msg, /^dropped \d export windows: the run ended before collector http:/);
    const most = DURATION_SECONDS + SHUTDOWN_SECONDS + SLACK_SECONDS;
    assert.ok(ended.seconds <= most, `${ended.seconds} s, and at most ${most}`);
  }

  for (const [title, onConnection, reason] of [
    ['takes connections and never answers', () => {}, /no complete answer within/],
    ['cuts every connection off', (socket: Socket) => socket.destroy(), /ECONNRESET|hang up|socket/i],
    [
      'answers drop by drop without an end',
      (socket: Socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n');
        const timer = setInterval(() => socket.write('x'), 50);
        socket.once('close', () => clearInterval(timer));
      },
      /no complete answer within/,
    ],
  ] as const) {
    test(`ends in time if it ${title}`, async () => {
      const place = await Place.open(onConnection);
      try {
        const ended = await run(place.endpoint);
        assertHarmless(ended, reason);
      } finally {
        await place.close();
      }
    });
  }

  test('stops waiting when it is interrupted a second time', async () => {
    const place = await Place.open(() => {});
    try {
      const environment = { UNITLEDGER_EXPORT: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: place.endpoint };
      const args = ['--pid', String(process.pid), '--summary', 'json', '--shutdown-timeout', '30'];
      const program = startUnitledger(args, { environment });
      await program.watches(process.pid);
      program.signal('SIGINT');
      await until(
        () => place.connections > 0,
        () => 'the last export',
      );
      program.signal('SIGINT');
      const ended = await program.ended;
      assert.ok(ended.seconds < 25, `${ended.seconds} s`);
      assert.equal(documentOf(ended).units[0]!.processes[0]!.pid, process.pid);
    } finally {
      await place.close();
    }
  });

  test('ends in time without one', async () => {
    const place = await Place.open(() => {});
    await place.close();
    const ended = await run(place.endpoint);
    assertHarmless(ended, /ECONNREFUSED/);
  });
});
