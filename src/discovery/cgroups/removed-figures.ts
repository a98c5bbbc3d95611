import {
  CGROUP_COUNTERS,
  type CgroupCounters,
  type CgroupFigures,
  NO_GAUGES,
  NO_NON_ADDITIVE_GAUGES,
} from '../../host/cgroup/figures.ts';
import { diskCounters } from '../../host/cgroup/io-stat.ts';
import type { MemoryEvents } from '../../host/cgroup/memory-events.ts';
import { nullableSum } from '../../host/nullable.ts';

/** Difference of the counters of `now` and `earlier` (null: zero). Gauges are unknown; the peak is that of `now`. */
export function figuresBeyond(now: CgroupFigures, earlier: CgroupFigures | null): CgroupFigures {
  const disks = now.disks?.map((disk) => {
    const before = earlier?.disks?.find(({ device }) => device === disk.device);
    return { ...disk, ...diskCounters((key) => Math.max(0, disk[key] - (before?.[key] ?? 0))) };
  });
  const counters = countersOf((key) => {
    const value = now.counters[key];
    return value === null ? null : Math.max(0, value - (earlier?.counters[key] ?? 0));
  });
  return {
    counters,
    levels: NO_GAUGES,
    heights: { ...NO_NON_ADDITIVE_GAUGES, memoryPeakBytes: now.heights.memoryPeakBytes },
    disks: disks ?? null,
  };
}

/** Sums of the counters, and the higher peak. */
export function sumOfFigures(a: CgroupFigures | null, b: CgroupFigures): CgroupFigures {
  if (a === null) return b;
  const peaks = [a, b].flatMap(({ heights }) => heights.memoryPeakBytes ?? []);
  const disks = new Map((a.disks ?? []).map((disk) => [disk.device, disk]));
  for (const disk of b.disks ?? []) {
    const known = disks.get(disk.device);
    disks.set(
      disk.device,
      known === undefined ? disk : { ...known, ...diskCounters((key) => known[key] + disk[key]) },
    );
  }
  return {
    counters: countersOf((key) => nullableSum(a.counters[key], b.counters[key])),
    levels: NO_GAUGES,
    heights: { ...NO_NON_ADDITIVE_GAUGES, memoryPeakBytes: peaks.length === 0 ? null : Math.max(...peaks) },
    disks: a.disks === null && b.disks === null ? null : [...disks.values()],
  };
}

/** Metrics with only these event counts; counts of 0 are unknown. */
export function figuresOfEvents(events: MemoryEvents): CgroupFigures {
  const known: Partial<CgroupCounters> = events;
  return {
    counters: countersOf((key) => known[key] || null),
    levels: NO_GAUGES,
    heights: NO_NON_ADDITIVE_GAUGES,
    disks: null,
  };
}

function countersOf(count: (key: keyof CgroupCounters) => number | null): CgroupCounters {
  return Object.fromEntries(CGROUP_COUNTERS.map((key) => [key, count(key)])) as unknown as CgroupCounters;
}
