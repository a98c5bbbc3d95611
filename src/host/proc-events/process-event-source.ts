import { constants } from 'node:os';
import type { Clock } from '../clock.ts';
import { endOfChild } from '../netlink/child-of-own.ts';
import { NetlinkInbox } from '../netlink/inbox.ts';
import {
  type FilterInstruction,
  NETLINK_CONNECTOR,
  type NetlinkSocket,
  openNetlinkSocket,
  type SocketFailure,
} from '../netlink/netlink-socket.ts';
import {
  CONNECTOR_ID,
  DATA,
  EVENT_COMM,
  EVENT_EXEC,
  EVENT_EXIT,
  EVENT_FORK,
  EVENT_NONE,
  ProcessEventRecord,
  parseProcessEvent,
  WHAT,
} from './process-event.ts';

/** Reason why process events are unavailable. Everything else works without them. */
export type ProcessEventsFailure =
  | SocketFailure
  /** `/proc` shows another PID namespace than unitledger's own. */
  | { readonly kind: 'foreign-pids'; readonly detail: string }
  /** No CAP_NET_ADMIN, on Linux before 6.6. */
  | { readonly kind: 'no-capability' }
  /** The kernel was built without CONFIG_PROC_EVENTS. */
  | { readonly kind: 'no-connector' }
  /** unitledger is not in the initial network namespace. */
  | { readonly kind: 'other-namespace' }
  /** A child of unitledger started and ended without an event: not the initial PID or user namespace. */
  | { readonly kind: 'nothing-arrives' };

/** An event takes about 800 bytes in the kernel's buffer: this holds 40,000 events, or 13,000 short-lived processes. */
const RECEIVE_BYTES = 16 * 1024 * 1024;
/** Longer than all current messages. */
const BUFFER_BYTES = 256;
/** `enum proc_cn_mcast_op`. */
const LISTEN = 1;
const IGNORE = 2;
const MESSAGE_DONE = 3;
const NANOS = 1e9;
/** Identifies our request in its answer, which adds 1. */
const REQUEST = 0x756c;

/** Classic BPF (include/uapi/linux/bpf_common.h). */
const LOAD_WORD = 0x20;
const TO_INDEX = 0x07;
const JUMP_IF_EQUAL = 0x15;
const JUMP_IF_EQUAL_TO_INDEX = 0x1d;
const RETURN = 0x06;
const WHOLE_MESSAGE = 0x4_0000;

/** Matches no kind: no kind has all bits set. */
const NO_KIND = 0xffff_ffff;

/**
 * Keeps useless messages out of the receive buffer: those that `parseProcessEvent` would drop (threads, other kinds),
 * and unwanted kinds. Renames of this process are always wanted, for `verify`.
 */
const filterFor = (withPrograms: boolean): readonly FilterInstruction[] => [
  [LOAD_WORD, 0, 0, WHAT],
  [JUMP_IF_EQUAL, 7, 0, swapped(EVENT_FORK)],
  [JUMP_IF_EQUAL, 14, 0, EVENT_NONE],
  [JUMP_IF_EQUAL, 9, 0, swapped(withPrograms ? EVENT_EXEC : NO_KIND)],
  [JUMP_IF_EQUAL, 8, 0, swapped(withPrograms ? EVENT_COMM : NO_KIND)],
  [JUMP_IF_EQUAL, 7, 0, swapped(EVENT_EXIT)],
  [JUMP_IF_EQUAL, 0, 11, swapped(EVENT_COMM)],
  [LOAD_WORD, 0, 0, DATA + 4],
  [JUMP_IF_EQUAL, 8, 9, swapped(process.pid)],
  // For a fork: PID and thread group of the child.
  [LOAD_WORD, 0, 0, DATA + 8],
  [TO_INDEX, 0, 0, 0],
  [LOAD_WORD, 0, 0, DATA + 12],
  [JUMP_IF_EQUAL_TO_INDEX, 4, 5, 0],
  // For all others: those of the process.
  [LOAD_WORD, 0, 0, DATA],
  [TO_INDEX, 0, 0, 0],
  [LOAD_WORD, 0, 0, DATA + 4],
  [JUMP_IF_EQUAL_TO_INDEX, 0, 1, 0],
  [RETURN, 0, 0, WHOLE_MESSAGE],
  [RETURN, 0, 0, 0],
];

/** A filter loads words in network order. */
function swapped(word: number): number {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(word);
  return bytes.readUInt32BE();
}

/** Receives each event; both arguments are valid until it returns. */
export type ProcessEventSink = (record: ProcessEventRecord, buffer: Buffer) => void;

/** Options, and replacements of the kernel's source for tests. */
export interface ProcessEventOptions {
  /** Size of the socket's receive buffer. */
  readonly receiveBytes?: number;
  /** Whether to receive execs and renames in addition to births and exits; default true. */
  readonly withPrograms?: boolean;
  readonly openSocket?: (receiveBytes: number) => NetlinkSocket | SocketFailure;
  /** CLOCK_MONOTONIC in nanoseconds. */
  readonly kernelNanos?: () => bigint;
}

/**
 * The kernel's events of every process of this machine (births, execs, renames and exits), through the process event
 * connector (drivers/connector/cn_proc.c). Needs the initial PID, user and network namespaces, and CAP_NET_ADMIN on
 * Linux before 6.6.
 */
export class ProcessEventSource {
  /** Process events received so far. */
  received = 0;
  readonly #socket: NetlinkSocket;
  readonly #inbox: NetlinkInbox;
  readonly #zeroNanos: number;
  /** The errno in the kernel's answer to a request. */
  #refusal = 0;
  readonly #record = new ProcessEventRecord();

  private constructor(socket: NetlinkSocket, zeroNanos: number) {
    this.#socket = socket;
    this.#zeroNanos = zeroNanos;
    this.#inbox = new NetlinkInbox(socket, NETLINK_CONNECTOR, BUFFER_BYTES);
  }

  /** Starts listening. Whether events arrive in unitledger's namespaces is only known after `verify`. */
  static open(
    clock: Pick<Clock, 'monotonicSeconds'>,
    options: ProcessEventOptions = {},
  ): ProcessEventSource | ProcessEventsFailure {
    const { EPROTONOSUPPORT, EPERM, ECONNREFUSED } = constants.errno;
    const { receiveBytes = RECEIVE_BYTES, withPrograms = true, openSocket } = options;
    const opened = openSocket?.(receiveBytes) ?? openConnectorSocket(receiveBytes, withPrograms);
    if ('kind' in opened) {
      if (opened.kind !== 'failed') return opened;
      if (opened.errno === EPROTONOSUPPORT) return { kind: 'no-connector' };
      return opened.errno === EPERM ? { kind: 'no-capability' } : opened;
    }
    const source = new ProcessEventSource(opened, zeroOf(clock, options.kernelNanos));
    const errno = source.#listen();
    if (errno === 0) return source;
    opened.close();
    if (errno === EPERM) return { kind: 'no-capability' };
    // Only the initial network namespace has the kernel's end of the connector.
    if (errno === ECONNREFUSED) return { kind: 'other-namespace' };
    return { kind: 'failed', call: 'request for events', errno };
  }

  /**
   * Passes on all available events, without blocking, in the kernel's order: the birth of a process before its other
   * events. After a loss (`lost` has grown) there is a gap somewhere in the events of this call. Throws only what
   * `sink` throws.
   */
  drain(sink: ProcessEventSink): void {
    this.#inbox.drain((buffer, start, end) => this.#take(buffer, start, end, sink));
  }

  /** Events lost because the socket's buffer was full, or that could not be parsed. */
  get lost(): number {
    return this.#inbox.lost;
  }

  /**
   * Returns null if an event with unitledger's own PID has arrived: it was renamed (`causeOwnEvents`), or a child that is
   * started now is born; events go to `sink`. In another PID namespace events can arrive too, if a process in the
   * initial one listens, but their PIDs are meaningless there. `child` starts a child and resolves when it has ended
   * (0, or an errno).
   */
  async verify(sink: ProcessEventSink, child = endOfChild): Promise<ProcessEventsFailure | null> {
    let isReported = false;
    const take: ProcessEventSink = (record, buffer) => {
      if (record.kind === EVENT_FORK && record.parentPid === process.pid) isReported = true;
      if (record.kind === EVENT_COMM && record.pid === process.pid) isReported = true;
      sink(record, buffer);
    };
    this.drain(take);
    let errno = 0;
    if (!isReported && this.lost === 0) {
      errno = await child();
      this.drain(take);
    }
    if (isReported || this.lost > 0) return null;
    return errno === 0 ? { kind: 'nothing-arrives' } : { kind: 'failed', call: 'spawn', errno };
  }

  close(): void {
    // Before Linux 6.6 the kernel counts listeners by these requests, and generates events as long as any is left.
    this.#request(IGNORE);
    this.#socket.close();
  }

  /** 0, or an errno: of the request, or of its answer, which has arrived by then. Other namespaces get no answer. */
  #listen(): number {
    const errno = this.#request(LISTEN);
    if (errno !== 0) return errno;
    this.drain(() => {});
    this.received = 0;
    return this.#refusal;
  }

  #request(operation: number): number {
    return this.#socket.send(composeRequest(operation));
  }

  #take(buffer: Buffer, start: number, end: number, sink: ProcessEventSink): void {
    const record = this.#record;
    for (let at = start; at < end; ) {
      at = parseProcessEvent(buffer, at, end, record);
      if (record.acknowledges === REQUEST + 1) this.#refusal = record.errno;
      if (record.kind === EVENT_NONE) continue;
      this.received++;
      record.atSeconds = (record.kernelNanos - this.#zeroNanos) / NANOS;
      sink(record, buffer);
    }
  }
}

function openConnectorSocket(receiveBytes: number, withPrograms: boolean): NetlinkSocket | SocketFailure {
  const groups = 1 << (CONNECTOR_ID.index - 1);
  const messageBytes = BUFFER_BYTES;
  return openNetlinkSocket({
    protocol: NETLINK_CONNECTOR,
    receiveBytes,
    messageBytes,
    groups,
    filter: filterFor(withPrograms),
  });
}

/** Zero of the run's clock on CLOCK_MONOTONIC, in whole nanoseconds. */
function zeroOf(clock: Pick<Clock, 'monotonicSeconds'>, kernelNanos = process.hrtime.bigint): number {
  let zeroNanos = Number.NaN;
  let least = Number.POSITIVE_INFINITY;
  // On a busy machine much time may pass between two readings: the closest pair is used.
  for (let attempt = 0; attempt < 5; attempt++) {
    const before = clock.monotonicSeconds();
    const nanos = Number(kernelNanos());
    const passed = clock.monotonicSeconds() - before;
    if (passed >= least) continue;
    least = passed;
    zeroNanos = Math.round(nanos - before * NANOS);
  }
  return zeroNanos;
}

/** `struct nlmsghdr`, `struct cn_msg` and the operation. */
function composeRequest(operation: number): Buffer {
  const request = Buffer.alloc(40);
  request.writeUInt32LE(request.length, 0);
  request.writeUInt16LE(MESSAGE_DONE, 4);
  request.writeUInt32LE(CONNECTOR_ID.index, 16);
  request.writeUInt32LE(CONNECTOR_ID.value, 20);
  request.writeUInt32LE(REQUEST, 28);
  request.writeUInt16LE(4, 32);
  request.writeUInt32LE(operation, 36);
  return request;
}
