import type { CgroupCounters, CgroupDisk, PressureResource } from '../../host/cgroup/figures.ts';
import { diskCounters } from '../../host/cgroup/io-stat.ts';
import { nullableMax, nullableSum } from '../../host/nullable.ts';
import type { CgroupAccount } from '../accounts/cgroup-account.ts';

/**
 * Metrics of a unit's cgroups other than CPU, over all its instances during the run, as far as they were read (once an
 * export window, and at the end). Null: not counted by the kernel, or the controller is missing.
 */
export interface RunResources {
  /** Highest memory of any instance, page cache included; also from before the run. */
  readonly memoryPeakBytes: number | null;
  /** Number of memory events by kind (cgroup-v2.rst, `memory.events`). */
  readonly memoryEvents: {
    readonly low: number | null;
    readonly high: number | null;
    readonly max: number | null;
    readonly oom: number | null;
    readonly oomKill: number | null;
  };
  /** Number of periods, and time, for which its own CPU limit throttled it. */
  readonly throttledPeriods: number | null;
  readonly throttledSeconds: number | null;
  /** Stall times of its tasks by resource (PSI). */
  readonly pressure: {
    readonly cpu: RunStall;
    readonly memory: RunStall;
    readonly io: RunStall;
  };
  /** I/O by block device; I/O of a stacked device is also counted for each device below it. */
  readonly disks: readonly CgroupDisk[] | null;
}

/** Seconds in which tasks waited for a resource. */
interface RunStall {
  /** At least one task waited. */
  readonly someSeconds: number | null;
  /** All non-idle tasks waited. */
  readonly fullSeconds: number | null;
}

/** Null if nothing is known. */
export function resourcesOf({ figures, peakMemoryBytes }: CgroupAccount): RunResources | null {
  if (figures === null) return null;
  const { counters, disks } = figures;
  return {
    memoryPeakBytes: peakMemoryBytes,
    memoryEvents: {
      low: counters.memoryLowEvents,
      high: counters.memoryHighEvents,
      max: counters.memoryMaxEvents,
      oom: counters.memoryOomEvents,
      oomKill: counters.memoryOomKills,
    },
    throttledPeriods: counters.throttledPeriods,
    throttledSeconds: counters.throttledSeconds,
    pressure: {
      cpu: stallOf(counters, 'cpu'),
      memory: stallOf(counters, 'memory'),
      io: stallOf(counters, 'io'),
    },
    disks,
  };
}

function stallOf(counters: CgroupCounters, resource: PressureResource): RunStall {
  return {
    someSeconds: counters[`${resource}PressureSomeSeconds`],
    fullSeconds: counters[`${resource}PressureFullSeconds`],
  };
}

/** Sum for two units that are shown as one. */
export function sumOfResources(a: RunResources | null, b: RunResources | null): RunResources | null {
  if (a === null || b === null) return a ?? b;
  return {
    memoryPeakBytes: nullableMax(a.memoryPeakBytes, b.memoryPeakBytes),
    memoryEvents: sums(a.memoryEvents, b.memoryEvents),
    throttledPeriods: nullableSum(a.throttledPeriods, b.throttledPeriods),
    throttledSeconds: nullableSum(a.throttledSeconds, b.throttledSeconds),
    pressure: {
      cpu: sums(a.pressure.cpu, b.pressure.cpu),
      memory: sums(a.pressure.memory, b.pressure.memory),
      io: sums(a.pressure.io, b.pressure.io),
    },
    disks: a.disks === null || b.disks === null ? (a.disks ?? b.disks) : sumOfDisks(a.disks, b.disks),
  };
}

function sumOfDisks(a: readonly CgroupDisk[], b: readonly CgroupDisk[]): CgroupDisk[] {
  const byDevice = new Map(a.map((disk) => [disk.device, disk]));
  for (const disk of b) {
    const before = byDevice.get(disk.device);
    const whole = before === undefined ? {} : diskCounters((counter) => before[counter] + disk[counter]);
    byDevice.set(disk.device, { ...disk, ...whole });
  }
  return [...byDevice.values()];
}

function sums<Key extends string>(
  a: Readonly<Record<Key, number | null>>,
  b: Readonly<Record<Key, number | null>>,
): Record<Key, number | null> {
  const keys = Object.keys(a) as Key[];
  return Object.fromEntries(keys.map((key) => [key, nullableSum(a[key], b[key])])) as Record<
    Key,
    number | null
  >;
}
