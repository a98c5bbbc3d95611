import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { describe, it } from 'node:test';
import type { Datagram, NetlinkSocket, SocketFailure } from '../../../src/host/netlink/netlink-socket.ts';
import { eventOf, type ProcessEvent } from '../../../src/host/proc-events/process-event.ts';
import {
  ProcessEventSource,
  type ProcessEventsFailure,
} from '../../../src/host/proc-events/process-event-source.ts';
import { received } from '../netlink/received.ts';
import { commMessage, eventMessage, execMessage, exitMessage, forkMessage, WHAT } from './event-bytes.ts';

const { ENOBUFS, EAGAIN, EINTR, EPERM, EINVAL, ECONNREFUSED, EPROTONOSUPPORT, EACCES } = constants.errno;

/** A kernel that answers each request as it is told to. */
class ToldSocket implements NetlinkSocket {
  readonly port = 0xffff_fff0;
  readonly incoming: (Buffer | number)[] = [];
  isClosed = false;
  readonly requests: Buffer[] = [];
  readonly #answer: (request: Buffer) => Buffer | number;

  constructor(answer: (request: Buffer) => Buffer | number = answered) {
    this.#answer = answer;
  }

  send(message: Buffer): number {
    this.requests.push(message);
    const answer = this.#answer(message);
    if (typeof answer === 'number') return answer;
    this.incoming.push(answer);
    return 0;
  }

  receive(datagram: Datagram): number {
    const next = this.incoming.shift() ?? -EAGAIN;
    if (typeof next === 'number') return next;
    return received(next, datagram);
  }

  close(): void {
    this.isClosed = true;
  }
}

function answered(request: Buffer, errno = 0): Buffer {
  return eventMessage(WHAT.none, 1n, [errno], request.readUInt32LE(28) + 1);
}

/** The run began 100 s after the machine was booted. */
const CLOCK = { monotonicSeconds: () => 20 };
const KERNEL_NANOS = () => 120_000_000_000n;

function opened(socket: NetlinkSocket | SocketFailure): ProcessEventSource | ProcessEventsFailure {
  return ProcessEventSource.open(CLOCK, { openSocket: () => socket, kernelNanos: KERNEL_NANOS });
}

function source(socket: NetlinkSocket): ProcessEventSource {
  const open = opened(socket);
  assert.ok(open instanceof ProcessEventSource);
  return open;
}

function drained(from: ProcessEventSource): ProcessEvent[] {
  const events: ProcessEvent[] = [];
  from.drain((record, buffer) => void events.push(eventOf(record, buffer)));
  return events;
}

describe('process events', () => {
  it('are requested at the beginning, and stopped at the end', () => {
    const socket = new ToldSocket();
    const events = source(socket);
    events.close();
    const operations = socket.requests.map((request) => request.readUInt32LE(36));
    assert.deepEqual([operations, socket.isClosed], [[1, 2], true]);
  });

  it('are passed on in their order, as many as there are, on the clock of the run', () => {
    const socket = new ToldSocket();
    const events = source(socket);
    const together = Buffer.concat([execMessage(9, 100.5), exitMessage(9, 7, 0, 101)]);
    socket.incoming.push(forkMessage(7, 9, 100.25), -EINTR, together);
    assert.deepEqual(drained(events), [
      { kind: 'fork', atSeconds: 0.25, pid: 9, parentPid: 7 },
      { kind: 'exec', atSeconds: 0.5, pid: 9 },
      { kind: 'exit', atSeconds: 1, pid: 9, exitCode: 0, signal: null, parentPid: 7 },
    ]);
    assert.deepEqual(drained(events), []);
    assert.deepEqual([events.received, events.lost], [3, 0]);
  });

  it('from before the answer to the request are dropped', () => {
    const socket = new ToldSocket();
    socket.incoming.push(forkMessage(7, 9));
    const events = source(socket);
    assert.deepEqual([drained(events), events.received], [[], 0]);
  });

  it('that were lost are counted, and later ones still come', () => {
    const socket = new ToldSocket();
    const events = source(socket);
    socket.incoming.push(execMessage(8), -ENOBUFS, execMessage(9));
    assert.deepEqual(
      drained(events).map(({ pid }) => pid),
      [8, 9],
    );
    // There is no such socket, so how many they were cannot be known.
    assert.deepEqual([events.received, events.lost], [2, 1]);
  });

  it('that do not match their header are counted as lost', () => {
    const socket = new ToldSocket();
    const events = source(socket);
    socket.incoming.push(execMessage(8).subarray(0, 60), execMessage(9));
    assert.deepEqual(
      drained(events).map(({ pid }) => pid),
      [9],
    );
    assert.deepEqual([events.received, events.lost], [1, 1]);
  });

  it('of threads are not counted', () => {
    const socket = new ToldSocket();
    const events = source(socket);
    socket.incoming.push(forkMessage(7, 7, 1, 10), exitMessage(7, 1, 0, 1, 10));
    assert.deepEqual([drained(events), events.received, events.lost], [[], 0, 0]);
  });

  for (const [errno, kind] of [
    [EPERM, 'no-capability'],
    [EPROTONOSUPPORT, 'no-connector'],
    [EACCES, 'failed'],
  ] as const) {
    it(`are refused as ${kind} if no socket can be opened for errno ${errno}`, () => {
      const failure = opened({ kind: 'failed', call: 'bind', errno }) as ProcessEventsFailure;
      assert.equal(failure.kind, kind);
    });
  }

  for (const [errno, kind] of [
    [EPERM, 'no-capability'],
    [EINVAL, 'failed'],
  ] as const) {
    it(`are refused as ${kind} if the kernel answers errno ${errno}, and the socket is closed`, () => {
      const socket = new ToldSocket((request) => answered(request, errno));
      assert.equal((opened(socket) as ProcessEventsFailure).kind, kind);
      assert.equal(socket.isClosed, true);
    });
  }

  it('are refused if the kernel has no end of the socket in this network namespace', () => {
    const socket = new ToldSocket(() => ECONNREFUSED);
    assert.deepEqual(opened(socket), { kind: 'other-namespace' });
    assert.equal(socket.isClosed, true);
  });

  it('are unavailable without a library for system calls', () => {
    const failure = { kind: 'no-library', detail: 'Cannot find module' } as const;
    assert.deepEqual(opened(failure), failure);
  });

  it('are found not to arrive by a child of this program', async () => {
    assert.deepEqual(await source(new ToldSocket()).verify(assert.fail), { kind: 'nothing-arrives' });
  });

  it('are found to arrive, and none is lost in the check', async () => {
    const socket = new ToldSocket();
    const events = source(socket);
    socket.incoming.push(forkMessage(7, 9), forkMessage(process.pid, 10));
    const found: number[] = [];
    const failure = await events.verify((record) => void found.push(record.pid), assert.fail);
    assert.deepEqual([failure, found], [null, [9, 10]]);
  });

  it('are found to arrive without a child if this program was renamed', async () => {
    const socket = new ToldSocket();
    const events = source(socket);
    socket.incoming.push(commMessage(process.pid, 'node'));
    assert.equal(await events.verify(() => {}, assert.fail), null);
  });

  it('are found to arrive by a child if nothing of this program has', async () => {
    const socket = new ToldSocket();
    const events = source(socket);
    socket.incoming.push(commMessage(process.pid + 1, 'node'), forkMessage(7, 9));
    const child = () => {
      socket.incoming.push(forkMessage(process.pid, 10));
      return Promise.resolve(0);
    };
    assert.equal(await events.verify(() => {}, child), null);
  });

  it("are found to be of another PID namespace if the child's is not among them", async () => {
    const socket = new ToldSocket();
    const events = source(socket);
    socket.incoming.push(forkMessage(process.pid + 1, 10), exitMessage(10, process.pid + 1));
    assert.deepEqual(
      await events.verify(
        () => {},
        () => Promise.resolve(0),
      ),
      { kind: 'nothing-arrives' },
    );
  });
});
