import { malformedBytes } from '../parse-error.ts';

/**
 * Netlink messages as bytes (netlink(7); include/uapi/linux/netlink.h and genetlink.h): a header of 16 bytes, for
 * generic netlink another 4, then attributes with a 4-byte header each, all aligned to 4 bytes. Numbers are in host
 * order, little-endian on all supported machines.
 */
const MESSAGE_HEADER_BYTES = 16;
const GENERIC_HEADER_BYTES = 4;
const ATTRIBUTE_HEADER_BYTES = 4;

/** `nlmsghdr.nlmsg_type` of an answer that contains only a result. */
export const MESSAGE_ERROR = 2;
const FLAG_REQUEST = 1;
const FLAG_ACKNOWLEDGE = 4;
/** Without NLA_F_NESTED and NLA_F_NET_BYTEORDER. */
const ATTRIBUTE_TYPE_MASK = 0x3fff;

/** One message of a buffer. Reused for every message. */
export class NetlinkMessage {
  /** A family's number, or `MESSAGE_ERROR`. */
  type = 0;
  sequence = 0;
  /** For generic netlink; 0 in an error. */
  command = 0;
  /** The negative error of an error message, 0 in an acknowledgement. */
  error = 0;
  /** Offset of its attributes. */
  start = 0;
  end = 0;
  /** Offset of the next message. */
  next = 0;
}

/** One attribute. Reused for every attribute. */
export class NetlinkAttribute {
  type = 0;
  /** Offset of its value. */
  start = 0;
  end = 0;
  /** Offset of the next attribute. */
  next = 0;
}

/** Parses the message at `at`; the datagram ends at `end`. Throws ParseError only. */
export function parseMessage(buffer: Buffer, at: number, end: number, message: NetlinkMessage): void {
  if (end > buffer.length || end - at < MESSAGE_HEADER_BYTES)
    throw malformedBytes(buffer, at, end, 'netlink message', 'nlmsghdr');
  const bytes = buffer.readUInt32LE(at);
  if (bytes < MESSAGE_HEADER_BYTES + GENERIC_HEADER_BYTES || bytes > end - at)
    throw malformedBytes(buffer, at, end, 'netlink message', 'nlmsg_len');
  const payload = at + MESSAGE_HEADER_BYTES;
  message.type = buffer.readUInt16LE(at + 4);
  message.sequence = buffer.readUInt32LE(at + 8);
  const isError = message.type === MESSAGE_ERROR;
  message.error = isError ? buffer.readInt32LE(payload) : 0;
  message.command = isError ? 0 : buffer[payload]!;
  message.start = payload + GENERIC_HEADER_BYTES;
  message.end = at + bytes;
  message.next = Math.min(end, at + aligned(bytes));
}

/** Parses the attribute at `at`; the list of attributes ends at `end`. Throws ParseError only. */
export function parseAttribute(buffer: Buffer, at: number, end: number, attribute: NetlinkAttribute): void {
  if (end > buffer.length || end - at < ATTRIBUTE_HEADER_BYTES)
    throw malformedBytes(buffer, at, end, 'netlink message', 'nlattr');
  const bytes = buffer.readUInt16LE(at);
  if (bytes < ATTRIBUTE_HEADER_BYTES || bytes > end - at)
    throw malformedBytes(buffer, at, end, 'netlink message', 'nla_len');
  attribute.type = buffer.readUInt16LE(at + 2) & ATTRIBUTE_TYPE_MASK;
  attribute.start = at + ATTRIBUTE_HEADER_BYTES;
  attribute.end = at + bytes;
  attribute.next = Math.min(end, at + aligned(bytes));
}

/** A generic netlink request with one text attribute, to be acknowledged. */
export function composeRequest(request: {
  readonly family: number;
  readonly command: number;
  readonly sequence: number;
  readonly attribute: number;
  readonly text: string;
}): Buffer {
  const value = Buffer.from(`${request.text}\0`, 'utf8');
  const head = MESSAGE_HEADER_BYTES + GENERIC_HEADER_BYTES;
  const buffer = Buffer.alloc(head + aligned(ATTRIBUTE_HEADER_BYTES + value.length));
  buffer.writeUInt32LE(buffer.length, 0);
  buffer.writeUInt16LE(request.family, 4);
  buffer.writeUInt16LE(FLAG_REQUEST | FLAG_ACKNOWLEDGE, 6);
  buffer.writeUInt32LE(request.sequence, 8);
  buffer[MESSAGE_HEADER_BYTES] = request.command;
  buffer[MESSAGE_HEADER_BYTES + 1] = 1;
  buffer.writeUInt16LE(ATTRIBUTE_HEADER_BYTES + value.length, head);
  buffer.writeUInt16LE(request.attribute, head + 2);
  value.copy(buffer, head + ATTRIBUTE_HEADER_BYTES);
  return buffer;
}

function aligned(bytes: number): number {
  return (bytes + 3) & ~3;
}
