import { parseFlatKeyed } from './flat-keyed.ts';

/** How often something happened to a cgroup's memory, or to that of one below; null where the kernel does not count it. */
export interface MemoryEvents {
  /** Reclaimed although it used less than `memory.low` protects. */
  readonly memoryLowEvents: number | null;
  /** Throttled and made to reclaim, as it was above `memory.high`. */
  readonly memoryHighEvents: number | null;
  /** Was about to go over `memory.max`. */
  readonly memoryMaxEvents: number | null;
  /** Reached its limit, and an allocation was about to fail. */
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

/** `memory.events` of v2 (cgroup-v2.rst, "Memory Interface Files"). Throws ParseError and nothing else. */
export function parseMemoryEvents(buffer: Uint8Array, length: number): MemoryEvents {
  return parseFlatKeyed('memory.events', buffer, length, NAMES);
}

/** `oom_kill` of v1's `memory.oom_control`: of the cgroup alone (memory.c, `mem_cgroup_oom_control_read`). Throws ParseError and nothing else. */
export function parseOomControl(buffer: Uint8Array, length: number): Pick<MemoryEvents, 'memoryOomKills'> {
  return parseFlatKeyed('memory.oom_control', buffer, length, { memoryOomKills: 'oom_kill' });
}
