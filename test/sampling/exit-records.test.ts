import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { describe, it } from 'node:test';
import type { NetlinkSocket } from '../../src/host/netlink/netlink-socket.ts';
import { ExitRecords } from '../../src/sampling/exit-records.ts';
import { received } from '../host/netlink/received.ts';
import {
  acknowledgement,
  exitMessage,
  familyAnswer,
  type TaskFigures,
  taskstats,
} from '../host/taskstats/task-bytes.ts';

/** Exit records of a kernel that sends what it is told to. */
function told() {
  const incoming: (Buffer | number)[] = [];
  const socket: NetlinkSocket = {
    port: 0xffff_fff0,
    send(request) {
      if (request.readUInt16LE(4) === 16) incoming.push(familyAnswer());
      incoming.push(acknowledgement(request));
      return 0;
    },
    receive(datagram) {
      const next = incoming.shift() ?? -constants.errno.EAGAIN;
      if (typeof next === 'number') return next;
      return received(next, datagram);
    },
    close() {},
  };
  const clocks = { readProcessNanos: () => 0, readBootSeconds: () => 0 };
  const records = ExitRecords.open({ clocks, clocksMissing: null }, { openSocket: () => socket });
  assert.ok(records instanceof ExitRecords);
  const ends = (figures: TaskFigures) => void incoming.push(exitMessage(taskstats(figures)));
  const overflows = () => void incoming.push(-constants.errno.ENOBUFS);
  return { records, ends, overflows };
}

describe('exit records of threads', () => {
  it('are one process each if it has one thread', () => {
    const { records, ends } = told();
    ends({ pid: 7, ppid: 3, comm: 'as', userMicros: 4000, systemMicros: 8000, peakKib: 2, writeBytes: 512 });
    const [exit, ...more] = records.drain().exits;
    assert.deepEqual(more, []);
    assert.deepEqual(
      { ...exit },
      {
        pid: 7,
        ppid: 3,
        name: 'as',
        cpuSeconds: 0.012,
        exitCode: 0,
        peakMemoryBytes: 2048,
        readBytes: 0,
        writeBytes: 512,
        cancelledWriteBytes: 0,
        readChars: 0,
        writeChars: 0,
      },
    );
    assert.deepEqual(records.drain(), { exits: [], lostShare: 0 });
  });

  it('are summed by process, which has the name and the exit code of its first thread', () => {
    const { records, ends } = told();
    const thread = { tgid: 7, userMicros: 1000, readBytes: 10, readChars: 1024 };
    ends({ ...thread, pid: 9, comm: 'worker', isLast: false, peakKib: 5 });
    ends({ ...thread, pid: 7, comm: 'java', isLast: false, waitStatus: 2 << 8, peakKib: 8 });
    assert.deepEqual(records.drain().exits, [], 'some of it lives');
    ends({ ...thread, pid: 8, comm: 'gc', isLast: true, peakKib: 6 });
    const [exit] = records.drain().exits;
    assert.deepEqual(
      [exit?.pid, exit?.name, exit?.exitCode, exit?.cpuSeconds, exit?.readBytes, exit?.peakMemoryBytes],
      [7, 'java', 2, 0.003, 30, 8192],
    );
  });

  it('of a process whose first thread ended long ago have no name, and the exit code of the last thread', () => {
    const { records, ends } = told();
    ends({ pid: 7, tgid: 7, comm: 'java', isLast: false });
    for (let i = 0; i < 3; i++) records.drain();
    ends({ pid: 8, tgid: 7, comm: 'gc', isLast: true, waitStatus: 3 << 8 });
    const [exit] = records.drain().exits;
    assert.deepEqual([exit?.name, exit?.exitCode], ['', 3]);
  });

  it('have the exit code of the last thread if the first one ended alone', () => {
    const { records, ends } = told();
    for (const [first, last] of [
      [0, 3 << 8],
      [0, 9],
      [2 << 8, 0],
      [0, 0],
    ]) {
      ends({ pid: 7, tgid: 7, comm: 'java', isLast: false, waitStatus: first! });
      ends({ pid: 8, tgid: 7, comm: 'gc', isLast: true, waitStatus: last! });
    }
    const exits = records.drain().exits.map(({ name, exitCode }) => [name, exitCode]);
    assert.deepEqual(exits, [
      ['java', 3],
      ['java', 137],
      ['java', 2],
      ['java', 0],
    ]);
  });

  it('give exit codes by the shell convention', () => {
    const { records, ends } = told();
    for (const [pid, waitStatus] of [0, 3 << 8, 255 << 8, 9, 0x80 | 11].entries()) ends({ pid, waitStatus });
    assert.deepEqual(
      records.drain().exits.map(({ exitCode }) => exitCode),
      [0, 3, 255, 137, 139],
    );
  });

  it('that were lost are known as a share of the records of the same time', () => {
    const { records, ends, overflows } = told();
    for (let pid = 5; pid < 8; pid++) ends({ pid });
    overflows();
    assert.equal(records.drain().lostShare, 0.25);
    ends({ pid: 9 });
    assert.equal(records.drain().lostShare, 0);
    assert.deepEqual([records.received, records.lost], [4, 1]);
  });

  it('are not requested if PIDs are not those of the kernel', () => {
    const detail = '/proc shows another PID namespace than this program’s own';
    const records = ExitRecords.open(
      { clocks: null, clocksMissing: detail },
      { openSocket: () => assert.fail() },
    );
    assert.deepEqual(records, { kind: 'foreign-pids', detail });
  });
});
