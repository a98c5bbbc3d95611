import { parseFlatKeyed } from './flat-keyed.ts';

/** The main parts of a cgroup's memory, in bytes; null where the kernel does not tell one apart. */
export interface MemoryStat {
  /** Anonymous: heaps, stacks. */
  readonly anonBytes: number | null;
  /** Page cache, what is in `shmemBytes` too. */
  readonly fileBytes: number | null;
  /** Kernel memory but for sockets' buffers; from Linux 5.18 on. */
  readonly kernelBytes: number | null;
  /** Buffers of sockets. */
  readonly socketBytes: number | null;
  /** tmpfs, shared anonymous mappings, System V shared memory. */
  readonly shmemBytes: number | null;
}

/**
 * `memory.stat` of v2 (cgroup-v2.rst, "Memory Interface Files"). Throws ParseError and nothing else.
 */
export function parseMemoryStat(buffer: Uint8Array, length: number): MemoryStat {
  return parseFlatKeyed('memory.stat', buffer, length, {
    anonBytes: 'anon',
    fileBytes: 'file',
    kernelBytes: 'kernel',
    socketBytes: 'sock',
    shmemBytes: 'shmem',
  });
}

/** What v1's `memory.stat` has of the same, and swap: of all the tree, by its `total_` lines. */
export type MemoryStatV1 = Pick<MemoryStat, 'anonBytes' | 'fileBytes' | 'shmemBytes'> & {
  /** Null where swap is not counted. */
  readonly swapBytes: number | null;
};

/** `memory.stat` of v1 (cgroup-v1/memory.rst, "stat file"). Throws ParseError and nothing else. */
export function parseMemoryStatV1(buffer: Uint8Array, length: number): MemoryStatV1 {
  return parseFlatKeyed('memory.stat', buffer, length, {
    anonBytes: 'total_rss',
    fileBytes: 'total_cache',
    shmemBytes: 'total_shmem',
    swapBytes: 'total_swap',
  });
}
