import type { DeviceIo } from './io-stat.ts';

/**
 * Counters of a cgroup and its descendants since its creation; they never decrease. Seconds or events; null if the
 * kernel does not count them (no such controller, an older kernel).
 */
export const CGROUP_COUNTERS = [
  'throttledPeriods',
  'throttledSeconds',
  'memoryLowEvents',
  'memoryHighEvents',
  'memoryMaxEvents',
  'memoryOomEvents',
  'memoryOomKills',
  'cpuPressureSomeSeconds',
  'cpuPressureFullSeconds',
  'memoryPressureSomeSeconds',
  'memoryPressureFullSeconds',
  'ioPressureSomeSeconds',
  'ioPressureFullSeconds',
] as const;
export type CgroupCounter = (typeof CGROUP_COUNTERS)[number];
export type CgroupCounters = { readonly [C in CgroupCounter]: number | null };

/** Current amounts in a cgroup and its descendants. Null as for counters. */
export const CGROUP_GAUGES = [
  /** All memory charged to it, page cache and kernel memory included. */
  'memoryBytes',
  'swapBytes',
  'anonBytes',
  'fileBytes',
  'kernelBytes',
  'socketBytes',
  'shmemBytes',
  /** Tasks: every thread of every process, zombies included. */
  'threads',
] as const;
export type CgroupLevel = (typeof CGROUP_GAUGES)[number];
export type CgroupGauges = { readonly [L in CgroupLevel]: number | null };

export const NO_GAUGES: CgroupGauges = unknown(CGROUP_GAUGES);

/** Gauges that cannot be summed over cgroups. */
export const CGROUP_NON_ADDITIVE_GAUGES = [
  /** Maximum of `memoryBytes` since the cgroup's creation. */
  'memoryPeakBytes',
  /** Null also if there is no limit. */
  'threadLimit',
  /** Share of time that tasks waited, 0 to 1, mean over about 10 s. */
  'cpuPressureSomeShare',
  'cpuPressureFullShare',
  'memoryPressureSomeShare',
  'memoryPressureFullShare',
  'ioPressureSomeShare',
  'ioPressureFullShare',
] as const;
type CgroupHeight = (typeof CGROUP_NON_ADDITIVE_GAUGES)[number];
export type CgroupNonAdditiveGauges = { readonly [H in CgroupHeight]: number | null };

export const NO_NON_ADDITIVE_GAUGES: CgroupNonAdditiveGauges = unknown(CGROUP_NON_ADDITIVE_GAUGES);

/** Resources with PSI. */
export const PRESSURE_RESOURCES = ['cpu', 'memory', 'io'] as const;
export type PressureResource = (typeof PRESSURE_RESOURCES)[number];

/** I/O of a cgroup to one block device since its creation. */
export interface CgroupDisk extends DeviceIo {
  /** Name of the device (`sda`); `MAJOR:MINOR` if it is unknown. */
  readonly name: string;
}

/** Metrics of one cgroup other than its members and its CPU. */
export interface CgroupFigures {
  readonly counters: CgroupCounters;
  readonly levels: CgroupGauges;
  readonly heights: CgroupNonAdditiveGauges;
  /** Null if I/O is not counted by device. */
  readonly disks: readonly CgroupDisk[] | null;
}

function unknown<Key extends string>(keys: readonly Key[]): { readonly [K in Key]: null } {
  return Object.fromEntries(keys.map((key) => [key, null])) as { [K in Key]: null };
}
