import { constants } from 'node:os';
import { loadForeignFunctions } from '../foreign-functions.ts';

/** Where a received datagram is: its bytes are not copied, and are valid until the next one is received. */
export class Datagram {
  buffer: Buffer = Buffer.alloc(0);
  start = 0;
}

/** A non-blocking netlink socket (netlink(7)), through system calls. */
export interface NetlinkSocket {
  /** Its address in its network namespace, as listed in `/proc/net/netlink`. */
  readonly port: number;
  /** 0, or the errno of a failure. The kernel has answered when it returns. */
  send(message: Buffer): number;
  /**
   * Length of the next datagram, to which `datagram` then refers (only `messageBytes` of a longer one are there), or the
   * negative errno: `-EAGAIN` if there is none, `-ENOBUFS` once after datagrams were lost because the buffer was full.
   */
  receive(datagram: Datagram): number;
  /** Whether nothing was left to receive when the last datagram was taken from the kernel. */
  readonly isEmptied?: boolean;
  close(): void;
}

/** Reason why there is no socket. */
export type SocketFailure =
  | { readonly kind: 'no-library'; readonly detail: string }
  | { readonly kind: 'failed'; readonly call: string; readonly errno: number };

/** For x86-64 and arm64 (asm-generic/socket.h, linux/netlink.h). */
const AF_NETLINK = 16;
/** Protocols of sockets. */
export const NETLINK_CONNECTOR = 11;
export const NETLINK_GENERIC = 16;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0x800;
const SOCK_CLOEXEC = 0x80000;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_ATTACH_FILTER = 26;
const SO_RCVBUFFORCE = 33;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
/** `struct sockaddr_nl`: family, padding, port, groups. */
const ADDRESS_BYTES = 12;

/** One instruction of a classic BPF program (`struct sock_filter`): code, jump if true, jump if false, operand. */
export type FilterInstruction = readonly [code: number, jt: number, jf: number, k: number];

export interface NetlinkSocketOptions {
  /** `NETLINK_GENERIC` or `NETLINK_CONNECTOR`. */
  readonly protocol: number;
  /** Size of the receive buffer in bytes (the kernel counts twice the requested size). */
  readonly receiveBytes: number;
  /**
   * Length of the longest message that is received whole; for a longer one `receive` returns the length, and truncated
   * bytes.
   */
  readonly messageBytes: number;
  /** Bit mask of the multicast groups to join; default none. */
  readonly groups?: number;
  /**
   * Program that decides which messages the kernel puts into the receive buffer (Documentation/networking/filter.rst).
   * A kernel that rejects the program delivers all of them.
   */
  readonly filter?: readonly FilterInstruction[];
}

interface Calls {
  readonly socket: (family: number, type: number, protocol: number) => number;
  readonly bind: (descriptor: number, address: Uint8Array, length: number) => number;
  readonly getsockname: (descriptor: number, address: Uint8Array, length: Uint8Array) => number;
  readonly setsockopt: (
    descriptor: number,
    level: number,
    name: number,
    value: Uint8Array,
    length: number,
  ) => number;
  readonly attachFilter: (descriptor: number, program: { len: number; filter: Uint8Array }) => number;
  readonly send: (descriptor: number, message: Uint8Array, length: number, flags: number) => number;
  /** Allocates zeroed memory whose address can be passed to system calls. */
  readonly allocate: (bytes: number) => { readonly address: bigint; readonly bytes: Buffer };
  readonly free: (address: bigint) => void;
  readonly recvmmsg: (
    descriptor: number,
    messages: bigint,
    count: number,
    flags: number,
    timeout: null,
  ) => number;
  readonly close: (descriptor: number) => number;
  readonly errno: () => number;
}

/** Opens a socket, or returns the failure. */
export function openNetlinkSocket(options: NetlinkSocketOptions): NetlinkSocket | SocketFailure {
  const { protocol, receiveBytes, messageBytes, groups, filter } = options;
  let calls: Calls;
  try {
    calls = loadCalls();
  } catch (error) {
    return { kind: 'no-library', detail: (error as Error).message.split('\n', 1)[0] ?? '' };
  }
  const descriptor = calls.socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
  if (descriptor < 0) return { kind: 'failed', call: 'socket', errno: calls.errno() };
  const address = Buffer.alloc(ADDRESS_BYTES);
  address.writeUInt16LE(AF_NETLINK, 0);
  address.writeUInt32LE(groups ?? 0, 8);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(ADDRESS_BYTES, 0);
  const failed = (call: string): SocketFailure => {
    const errno = calls.errno();
    calls.close(descriptor);
    return { kind: 'failed', call, errno };
  };
  // Attached before the socket is bound, so that no message passes unfiltered.
  if (filter !== undefined)
    calls.attachFilter(descriptor, { len: filter.length, filter: filterBytes(filter) });
  if (calls.bind(descriptor, address, ADDRESS_BYTES) !== 0) return failed('bind');
  if (calls.getsockname(descriptor, address, length) !== 0) return failed('getsockname');
  const size = Buffer.alloc(4);
  size.writeInt32LE(receiveBytes, 0);
  // With CAP_NET_ADMIN (required for exit records anyway), this may exceed net.core.rmem_max.
  if (calls.setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, size, 4) !== 0)
    calls.setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, size, 4);
  const receiver = new BatchReceiver(calls, descriptor, messageBytes);
  return {
    port: address.readUInt32LE(4),
    send: (message) => (calls.send(descriptor, message, message.length, 0) < 0 ? calls.errno() : 0),
    receive: (datagram) => receiver.receive(datagram),
    get isEmptied() {
      return receiver.isEmptied;
    },
    close() {
      receiver.close();
      calls.close(descriptor);
    },
  };
}

/** Messages received by one system call: a call costs as much as three messages. */
const BATCH = 64;
/** `struct mmsghdr` of 64-bit Linux: a `msghdr`, whose `msg_iov` and `msg_iovlen` are set, and the length of the message. */
const HEADER_BYTES = 64;
const IOVEC = 16;
const IOVEC_COUNT = 24;
const LENGTH = 56;
/** `struct iovec`: address and length. */
const IOVEC_BYTES = 16;

/** Receives many messages with one system call (recvmmsg(2)), and returns them one by one. */
class BatchReceiver {
  readonly #calls: Calls;
  readonly #descriptor: number;
  readonly #messageBytes: number;
  readonly #address: bigint;
  /** Headers, then iovecs, then messages. */
  #memory: Buffer | null;
  #received = 0;
  #next = 0;

  constructor(calls: Calls, descriptor: number, messageBytes: number) {
    this.#calls = calls;
    this.#descriptor = descriptor;
    this.#messageBytes = messageBytes;
    const { address, bytes } = calls.allocate(BATCH * (HEADER_BYTES + IOVEC_BYTES + messageBytes));
    this.#address = address;
    this.#memory = bytes;
    for (let place = 0; place < BATCH; place++) {
      const iovec = BATCH * HEADER_BYTES + place * IOVEC_BYTES;
      bytes.writeBigUInt64LE(address + BigInt(iovec), place * HEADER_BYTES + IOVEC);
      bytes.writeBigUInt64LE(1n, place * HEADER_BYTES + IOVEC_COUNT);
      bytes.writeBigUInt64LE(address + BigInt(this.#startOf(place)), iovec);
      bytes.writeBigUInt64LE(BigInt(messageBytes), iovec + 8);
    }
  }

  /** As `NetlinkSocket.receive`. */
  receive(datagram: Datagram): number {
    const memory = this.#memory;
    if (memory === null) return -constants.errno.EBADF;
    if (this.#next === this.#received) {
      const flags = MSG_DONTWAIT | MSG_TRUNC;
      const received = this.#calls.recvmmsg(this.#descriptor, this.#address, BATCH, flags, null);
      if (received < 0) return -this.#calls.errno();
      this.#received = received;
      this.#next = 0;
    }
    const place = this.#next++;
    datagram.buffer = memory;
    datagram.start = this.#startOf(place);
    return memory.readUInt32LE(place * HEADER_BYTES + LENGTH);
  }

  /** A call that receives fewer messages than it could has found the queue empty. */
  get isEmptied(): boolean {
    return this.#next === this.#received && this.#received < BATCH;
  }

  close(): void {
    this.#memory = null;
    this.#calls.free(this.#address);
  }

  #startOf(place: number): number {
    return BATCH * (HEADER_BYTES + IOVEC_BYTES) + place * this.#messageBytes;
  }
}

/** `struct sock_filter`: 2 bytes of code, a byte for each jump, 4 bytes of operand. */
const FILTER_BYTES = 8;

function filterBytes(filter: readonly FilterInstruction[]): Buffer {
  const bytes = Buffer.alloc(filter.length * FILTER_BYTES);
  for (const [place, [code, jt, jf, k]] of filter.entries()) {
    const at = place * FILTER_BYTES;
    bytes.writeUInt16LE(code, at);
    bytes[at + 2] = jt;
    bytes[at + 3] = jf;
    bytes.writeUInt32LE(k, at + 4);
  }
  return bytes;
}

let loaded: Calls | undefined;

/** Once a process: each function declaration takes memory. Throws if there is no library. */
function loadCalls(): Calls {
  loaded ??= declareCalls();
  return loaded;
}

function declareCalls(): Calls {
  const koffi = loadForeignFunctions();
  const library = koffi.load(null);
  // `struct sock_fprog`.
  const program = koffi.struct({ len: 'uint16_t', filter: 'const void *' });
  const attach = library.func('setsockopt', 'int', [
    ...['int', 'int', 'int'],
    koffi.pointer(program),
    'uint32_t',
  ]);
  return {
    attachFilter: (descriptor, value) =>
      attach(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, value, koffi.sizeof(program)) as number,
    socket: library.func('int socket(int family, int type, int protocol)'),
    bind: library.func('int bind(int descriptor, const void *address, uint32_t length)'),
    getsockname: library.func('int getsockname(int descriptor, _Out_ void *address, _Inout_ void *length)'),
    setsockopt: library.func(
      'int setsockopt(int descriptor, int level, int name, const void *value, uint32_t length)',
    ),
    send: library.func('long send(int descriptor, const void *message, size_t length, int flags)'),
    recvmmsg: library.func(
      'int recvmmsg(int descriptor, void *messages, uint32_t count, int flags, void *timeout)',
    ),
    allocate(bytes) {
      const address = koffi.alloc('uint8_t', bytes) as bigint;
      return { address, bytes: Buffer.from(koffi.view(address, bytes)) };
    },
    free: (address) => koffi.free(address),
    close: library.func('int close(int descriptor)'),
    errno: () => koffi.errno(),
  } as Calls;
}

/** `ENOBUFS` for 105. */
export function errnoName(errno: number): string {
  return Object.entries(constants.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;
}
