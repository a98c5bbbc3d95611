import { constants } from 'node:os';
import { ParseError } from '../parse-error.ts';
import {
  composeRequest,
  MESSAGE_ERROR,
  NetlinkAttribute,
  NetlinkMessage,
  parseAttribute,
  parseMessage,
} from './netlink.ts';
import type { NetlinkSocket } from './netlink-socket.ts';

/** The controller of generic netlink, which knows the numbers of families (include/uapi/linux/genetlink.h). */
const CONTROLLER = 16;
const GET_FAMILY = 3;
const ATTRIBUTE_FAMILY_ID = 1;
const ATTRIBUTE_FAMILY_NAME = 2;

/** Answers are short. */
const BUFFER_BYTES = 16 * 1024;

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
export function ask(
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
export function familyNumber(socket: NetlinkSocket, name: string): { errno: number; family: number } {
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
