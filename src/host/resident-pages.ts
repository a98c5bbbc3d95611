import { readFileSync } from 'node:fs';
import { loadForeignFunctions } from './foreign-functions.ts';

/** `MADV_DONTNEED` (madvise(2)): a page of a file that was not written to is read from the file again when it is used. */
const DONT_NEED = 4;

/** One mapping of `/proc/PID/smaps` (proc_pid_smaps(5)): where, with which rights, on which inode, and what it holds. */
const MAPPING = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ (\d+).*?^Anonymous: +(\d+) kB$/gms;

interface MappedRange {
  readonly address: bigint;
  readonly bytes: number;
}

/**
 * The mappings, in the text of `/proc/PID/smaps`, whose pages are all those of a file: not to be written to, and no page
 * of them a copy of its own, as relocations leave them.
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

/**
 * Releases resident pages that this process does not need: those of programs and libraries, which come back one by one as
 * they are used, from the page cache; and what the allocator keeps of memory that was freed. Undefined where there is no
 * foreign-function library, or the kernel has no such file: then it does nothing.
 */
export function openResidentPages(): (() => void) | undefined {
  try {
    const koffi = loadForeignFunctions();
    const library = koffi.load(null);
    const madvise = library.func('int madvise(uint64_t address, size_t length, int advice)');
    // glibc's own: elsewhere there is nothing to trim.
    const trim = library.func('int malloc_trim(size_t pad)');
    return () => {
      trim(0);
      for (const { address, bytes } of findFilePages(readFileSync('/proc/self/smaps', 'latin1')))
        madvise(address, bytes, DONT_NEED);
    };
  } catch {
    return undefined;
  }
}
