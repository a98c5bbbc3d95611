import { parseFlatKeyed } from './flat-keyed.ts';

/** Main parts of a cgroup's memory, in bytes; null if the kernel does not report one. */
export interface MemoryStat {
  /** Anonymous memory: heaps, stacks. */
  readonly anonBytes: number | null;
  /** Page cache; includes `shmemBytes`. */
  readonly fileBytes: number | null;
  /** Kernel memory without socket buffers; Linux 5.18 and later. */
  readonly kernelBytes: number | null;
  /** Socket buffers. */
  readonly socketBytes: number | null;
  /** tmpfs, shared anonymous mappings, System V shared memory. */
  readonly shmemBytes: number | null;
}

/** `memory.stat` of v2 (cgroup-v2.rst, "Memory Interface Files"). Throws ParseError only. */
export function parseMemoryStat(buffer: Uint8Array, length: number): MemoryStat {
  return parseFlatKeyed('memory.stat', buffer, length, {
    anonBytes: 'anon',
    fileBytes: 'file',
    kernelBytes: 'kernel',
    socketBytes: 'sock',
    shmemBytes: 'shmem',
  });
}

/** The subset in v1's `memory.stat`, and swap; of the whole tree, by the `total_` lines. */
export type MemoryStatV1 = Pick<MemoryStat, 'anonBytes' | 'fileBytes' | 'shmemBytes'> & {
  /** Null if swap is not counted. */
  readonly swapBytes: number | null;
};

/** `memory.stat` of v1 (cgroup-v1/memory.rst, "stat file"). Throws ParseError only. */
export function parseMemoryStatV1(buffer: Uint8Array, length: number): MemoryStatV1 {
  return parseFlatKeyed('memory.stat', buffer, length, {
    anonBytes: 'total_rss',
    fileBytes: 'total_cache',
    shmemBytes: 'total_shmem',
    swapBytes: 'total_swap',
  });
}
