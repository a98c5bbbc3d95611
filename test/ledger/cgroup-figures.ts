import {
  CGROUP_COUNTERS,
  type CgroupCounters,
  type CgroupDisk,
  type CgroupFigures,
  type CgroupGauges,
  type CgroupNonAdditiveGauges,
  NO_GAUGES,
  NO_NON_ADDITIVE_GAUGES,
} from '../../src/host/cgroup/figures.ts';

const NO_COUNTERS = Object.fromEntries(CGROUP_COUNTERS.map((key) => [key, null])) as CgroupCounters;

/** Metrics of a cgroup; values that are not given are unknown. */
export function cgroupFigures(
  given: {
    counters?: Partial<CgroupCounters>;
    levels?: Partial<CgroupGauges>;
    heights?: Partial<CgroupNonAdditiveGauges>;
    disks?: readonly CgroupDisk[] | null;
  } = {},
): CgroupFigures {
  return {
    counters: { ...NO_COUNTERS, ...given.counters },
    levels: { ...NO_GAUGES, ...given.levels },
    heights: { ...NO_NON_ADDITIVE_GAUGES, ...given.heights },
    disks: given.disks ?? null,
  };
}

export function disk(device: string, writeBytes: number): CgroupDisk {
  return { device, name: `disk ${device}`, readBytes: 1, writeBytes, readOperations: 0, writeOperations: 2 };
}
