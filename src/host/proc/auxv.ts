import { readFileSync } from 'node:fs';

/** Constants from the kernel that are needed to read ticks and pages (getauxval(3)). */
export interface KernelUnits {
  /** Bytes of a page, the unit of `statm`. */
  readonly pageBytes: number;
  /** Ticks a second, the unit of `stat`. */
  readonly ticksPerSecond: number;
}

const AT_PAGESZ = 6n;
const AT_CLKTCK = 17n;

/** Page size and tick rate from unitledger's own auxiliary vector. */
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
