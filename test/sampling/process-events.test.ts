import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { describe, it } from 'node:test';
import type { NetlinkSocket } from '../../src/host/netlink/netlink-socket.ts';
import {
  ProcessColumns,
  ROW_ALIVE,
  ROW_ENDED,
  ROW_FOREIGN_CHILD,
} from '../../src/sampling/process-columns.ts';
import { ProcessEvents } from '../../src/sampling/process-events.ts';
import type { ProcessIdentity, Sample } from '../../src/sampling/sample.ts';
import { received } from '../host/netlink/received.ts';
import {
  commMessage,
  eventMessage,
  execMessage,
  exitMessage,
  forkMessage,
} from '../host/proc-events/event-bytes.ts';

interface Row {
  readonly pid: number;
  readonly serial: number;
  readonly bornAtSeconds?: number;
  readonly state?: number;
}

/** A sample with these rows, all of them changed. */
function sampleOf(atSeconds: number, ...told: readonly Row[]): Sample {
  const rows = new ProcessColumns(16);
  const identities: ProcessIdentity[] = [];
  for (const [slot, { pid, serial, bornAtSeconds = -5, state = ROW_ALIVE }] of told.entries()) {
    rows.begin(slot, serial, pid, 0);
    rows.state[slot] = state;
    identities.push({ serial, pid, bornAtSeconds } as ProcessIdentity);
  }
  const slots = Int32Array.from(told.keys());
  const [count, changedCount] = [told.length, told.length];
  return { atSeconds, rows, identities, slots, count, changed: slots, changedCount } as unknown as Sample;
}

/** Process events of a kernel that sends what it is told to. */
function told() {
  const incoming: (Buffer | number)[] = [];
  const socket: NetlinkSocket = {
    port: 0xffff_fff0,
    send(request) {
      incoming.push(eventMessage(0, 1n, [0], request.readUInt32LE(28) + 1));
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
  const events = ProcessEvents.open(
    { clocks, clocksMissing: null },
    { monotonicSeconds: () => 0 },
    { openSocket: () => socket, kernelNanos: () => 0n },
  );
  assert.ok(events instanceof ProcessEvents);
  const shown = (sample: Sample) =>
    events.drain(sample).events.map((event) => {
      const parent = event.kind === 'fork' ? ` of ${event.parentPid}` : '';
      return `${event.kind} ${event.pid}${parent}`;
    });
  return { events, incoming, shown };
}

describe('process events of the targets', () => {
  it('are those of rows and all their descendants, in the order of the kernel', () => {
    const { incoming, shown } = told();
    assert.deepEqual(shown(sampleOf(0, { pid: 7, serial: 1 })), []);
    incoming.push(forkMessage(7, 8), forkMessage(8, 9), execMessage(9), commMessage(9, 'x'));
    incoming.push(exitMessage(9, 8), exitMessage(8, 7), execMessage(7));
    assert.deepEqual(shown(sampleOf(0.5)), [
      'fork 8 of 7',
      'fork 9 of 8',
      'exec 9',
      'comm 9',
      'exit 9',
      'exit 8',
      'exec 7',
    ]);
  });

  it('exclude those of other processes, of any kind', () => {
    const { incoming, shown, events } = told();
    shown(sampleOf(0, { pid: 7, serial: 1 }));
    incoming.push(forkMessage(70, 80), execMessage(80), exitMessage(80, 70), commMessage(70, 'x'));
    assert.deepEqual(shown(sampleOf(0.5)), []);
    assert.equal(events.received, 4);
  });

  it('of descendants continue over samples that do not contain them', () => {
    const { incoming, shown } = told();
    shown(sampleOf(0, { pid: 7, serial: 1 }));
    incoming.push(forkMessage(7, 8));
    shown(sampleOf(0.5));
    shown(sampleOf(1));
    incoming.push(execMessage(8), exitMessage(8, 1));
    assert.deepEqual(shown(sampleOf(1.5)), ['exec 8', 'exit 8']);
  });

  it('include the birth of a row that another process forked, and its first actions', () => {
    const { incoming, shown } = told();
    shown(sampleOf(10));
    // As systemd does: its child is moved into the unit.
    incoming.push(forkMessage(1, 50, 10.2), execMessage(50, 10.21), forkMessage(50, 51, 10.22));
    incoming.push(exitMessage(51, 50, 0, 10.3));
    const row = { pid: 50, serial: 1, bornAtSeconds: 10.19 };
    assert.deepEqual(shown(sampleOf(10.5, row)), ['fork 50 of 1', 'exec 50', 'fork 51 of 50', 'exit 51']);
  });

  it('exclude those of an earlier process with the PID of a new row', () => {
    const { incoming, shown } = told();
    shown(sampleOf(10));
    incoming.push(forkMessage(1, 50, 10.05), execMessage(50, 10.06), exitMessage(50, 1, 0, 10.1));
    incoming.push(forkMessage(1, 50, 10.2), execMessage(50, 10.21));
    const row = { pid: 50, serial: 1, bornAtSeconds: 10.19 };
    assert.deepEqual(shown(sampleOf(10.5, row)), ['fork 50 of 1', 'exec 50']);
  });

  it('exclude those of a later process with the PID of a row that has ended', () => {
    const { incoming, shown } = told();
    shown(sampleOf(0, { pid: 7, serial: 1 }));
    incoming.push(exitMessage(7, 1), forkMessage(99, 7), execMessage(7), forkMessage(7, 8));
    assert.deepEqual(shown(sampleOf(0.5, { pid: 7, serial: 1, state: ROW_ENDED })), ['exit 7']);
    incoming.push(exitMessage(8, 7), exitMessage(7, 99));
    assert.deepEqual(shown(sampleOf(1)), []);
  });

  it('continue after the end of a first thread that another thread replaces', () => {
    const { incoming, shown } = told();
    shown(sampleOf(0, { pid: 7, serial: 1 }));
    incoming.push(exitMessage(7, 1), execMessage(7));
    assert.deepEqual(shown(sampleOf(0.5)), ['exit 7', 'exec 7']);
    incoming.push(forkMessage(7, 8));
    assert.deepEqual(shown(sampleOf(1)), ['fork 8 of 7']);
  });

  it('end for a process that is moved out of the targets', () => {
    const { incoming, shown } = told();
    shown(sampleOf(0, { pid: 7, serial: 1 }, { pid: 8, serial: 2 }));
    shown(sampleOf(0.5, { pid: 8, serial: 2, state: ROW_FOREIGN_CHILD }));
    incoming.push(forkMessage(8, 9), exitMessage(8, 7));
    assert.deepEqual(shown(sampleOf(1)), []);
  });

  it('continue for a process that is moved out of one target and stays in another', () => {
    const { incoming, shown } = told();
    shown(sampleOf(0, { pid: 8, serial: 1 }, { pid: 8, serial: 2 }));
    const moved = sampleOf(0.5, { pid: 8, serial: 1, state: ROW_FOREIGN_CHILD }, { pid: 8, serial: 2 });
    // The process is idle: its row in the outer target has not changed.
    shown({ ...moved, changedCount: 1 });
    incoming.push(forkMessage(8, 9), exitMessage(8, 7));
    assert.deepEqual(shown({ ...moved, atSeconds: 1, changedCount: 0 }), ['fork 9 of 8', 'exit 8']);
  });

  it('start again with the living rows after a loss, which is reported', () => {
    const { incoming, shown, events } = told();
    shown(sampleOf(0, { pid: 7, serial: 1 }));
    incoming.push(forkMessage(7, 8), -constants.errno.ENOBUFS, execMessage(8));
    const sample = sampleOf(0.5, { pid: 7, serial: 1 });
    const { events: received, lost } = events.drain(sample);
    assert.deepEqual([received.length, lost, events.lost], [2, 1, 1]);
    incoming.push(execMessage(8), forkMessage(7, 9));
    assert.deepEqual(shown(sampleOf(1)), ['fork 9 of 7']);
    assert.equal(events.drain(sampleOf(1.5)).lost, 0);
  });

  it('from before the first sample are dropped', () => {
    const { incoming, shown, events } = told();
    incoming.push(forkMessage(7, 8));
    events.skip();
    assert.deepEqual(shown(sampleOf(0, { pid: 7, serial: 1 })), []);
    incoming.push(execMessage(8));
    assert.deepEqual(shown(sampleOf(0.5)), []);
  });

  it('are not requested if PIDs are not those of the kernel', () => {
    const detail = '/proc shows another PID namespace than this program’s own';
    const events = ProcessEvents.open(
      { clocks: null, clocksMissing: detail },
      { monotonicSeconds: () => 0 },
      { openSocket: () => assert.fail() },
    );
    assert.deepEqual(events, { kind: 'foreign-pids', detail });
  });
});
