import { constants } from 'node:os';
import { loadForeignFunctions } from '../foreign-functions.ts';

/** A netlink socket (netlink(7)), which only system calls give. Nothing of it waits. */
export interface NetlinkSocket {
  /** Its address in its network namespace; `/proc/net/netlink` lists it by this. */
  readonly port: number;
  /** 0, or the errno of what went wrong. The kernel has answered by the time that it returns. */
  send(message: Buffer): number;
  /**
   * The length of the next datagram, whose first bytes are then in `buffer` (a longer one is cut); or why there is none:
   * the negative errno, `-EAGAIN` where nothing has come, `-ENOBUFS` once where what came had no room.
   */
  receive(buffer: Buffer): number;
  close(): void;
}

/** Why there is no socket. */
export type SocketFailure =
  | { readonly kind: 'no-library'; readonly detail: string }
  | { readonly kind: 'failed'; readonly call: string; readonly errno: number };

/** Of x86-64 and arm64 (asm-generic/socket.h, linux/netlink.h). */
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
  /** Bytes of the receive buffer (the kernel counts twice what is asked for). */
  readonly receiveBytes: number;
  /** Bit mask of the multicast groups to join; none if not given. */
  readonly groups?: number;
  /**
   * Messages that the kernel does not put into the receive buffer (Documentation/networking/filter.rst). A kernel that
   * refuses the program delivers all of them.
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
  readonly recv: (descriptor: number, buffer: Uint8Array, length: number, flags: number) => number;
  readonly close: (descriptor: number) => number;
  readonly errno: () => number;
}

/** Opens a socket, or returns why it cannot. */
export function openNetlinkSocket(options: NetlinkSocketOptions): NetlinkSocket | SocketFailure {
  const { protocol, receiveBytes, groups, filter } = options;
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
  // Before the socket is bound, so that nothing comes in unfiltered.
  if (filter !== undefined)
    calls.attachFilter(descriptor, { len: filter.length, filter: filterBytes(filter) });
  if (calls.bind(descriptor, address, ADDRESS_BYTES) !== 0) return failed('bind');
  if (calls.getsockname(descriptor, address, length) !== 0) return failed('getsockname');
  const size = Buffer.alloc(4);
  size.writeInt32LE(receiveBytes, 0);
  // Beyond the limit of net.core.rmem_max with CAP_NET_ADMIN, which exit records need in any case.
  if (calls.setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, size, 4) !== 0)
    calls.setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, size, 4);
  return {
    port: address.readUInt32LE(4),
    send: (message) => (calls.send(descriptor, message, message.length, 0) < 0 ? calls.errno() : 0),
    receive(buffer) {
      const received = calls.recv(descriptor, buffer, buffer.length, MSG_DONTWAIT | MSG_TRUNC);
      return received < 0 ? -calls.errno() : received;
    },
    close: () => void calls.close(descriptor),
  };
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

/** Once a process: each declaration of a function takes memory. Throws where there is no library. */
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
    recv: library.func('long recv(int descriptor, _Out_ void *buffer, size_t length, int flags)'),
    close: library.func('int close(int descriptor)'),
    errno: () => koffi.errno(),
  } as Calls;
}

/** `ENOBUFS` for 105. */
export function errnoName(errno: number): string {
  return Object.entries(constants.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;
}
