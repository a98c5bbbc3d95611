import { readFileSync } from 'node:fs';
import { loadForeignFunctions } from './foreign-functions.ts';

/** `MADV_DONTNEED` (madvise(2)): an unmodified page of a file is read from the file again on its next use. */
const DONT_NEED = 4;

/** One mapping of `/proc/PID/smaps` (proc_pid_smaps(5)): addresses, permissions, inode, contents. */
const MAPPING = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ (\d+).*?^Anonymous: +(\d+) kB$/gms;

interface MappedRange {
  readonly address: bigint;
  readonly bytes: number;
}

/**
 * The mappings in the text of `/proc/PID/smaps` that contain only pages of a file: not writable, and without private
 * copies of pages, as relocations create them.
 */
export function findFilePages(smaps: string): MappedRange[] {
  const ranges = [];
  for (const [, from, to, rights, inode, anonymous] of smaps.matchAll(MAPPING)) {
    if (inode === '0' || anonymous !== '0' || rights!.includes('w') || !rights!.endsWith('p')) continue;
    const address = BigInt(`0x${from}`);
    ranges.push({ address, bytes: Number(BigInt(`0x${to}`) - address) });
  }
  return ranges;
}

/** Releases resident pages that this process does not need. */
export interface ResidentPages {
  /** Pages of programs and libraries, which are read from the page cache again when used. */
  releaseFiles(): void;
  /** Freed memory that the allocator keeps. */
  trimAllocator(): void;
}

/** Undefined if there is no foreign-function library. The functions throw if the kernel has no such file. */
export function openResidentPages(): ResidentPages | undefined {
  try {
    const library = loadForeignFunctions().load(null);
    const madvise = library.func('int madvise(uint64_t address, size_t length, int advice)');
    // glibc only: other C libraries have nothing to trim.
    const trim = library.func('int malloc_trim(size_t pad)');
    return {
      releaseFiles() {
        for (const { address, bytes } of findFilePages(readFileSync('/proc/self/smaps', 'latin1')))
          madvise(address, bytes, DONT_NEED);
      },
      trimAllocator: () => trim(0),
    };
  } catch {
    return undefined;
  }
}
