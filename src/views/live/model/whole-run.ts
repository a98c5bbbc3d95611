import { nearestAbove, outermostOf } from '../../../host/nested-path.ts';
import { nullableSum } from '../../../host/nullable.ts';
import { ofQuantities } from '../../../ledger/document/quantities.ts';
import type { LiveUnit } from './frame.ts';

/**
 * The sum of units: a unit inside another one is already part of it. A value that is unknown for some
 * units is the sum of the others.
 */
export function wholeOf(all: readonly LiveUnit[]): LiveUnit {
  const [first] = all;
  if (all.length === 1 && first !== undefined) return first;
  const units = outermostOf(all);
  const counted = units.filter(({ totalCpuSeconds }) => totalCpuSeconds !== null);
  return {
    key: -1,
    name: `${all.length} units`,
    cgroup: null,
    present: units.some(({ present }) => present),
    isShared: false,
    instances: sum(units, 'instances') ?? 0,
    processCount: sum(units, 'processCount') ?? 0,
    threads: sum(units, 'threads'),
    ...ofQuantities((field) => sum(units, field)),
    reapedPercent: sum(units, 'reapedPercent'),
    // Peaks of several units are at different times.
    memoryPeakBytes: null,
    memoryIsResident: units.every(({ memoryIsResident }) => memoryIsResident),
    totalCpuSeconds: sum(counted, 'totalCpuSeconds'),
    attributedCpuSeconds: sum(counted, 'attributedCpuSeconds') ?? 0,
    unattributedCpuSeconds: sum(counted, 'unattributedCpuSeconds'),
    reapedOutsideSeconds: sum(counted, 'reapedOutsideSeconds') ?? 0,
    pressure: { cpu: null, memory: null, io: null },
    throttledPeriods: sum(units, 'throttledPeriods'),
    throttledSeconds: sum(units, 'throttledSeconds'),
    oomKills: sum(units, 'oomKills'),
    exited: [],
    names: [],
    subCgroups: [],
  };
}

/** The nearest unit around a unit, by the key of the inner one; units inside no other are left out. */
export function outerUnitsOf(units: readonly LiveUnit[]): ReadonlyMap<number, LiveUnit> {
  const byPath = new Map<string, LiveUnit>();
  for (const unit of units) if (unit.cgroup !== null) byPath.set(unit.cgroup, unit);
  const outer = new Map<number, LiveUnit>();
  for (const { key, cgroup } of units) {
    const above = cgroup === null ? undefined : nearestAbove(cgroup, byPath);
    if (above !== undefined) outer.set(key, above);
  }
  return outer;
}

/** Null if unknown for all. */
function sum(units: readonly LiveUnit[], figure: Summable): number | null {
  return units.reduce<number | null>((total, unit) => nullableSum(total, unit[figure]), null);
}

type Summable = {
  [K in keyof LiveUnit]: LiveUnit[K] extends number | null ? K : never;
}[keyof LiveUnit];
