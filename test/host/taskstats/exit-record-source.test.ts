import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { describe, it } from 'node:test';
import type { Datagram, NetlinkSocket, SocketFailure } from '../../../src/host/netlink/netlink-socket.ts';
import { ExitRecordSource, type ExitRecordsFailure } from '../../../src/host/taskstats/exit-record-source.ts';
import { commOfRecord } from '../../../src/host/taskstats/task-record.ts';
import { received } from '../netlink/received.ts';
import { acknowledgement, exitMessage, familyAnswer, taskstats } from './task-bytes.ts';

const { ENOBUFS, EAGAIN, EINTR, ENOENT, EPERM, EINVAL, EACCES } = constants.errno;

/** A kernel that answers as it is told to. */
class ToldSocket implements NetlinkSocket {
  readonly port = 0xffff_fff0;
  readonly incoming: (Buffer | number)[] = [];
  isClosed = false;
  readonly requests: Buffer[] = [];
  readonly #answers: (request: Buffer) => Buffer[];

  constructor(answers: (request: Buffer) => Buffer[] = wellBehaved) {
    this.#answers = answers;
  }

  send(message: Buffer): number {
    this.requests.push(message);
    this.incoming.push(...this.#answers(message));
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

function isLookUp(request: Buffer): boolean {
  return request.readUInt16LE(4) === 16;
}

function wellBehaved(request: Buffer): Buffer[] {
  return isLookUp(request) ? [familyAnswer(), acknowledgement(request)] : [acknowledgement(request)];
}

function opened(socket: NetlinkSocket | SocketFailure): ExitRecordSource | ExitRecordsFailure {
  return ExitRecordSource.open({ openSocket: () => socket });
}

function names(source: ExitRecordSource): string[] {
  const found: string[] = [];
  source.drain((record, buffer) => void found.push(commOfRecord(buffer, record)));
  return found;
}

const record = (comm: string) => exitMessage(taskstats({ pid: 7, comm }));

describe('exit records', () => {
  it('are requested for every possible CPU, and deregistered at the end', () => {
    const socket = new ToldSocket();
    const source = opened(socket) as ExitRecordSource;
    const [, registration] = socket.requests;
    assert.match(registration!.toString('latin1', 24), /^\d+(-\d+)?(,\d+(-\d+)?)*\0/);
    source.close();
    assert.deepEqual([socket.requests.at(-1)!.readUInt16LE(22), socket.isClosed], [4, true]);
  });

  it('are passed on in their order, as many as there are', () => {
    const socket = new ToldSocket();
    const source = opened(socket) as ExitRecordSource;
    socket.incoming.push(record('as'), -EINTR, Buffer.concat([record('cc1'), record('gcc')]));
    assert.deepEqual(names(source), ['as', 'cc1', 'gcc']);
    assert.deepEqual(names(source), []);
    assert.deepEqual([source.received, source.lost], [3, 0]);
  });

  it('that were lost are counted, and later ones still come', () => {
    const socket = new ToldSocket();
    const source = opened(socket) as ExitRecordSource;
    socket.incoming.push(record('as'), -ENOBUFS, record('cc1'));
    assert.deepEqual(names(source), ['as', 'cc1']);
    // There is no such socket, so how many they were cannot be known.
    assert.deepEqual([source.received, source.lost], [2, 1]);
  });

  it('that do not match their header are counted as lost', () => {
    const socket = new ToldSocket();
    const source = opened(socket) as ExitRecordSource;
    socket.incoming.push(record('as').subarray(0, 100), record('cc1'));
    assert.deepEqual(names(source), ['cc1']);
    assert.deepEqual([source.received, source.lost], [1, 1]);
  });

  it('are unavailable without a library for system calls', () => {
    const failure = { kind: 'no-library', detail: 'Cannot find module' } as const;
    assert.deepEqual(opened(failure), failure);
  });

  for (const [errno, kind] of [
    [EPERM, 'no-capability'],
    [EINVAL, 'other-namespace'],
    [EACCES, 'failed'],
  ] as const) {
    it(`are refused as ${kind} if registration fails with errno ${errno}, and the socket is closed`, () => {
      const socket = new ToldSocket((request) =>
        isLookUp(request) ? wellBehaved(request) : [acknowledgement(request, errno)],
      );
      assert.equal((opened(socket) as ExitRecordsFailure).kind, kind);
      assert.equal(socket.isClosed, true);
    });
  }

  it('are refused as no-family if the kernel does not know it', () => {
    const socket = new ToldSocket((request) => [acknowledgement(request, ENOENT)]);
    assert.deepEqual(opened(socket), { kind: 'no-family' });
    assert.equal(socket.isClosed, true);
  });

  it('are refused if the kernel answers something else, or nothing', () => {
    const noise = new ToldSocket((request) => [Buffer.from('noise'), acknowledgement(request)]);
    assert.equal((opened(noise) as ExitRecordsFailure).kind, 'failed');
    const silent = new ToldSocket(() => []);
    assert.equal((opened(silent) as ExitRecordsFailure).kind, 'failed');
    const withoutNumber = new ToldSocket((request) => [acknowledgement(request)]);
    assert.equal((opened(withoutNumber) as ExitRecordsFailure).kind, 'failed');
  });

  it('are found not to arrive by a child of this program', async () => {
    const source = opened(new ToldSocket()) as ExitRecordSource;
    assert.deepEqual(await source.verify(() => {}), { kind: 'nothing-arrives' });
  });

  it('are found to arrive, and none is lost in the check', async () => {
    const socket = new ToldSocket();
    const source = opened(socket) as ExitRecordSource;
    socket.incoming.push(record('as'));
    const found: string[] = [];
    assert.equal(await source.verify((one, buffer) => void found.push(commOfRecord(buffer, one))), null);
    assert.deepEqual(found, ['as']);
  });

  it('of a kernel that does not distinguish threads and processes are rejected', async () => {
    const socket = new ToldSocket();
    const source = opened(socket) as ExitRecordSource;
    socket.incoming.push(exitMessage(taskstats({ pid: 7, version: 11 }).subarray(0, 368)));
    assert.deepEqual(await source.verify(assert.fail), { kind: 'old-kernel', version: 11 });
  });
});
