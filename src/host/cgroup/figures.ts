import type { DeviceIo } from './io-stat.ts';

/**
 * Counters of a cgroup and all below it since it was created; they never fall. Seconds, events; null if the kernel does
 * not count it (no such controller, an older kernel).
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

/** Current amounts in a cgroup and all below it. Null as for counters. */
export const CGROUP_GAUGES = [
  /** All that is charged to it, page cache and kernel memory included. */
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

/** Gauges, all unknown. */
export const NO_GAUGES: CgroupGauges = unknown(CGROUP_GAUGES);

/** Gauges that cannot be summed over cgroups. */
export const CGROUP_NON_ADDITIVE_GAUGES = [
  /** The most that `memoryBytes` has been since the cgroup was made. */
  'memoryPeakBytes',
  /** Null also where there is no limit. */
  'threadLimit',
  /** Share of time that tasks waited, 0 to 1, mean over some 10 s. */
  'cpuPressureSomeShare',
  'cpuPressureFullShare',
  'memoryPressureSomeShare',
  'memoryPressureFullShare',
  'ioPressureSomeShare',
  'ioPressureFullShare',
] as const;
type CgroupHeight = (typeof CGROUP_NON_ADDITIVE_GAUGES)[number];
export type CgroupNonAdditiveGauges = { readonly [H in CgroupHeight]: number | null };

/** Non-additive gauges, all unknown. */
export const NO_NON_ADDITIVE_GAUGES: CgroupNonAdditiveGauges = unknown(CGROUP_NON_ADDITIVE_GAUGES);

/** What tasks wait for (PSI). */
export const PRESSURE_RESOURCES = ['cpu', 'memory', 'io'] as const;
export type PressureResource = (typeof PRESSURE_RESOURCES)[number];

/** I/O of a cgroup to one block device since it was made. */
export interface CgroupDisk extends DeviceIo {
  /** The device's name (`sda`); `MAJOR:MINOR` where that is not known. */
  readonly name: string;
}

/** Metrics of one cgroup other than its members and its CPU. */
export interface CgroupFigures {
  readonly counters: CgroupCounters;
  readonly levels: CgroupGauges;
  readonly heights: CgroupNonAdditiveGauges;
  /** Null where I/O is not counted by device. */
  readonly disks: readonly CgroupDisk[] | null;
}

function unknown<Key extends string>(keys: readonly Key[]): { readonly [K in Key]: null } {
  return Object.fromEntries(keys.map((key) => [key, null])) as { [K in Key]: null };
}
