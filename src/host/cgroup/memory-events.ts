import { parseFlatKeyed } from './flat-keyed.ts';

/** Number of memory events of a cgroup and its descendants; null if the kernel does not count them. */
export interface MemoryEvents {
  /** Reclaimed although usage was below `memory.low`. */
  readonly memoryLowEvents: number | null;
  /** Throttled and reclaimed because usage was above `memory.high`. */
  readonly memoryHighEvents: number | null;
  /** Usage was about to exceed `memory.max`. */
  readonly memoryMaxEvents: number | null;
  /** Limit reached and an allocation about to fail. */
  readonly memoryOomEvents: number | null;
  /** Processes killed by the OOM killer. */
  readonly memoryOomKills: number | null;
}

const NAMES = {
  memoryLowEvents: 'low',
  memoryHighEvents: 'high',
  memoryMaxEvents: 'max',
  memoryOomEvents: 'oom',
  memoryOomKills: 'oom_kill',
} as const satisfies Readonly<Record<keyof MemoryEvents, string>>;

export const MEMORY_EVENTS = Object.keys(NAMES) as readonly (keyof MemoryEvents)[];

/** `memory.events` of v2 (cgroup-v2.rst, "Memory Interface Files"). Throws ParseError only. */
export function parseMemoryEvents(buffer: Uint8Array, length: number): MemoryEvents {
  return parseFlatKeyed('memory.events', buffer, length, NAMES);
}

/**
 * `oom_kill` of v1's `memory.oom_control`, of the cgroup alone (memory.c, `mem_cgroup_oom_control_read`). Throws
 * ParseError only.
 */
export function parseOomControl(buffer: Uint8Array, length: number): Pick<MemoryEvents, 'memoryOomKills'> {
  return parseFlatKeyed('memory.oom_control', buffer, length, { memoryOomKills: 'oom_kill' });
}
