import { createRequire } from 'node:module';

/** Longer than any that systemd gives: 32 hexadecimal digits. */
const BUFFER_BYTES = 64;

/** Reads the number of the start that a unit's cgroup is in; null where it has none, or may not be read. */
export type ReadInvocation = (directory: string) => string | null;

type Getxattr = (path: string, name: string, value: Uint8Array, size: number) => number;

/**
 * What reads the invocation ID that systemd writes to a unit's cgroup at each start: its extended attribute
 * `user.invocation_id` (systemd.exec(5), `$INVOCATION_ID`), which is another one when the directory stays and the unit
 * starts again (`KillMode=process`). In one sentence, why it cannot be read: that takes a foreign-function library.
 */
export function openInvocations(): ReadInvocation | string {
  let getxattr: Getxattr;
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
    getxattr = koffi
      .load(null)
      .func('int64_t getxattr(const char *path, const char *name, _Out_ uint8_t *value, size_t size)');
  } catch (error) {
    return `no foreign-function library: ${(error as Error).message.split('\n', 1)[0]}`;
  }
  const buffer = Buffer.alloc(BUFFER_BYTES);
  return (directory) => {
    const length = getxattr(directory, 'user.invocation_id', buffer, buffer.length);
    return length > 0 ? buffer.toString('latin1', 0, length) : null;
  };
}
