import { readFileSync } from 'node:fs';
import { availableParallelism, constants } from 'node:os';
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
  NETLINK_GENERIC,
  type NetlinkSocket,
  openNetlinkSocket,
  type SocketFailure,
} from '../netlink/netlink-socket.ts';
import { ParseError } from '../parse-error.ts';
import { FIRST_VERSION, parseTaskRecord, TaskRecord } from './task-record.ts';

/** The controller of generic netlink, which knows the numbers of families (include/uapi/linux/genetlink.h). */
const CONTROLLER = 16;

const GET_FAMILY = 3;

const ATTRIBUTE_FAMILY_ID = 1;

const ATTRIBUTE_FAMILY_NAME = 2;

/** Why there are no exit records. Everything else works without them. */
export type ExitRecordsFailure =
  | SocketFailure
  /** `/proc` shows another PID namespace than this program's own, or PIDs cannot be asked for. */
  | { readonly kind: 'foreign-pids'; readonly detail: string }
  /** No CAP_NET_ADMIN. */
  | { readonly kind: 'no-capability' }
  /** The kernel was built without CONFIG_TASKSTATS, or does not offer it in this network namespace. */
  | { readonly kind: 'no-family' }
  /** This program is not in the initial PID and user namespaces. */
  | { readonly kind: 'other-namespace' }
  /** A child of this program's own ended, and no record of it came: not the initial network namespace. */
  | { readonly kind: 'nothing-arrives' }
  /** Records do not tell a process from a thread: Linux before 5.19. */
  | { readonly kind: 'old-kernel'; readonly version: number };

const FAMILY = 'TASKSTATS';
/** TASKSTATS_CMD_GET, and what is asked of it. */
const COMMAND_GET = 1;
const REGISTER_CPU_MASK = 3;
const DEREGISTER_CPU_MASK = 4;
/** TASKSTATS_CMD_NEW */
const COMMAND_NEW = 2;

/** A record takes about 600 bytes here and 1,280 in the kernel's buffer: that holds 13,000 of them. */
const RECEIVE_BYTES = 8 * 1024 * 1024;
/** Longer than any message of today. */
const BUFFER_BYTES = 4096;

/** Takes each record; both are good until it returns. */
export type TaskRecordSink = (record: TaskRecord, buffer: Buffer) => void;

/** Replacements of the kernel's source for tests. */
export interface ExitRecordOptions {
  /** Bytes of the socket's receive buffer. */
  readonly receiveBytes?: number;
  readonly openSocket?: (receiveBytes: number) => NetlinkSocket | SocketFailure;
}

/**
 * The kernel's records of every task that exits on this machine (Documentation/accounting/taskstats.rst), through generic
 * netlink. Needs CAP_NET_ADMIN and the initial PID, user and network namespaces.
 */
export class ExitRecordSource {
  /** Records of tasks so far. */
  received = 0;
  readonly #socket: NetlinkSocket;
  readonly #family: number;
  readonly #cpuMask: string;
  readonly #inbox: NetlinkInbox;
  readonly #message = new NetlinkMessage();
  readonly #record = new TaskRecord();
  /** Of the struct; 0 before a record came. */
  #version = 0;

  private constructor(socket: NetlinkSocket, family: number, cpuMask: string) {
    this.#socket = socket;
    this.#family = family;
    this.#cpuMask = cpuMask;
    this.#inbox = new NetlinkInbox(socket, NETLINK_GENERIC, BUFFER_BYTES);
  }

  /** Asks for the records of all CPUs. That none arrive in some namespaces only `verify` finds. */
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

  /** Hands on every record that has come, without waiting. Never throws but what `sink` does. */
  drain(sink: TaskRecordSink): void {
    this.#inbox.drain((buffer, length) => this.#take(buffer, length, sink));
  }

  /** Records that had no room in the socket's buffer, or could not be read. */
  get lost(): number {
    return this.#inbox.lost;
  }

  /**
   * Has a child of its own end, and looks whether the record of it comes; other records go to `sink`. Null: they
   * do. `child`: the end of a child that was started after this source was opened (0, or an errno).
   */
  async verify(sink: TaskRecordSink, child?: Promise<number>): Promise<ExitRecordsFailure | null> {
    const before = this.received;
    const errno = await (child ?? endOfChild());
    this.drain(sink);
    if (this.#version > 0 && this.#version < FIRST_VERSION)
      return { kind: 'old-kernel', version: this.#version };
    if (this.received > before || this.lost > 0) return null;
    return errno === 0 ? { kind: 'nothing-arrives' } : { kind: 'failed', call: 'spawn', errno };
  }

  close(): void {
    this.#ask(DEREGISTER_CPU_MASK);
    this.#socket.close();
  }

  /** Asks for the records of all CPUs, or for no more of them; what came before the answer is dropped. */
  #ask(attribute: number): number {
    const request = { family: this.#family, command: COMMAND_GET, attribute, text: this.#cpuMask };
    return ask(this.#socket, request, () => {});
  }

  #take(buffer: Buffer, length: number, sink: TaskRecordSink): void {
    const message = this.#message;
    const record = this.#record;
    for (let at = 0; at < length; at = message.next) {
      parseMessage(buffer, at, length, message);
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

/** Every CPU that this machine could have, as the kernel lists them: `0-7`. */
function possibleCpus(): string {
  try {
    return readFileSync('/sys/devices/system/cpu/possible', 'utf8').trim();
  } catch {
    // Not mounted here: those that there are now.
    return `0-${availableParallelism() - 1}`;
  }
}

/** What is asked: one attribute that holds a text. */
interface Request {
  readonly family: number;
  readonly command: number;
  readonly attribute: number;
  readonly text: string;
}

/**
 * Sends a request, reads up to the acknowledgement, which is there by then, and hands the messages before it to `sink`.
 * 0, or the errno: of the sending or the kernel's, `EPROTO` for an answer that does not read as netlink's do.
 */
function ask(
  socket: NetlinkSocket,
  request: Request,
  sink: (buffer: Buffer, message: NetlinkMessage) => void,
): number {
  const sequence = request.command * 256 + request.attribute;
  const errno = socket.send(composeRequest({ ...request, sequence }));
  if (errno !== 0) return errno;
  const buffer = Buffer.alloc(BUFFER_BYTES);
  const message = new NetlinkMessage();
  for (;;) {
    const length = socket.receive(buffer);
    if (length === -constants.errno.ENOBUFS || length === -constants.errno.EINTR) continue;
    if (length < 0) return -length;
    try {
      for (let at = 0; at < length; at = message.next) {
        parseMessage(buffer, at, length, message);
        if (message.type === MESSAGE_ERROR && message.sequence === sequence) return -message.error;
        sink(buffer, message);
      }
    } catch (error) {
      if (error instanceof ParseError) return constants.errno.EPROTO;
      throw error;
    }
  }
}

/** The number that a family of generic netlink was given at boot; `ENOENT`: there is none of that name. */
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
