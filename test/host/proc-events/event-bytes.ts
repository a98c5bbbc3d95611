/** Process events in the kernel's format, composed by hand (include/uapi/linux/cn_proc.h). */

/** Numbers of `enum proc_cn_event`. */
export const WHAT = {
  none: 0,
  fork: 1,
  exec: 2,
  uid: 4,
  comm: 0x200,
  coredump: 0x4000_0000,
  exit: 0x8000_0000,
} as const;

/** A message of any kind; `data` follows the time. */
export function eventMessage(what: number, nanos: bigint, data: readonly number[], acknowledges = 0): Buffer {
  const message = Buffer.alloc(76);
  message.writeUInt32LE(76, 0);
  message.writeUInt16LE(3, 4);
  message.writeUInt32LE(1, 16);
  message.writeUInt32LE(1, 20);
  message.writeUInt32LE(acknowledges, 28);
  message.writeUInt16LE(40, 32);
  message.writeUInt32LE(what, 36);
  message.writeBigUInt64LE(nanos, 44);
  for (const [place, word] of data.entries()) message.writeUInt32LE(word, 52 + 4 * place);
  return message;
}

const nanosOf = (seconds: number) => BigInt(Math.round(seconds * 1e9));

export function forkMessage(parent: number, child: number, seconds = 1, thread = child): Buffer {
  return eventMessage(WHAT.fork, nanosOf(seconds), [parent, parent, thread, child]);
}

export function execMessage(pid: number, seconds = 1): Buffer {
  return eventMessage(WHAT.exec, nanosOf(seconds), [pid, pid]);
}

export function commMessage(pid: number, name: string | Buffer, seconds = 1): Buffer {
  const message = eventMessage(WHAT.comm, nanosOf(seconds), [pid, pid]);
  Buffer.from(name).copy(message, 60, 0, 16);
  return message;
}

export function exitMessage(pid: number, parent: number, waitStatus = 0, seconds = 1, thread = pid): Buffer {
  return eventMessage(WHAT.exit, nanosOf(seconds), [thread, pid, waitStatus, 17, parent, parent]);
}
