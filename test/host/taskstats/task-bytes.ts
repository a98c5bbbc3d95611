/** Records in the kernel's format, composed by hand. */

/** Fields of a record. */
export interface TaskFigures {
  readonly version?: number;
  readonly pid: number;
  readonly tgid?: number;
  readonly ppid?: number;
  readonly isLast?: boolean;
  readonly waitStatus?: number;
  readonly comm?: string | Buffer;
  readonly userMicros?: number;
  readonly systemMicros?: number;
  readonly peakKib?: number;
  readonly readChars?: number;
  readonly writeChars?: number;
  readonly readBytes?: number;
  readonly writeBytes?: number;
  readonly cancelledWriteBytes?: number;
}

const FAMILY = 31;

/**
 * `struct taskstats`. `extra`: number of 8-byte fields after each of its delays, as in version 15; other versions have
 * none.
 */
export function taskstats(figures: TaskFigures, bytes = 560, extra = 0): Buffer {
  const struct = Buffer.alloc(bytes);
  const afterThree = 3 * 8 * extra;
  const afterSix = 6 * 8 * extra;
  struct.writeUInt16LE(figures.version ?? 16, 0);
  struct.writeUInt32LE(figures.waitStatus ?? 0, 4);
  struct[8] = (figures.isLast ?? true) ? 0x20 : 0;
  Buffer.from(figures.comm ?? 'true').copy(struct, 80 + afterThree, 0, 32);
  struct.writeUInt32LE(figures.pid, 128 + afterThree);
  struct.writeUInt32LE(figures.ppid ?? 1, 132 + afterThree);
  const wide = (value: number | undefined, at: number) =>
    struct.writeBigUInt64LE(BigInt(value ?? 0), at + afterThree);
  wide(figures.userMicros, 152);
  wide(figures.systemMicros, 160);
  wide(figures.peakKib, 200);
  wide(figures.readChars, 216);
  wide(figures.writeChars, 224);
  wide(figures.readBytes, 248);
  wide(figures.writeBytes, 256);
  wide(figures.cancelledWriteBytes, 264);
  struct.writeUInt32LE(figures.tgid ?? figures.pid, 368 + afterSix);
  return struct;
}

function attribute(type: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(4 + value.length, 0);
  head.writeUInt16LE(type, 2);
  return Buffer.concat([head, value, Buffer.alloc(-value.length & 3)]);
}

/** A message of generic netlink. */
function message(type: number, command: number, attributes: Buffer, sequence = 0): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt32LE(20 + attributes.length, 0);
  head.writeUInt16LE(type, 4);
  head.writeUInt32LE(sequence, 8);
  head[16] = command;
  return Buffer.concat([head, attributes]);
}

/** The message for an exit: PID, padding, and the struct, nested (0x8000). */
export function exitMessage(struct: Buffer): Buffer {
  const pid = attribute(1, Buffer.alloc(4));
  const nested = attribute(
    0x8000 | 4,
    Buffer.concat([pid, attribute(6, Buffer.alloc(0)), attribute(3, struct)]),
  );
  return message(FAMILY, 2, nested);
}

/** The controller's answer: the family has number 31. */
export function familyAnswer(): Buffer {
  const number = Buffer.alloc(2);
  number.writeUInt16LE(FAMILY, 0);
  return message(16, 1, Buffer.concat([attribute(2, Buffer.from('TASKSTATS\0')), attribute(1, number)]));
}

/** Result of a request: 0, or an errno. */
export function acknowledgement(request: Buffer, errno = 0): Buffer {
  const answer = message(2, 0, request.subarray(0, 16), request.readUInt32LE(8));
  answer.writeInt32LE(-errno, 16);
  return answer;
}
