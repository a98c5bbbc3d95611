import type { DeviceIo } from './io-stat.ts';

/**
 * What the kernel counts of a cgroup and all below it since it was made, and never takes back. Seconds, events; of what
 * it does not count (no such controller, an older kernel) null.
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

/** How much there is of something in a cgroup and all below it now. Null as for counters. */
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

/** Levels of which none is known. */
export const NO_GAUGES: CgroupGauges = unknown(CGROUP_GAUGES);

/** As the kernel keeps it: what cannot be added up over cgroups. */
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

/** Heights of which none is known. */
export const NO_NON_ADDITIVE_GAUGES: CgroupNonAdditiveGauges = unknown(CGROUP_NON_ADDITIVE_GAUGES);

/** I/O of a cgroup to one block device since it was made. */
export interface CgroupDisk extends DeviceIo {
  /** The device's name (`sda`); `MAJOR:MINOR` where that is not known. */
  readonly name: string;
}

/** What the files of one cgroup say beside who is in it and how much CPU it used. */
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
