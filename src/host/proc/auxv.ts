import { readFileSync } from 'node:fs';

/** What the kernel tells every program at its start, needed to read ticks and pages (getauxval(3)). */
export interface KernelUnits {
  /** Bytes of a page: `statm` counts in these. */
  readonly pageBytes: number;
  /** Ticks a second: `stat` counts in these. */
  readonly ticksPerSecond: number;
}

const AT_PAGESZ = 6n;
const AT_CLKTCK = 17n;

/** Page size and tick rate out of this program's own auxiliary vector. */
export function readKernelUnits(): KernelUnits {
  const bytes = readFileSync('/proc/self/auxv');
  const entries = new BigUint64Array(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~15)),
  );
  const entryOf = (key: bigint, otherwise: number) => {
    for (let i = 0; i < entries.length; i += 2) if (entries[i] === key) return Number(entries[i + 1]);
    return otherwise;
  };
  return { pageBytes: entryOf(AT_PAGESZ, 4096), ticksPerSecond: entryOf(AT_CLKTCK, 100) };
}
