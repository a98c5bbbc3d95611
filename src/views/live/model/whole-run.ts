import type { LiveUnit } from './frame.ts';

/** What units add up to, as if they were one. What some of them do not know is of those that do. */
export function wholeOf(units: readonly LiveUnit[]): LiveUnit {
  const [first] = units;
  if (units.length === 1 && first !== undefined) return first;
  const counted = units.filter(({ totalCpuSeconds }) => totalCpuSeconds !== null);
  return {
    key: -1,
    name: `${units.length} units`,
    present: units.some(({ present }) => present),
    isShared: false,
    instances: sum(units, 'instances') ?? 0,
    processCount: sum(units, 'processCount') ?? 0,
    threads: sum(units, 'threads'),
    cpuPercent: sum(units, 'cpuPercent'),
    reapedPercent: sum(units, 'reapedPercent'),
    memoryBytes: sum(units, 'memoryBytes'),
    // Peaks of several units were at different times.
    memoryPeakBytes: null,
    memoryIsResident: units.every(({ memoryIsResident }) => memoryIsResident),
    diskBytesPerSecond: sum(units, 'diskBytesPerSecond'),
    transferBytesPerSecond: sum(units, 'transferBytesPerSecond'),
    totalCpuSeconds: sum(counted, 'totalCpuSeconds'),
    attributedCpuSeconds: sum(counted, 'attributedCpuSeconds') ?? 0,
    unattributedCpuSeconds: sum(counted, 'unattributedCpuSeconds'),
    reapedOutsideSeconds: sum(counted, 'reapedOutsideSeconds') ?? 0,
    pressure: { cpu: null, memory: null, io: null },
    throttledPeriods: sum(units, 'throttledPeriods'),
    throttledSeconds: sum(units, 'throttledSeconds'),
    oomKills: sum(units, 'oomKills'),
    exited: [],
  };
}

/** Null where none of them knows. */
function sum(units: readonly LiveUnit[], figure: Summable): number | null {
  let total: number | null = null;
  for (const unit of units) {
    const value = unit[figure];
    if (value !== null) total = (total ?? 0) + value;
  }
  return total;
}

type Summable = {
  [K in keyof LiveUnit]: LiveUnit[K] extends number | null ? K : never;
}[keyof LiveUnit];
