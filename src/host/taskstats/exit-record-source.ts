import { readFileSync } from 'node:fs';
import { constants, cpus } from 'node:os';
import { endOfChild } from '../netlink/child-of-own.ts';
import { NetlinkInbox } from '../netlink/inbox.ts';
import {
  composeRequest,
  MESSAGE_ERROR,
  NetlinkAttribute,
  NetlinkMessage,
  parseAttribute,
  parseMessage,
} from '../netlink/netlink.ts';
import {
  Datagram,
  NETLINK_GENERIC,
  type NetlinkSocket,
  openNetlinkSocket,
  type SocketFailure,
} from '../netlink/netlink-socket.ts';
import { ParseError } from '../parse-error.ts';
import { FIRST_VERSION, parseTaskRecord, TaskRecord } from './task-record.ts';

/** The controller of generic netlink, which maps family names to numbers (include/uapi/linux/genetlink.h). */
const CONTROLLER = 16;

const GET_FAMILY = 3;

const ATTRIBUTE_FAMILY_ID = 1;

const ATTRIBUTE_FAMILY_NAME = 2;

/** Reason why exit records are unavailable. Everything else works without them. */
export type ExitRecordsFailure =
  | SocketFailure
  /** `/proc` shows another PID namespace than unitledger's own, or PIDs cannot be queried. */
  | { readonly kind: 'foreign-pids'; readonly detail: string }
  /** No CAP_NET_ADMIN. */
  | { readonly kind: 'no-capability' }
  /** The kernel was built without CONFIG_TASKSTATS, or does not provide it in this network namespace. */
  | { readonly kind: 'no-family' }
  /** unitledger is not in the initial PID and user namespaces. */
  | { readonly kind: 'other-namespace' }
  /** No record came for a child of unitledger that ended: not the initial network namespace. */
  | { readonly kind: 'nothing-arrives' }
  /** Records do not distinguish processes and threads: Linux before 5.19. */
  | { readonly kind: 'old-kernel'; readonly version: number };

const FAMILY = 'TASKSTATS';
/** TASKSTATS_CMD_GET, and its attributes. */
const COMMAND_GET = 1;
const REGISTER_CPU_MASK = 3;
const DEREGISTER_CPU_MASK = 4;
/** TASKSTATS_CMD_NEW */
const COMMAND_NEW = 2;

/** A record takes about 600 bytes here and 1,280 in the kernel's buffer: this holds 13,000 records. */
const RECEIVE_BYTES = 8 * 1024 * 1024;
/** Longer than all current messages. */
const BUFFER_BYTES = 4096;

/** Receives each record; both arguments are valid until it returns. */
export type TaskRecordSink = (record: TaskRecord, buffer: Buffer) => void;

/** Replacements of the kernel's source for tests. */
export interface ExitRecordOptions {
  /** Size of the socket's receive buffer. */
  readonly receiveBytes?: number;
  readonly openSocket?: (receiveBytes: number) => NetlinkSocket | SocketFailure;
}

/**
 * The kernel's records of every task that exits on this machine (Documentation/accounting/taskstats.rst), through generic
 * netlink. Needs CAP_NET_ADMIN and the initial PID, user and network namespaces.
 */
export class ExitRecordSource {
  /** Task records received so far. */
  received = 0;
  readonly #socket: NetlinkSocket;
  readonly #family: number;
  readonly #cpuMask: string;
  readonly #inbox: NetlinkInbox;
  readonly #message = new NetlinkMessage();
  readonly #record = new TaskRecord();
  /** Version of the struct; 0 before the first record. */
  #version = 0;

  private constructor(socket: NetlinkSocket, family: number, cpuMask: string) {
    this.#socket = socket;
    this.#family = family;
    this.#cpuMask = cpuMask;
    this.#inbox = new NetlinkInbox(socket, NETLINK_GENERIC, BUFFER_BYTES);
  }

  /** Registers for the records of all CPUs. Some namespaces receive none, which only `verify` detects. */
  static open(options: ExitRecordOptions = {}): ExitRecordSource | ExitRecordsFailure {
    const opened = (options.openSocket ?? openGenericSocket)(options.receiveBytes ?? RECEIVE_BYTES);
    if ('kind' in opened) return opened;
    const { errno: noFamily, family } = familyNumber(opened, FAMILY);
    if (noFamily !== 0) {
      opened.close();
      if (noFamily === constants.errno.ENOENT) return { kind: 'no-family' };
      return { kind: 'failed', call: 'look-up of the family', errno: noFamily };
    }
    const source = new ExitRecordSource(opened, family, possibleCpus());
    const errno = source.#ask(REGISTER_CPU_MASK);
    if (errno === 0) return source;
    opened.close();
    if (errno === constants.errno.EPERM) return { kind: 'no-capability' };
    if (errno === constants.errno.EINVAL) return { kind: 'other-namespace' };
    return { kind: 'failed', call: 'registration', errno };
  }

  /** Passes on all available records, without blocking. Throws only what `sink` throws. */
  drain(sink: TaskRecordSink): void {
    this.#inbox.drain((buffer, start, end) => this.#take(buffer, start, end, sink));
  }

  /** Records lost because the socket's buffer was full, or that could not be parsed. */
  get lost(): number {
    return this.#inbox.lost;
  }

  /**
   * Returns null if a record has arrived since the source was opened, as that of a thread that has ended
   * (`causeOwnEvents`), or if that of a child arrives; records go to `sink`. `child` starts a child and resolves when it
   * has ended (0, or an errno).
   */
  async verify(sink: TaskRecordSink, child = endOfChild): Promise<ExitRecordsFailure | null> {
    const before = this.received;
    this.drain(sink);
    let errno = 0;
    if (this.received === before && this.lost === 0) {
      errno = await child();
      this.drain(sink);
    }
    if (this.#version > 0 && this.#version < FIRST_VERSION)
      return { kind: 'old-kernel', version: this.#version };
    if (this.received > before || this.lost > 0) return null;
    return errno === 0 ? { kind: 'nothing-arrives' } : { kind: 'failed', call: 'spawn', errno };
  }

  close(): void {
    this.#ask(DEREGISTER_CPU_MASK);
    this.#socket.close();
  }

  /** Registers for the records of all CPUs, or deregisters; messages before the answer are dropped. */
  #ask(attribute: number): number {
    const request = { family: this.#family, command: COMMAND_GET, attribute, text: this.#cpuMask };
    return ask(this.#socket, request, () => {});
  }

  #take(buffer: Buffer, start: number, end: number, sink: TaskRecordSink): void {
    const message = this.#message;
    const record = this.#record;
    for (let at = start; at < end; at = message.next) {
      parseMessage(buffer, at, end, message);
      if (message.type !== this.#family || message.command !== COMMAND_NEW) continue;
      if (!parseTaskRecord(buffer, message.start, message.end, record)) continue;
      this.#version = record.version;
      this.received++;
      if (record.version >= FIRST_VERSION) sink(record, buffer);
    }
  }
}

function openGenericSocket(receiveBytes: number): NetlinkSocket | SocketFailure {
  return openNetlinkSocket({ protocol: NETLINK_GENERIC, receiveBytes, messageBytes: BUFFER_BYTES });
}

/** All CPUs that this machine can have, as listed by the kernel: `0-7`. */
export function possibleCpus(file = '/sys/devices/system/cpu/possible'): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    // Not mounted here: use the current CPUs, and not only those on which unitledger may run.
    return `0-${cpus().length - 1}`;
  }
}

/** A request with one text attribute. */
interface Request {
  readonly family: number;
  readonly command: number;
  readonly attribute: number;
  readonly text: string;
}

/**
 * Sends a request and reads up to the acknowledgement, which is available immediately; earlier messages go to `sink`.
 * Returns 0, or the errno of the call or of the kernel; `EPROTO` for a malformed answer.
 */
function ask(
  socket: NetlinkSocket,
  request: Request,
  sink: (buffer: Buffer, message: NetlinkMessage) => void,
): number {
  const sequence = request.command * 256 + request.attribute;
  const errno = socket.send(composeRequest({ ...request, sequence }));
  if (errno !== 0) return errno;
  const datagram = new Datagram();
  const message = new NetlinkMessage();
  for (;;) {
    const length = socket.receive(datagram);
    if (length === -constants.errno.ENOBUFS || length === -constants.errno.EINTR) continue;
    if (length < 0) return -length;
    const { buffer, start } = datagram;
    const end = start + length;
    try {
      for (let at = start; at < end; at = message.next) {
        parseMessage(buffer, at, end, message);
        if (message.type === MESSAGE_ERROR && message.sequence === sequence) return -message.error;
        sink(buffer, message);
      }
    } catch (error) {
      if (error instanceof ParseError) return constants.errno.EPROTO;
      throw error;
    }
  }
}

/** The number assigned at boot to a family of generic netlink; `ENOENT`: no such family. */
function familyNumber(socket: NetlinkSocket, name: string): { errno: number; family: number } {
  let family = 0;
  const attribute = new NetlinkAttribute();
  const request = { family: CONTROLLER, command: GET_FAMILY, attribute: ATTRIBUTE_FAMILY_NAME, text: name };
  const errno = ask(socket, request, (buffer, message) => {
    if (message.type !== CONTROLLER) return;
    for (let at = message.start; at < message.end; at = attribute.next) {
      parseAttribute(buffer, at, message.end, attribute);
      const bytes = attribute.end - attribute.start;
      if (attribute.type === ATTRIBUTE_FAMILY_ID && bytes >= 2) family = buffer.readUInt16LE(attribute.start);
    }
  });
  return { errno: errno === 0 && family === 0 ? constants.errno.EPROTO : errno, family };
}
