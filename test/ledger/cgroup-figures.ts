import {
  CGROUP_COUNTERS,
  type CgroupCounters,
  type CgroupDisk,
  type CgroupFigures,
  type CgroupHeights,
  type CgroupLevels,
  NO_HEIGHTS,
  NO_LEVELS,
} from '../../src/host/cgroup/figures.ts';

const NO_COUNTERS = Object.fromEntries(CGROUP_COUNTERS.map((key) => [key, null])) as CgroupCounters;

/** Figures of a cgroup; what is not given is not known. */
export function cgroupFigures(
  given: {
    counters?: Partial<CgroupCounters>;
    levels?: Partial<CgroupLevels>;
    heights?: Partial<CgroupHeights>;
    disks?: readonly CgroupDisk[] | null;
  } = {},
): CgroupFigures {
  return {
    counters: { ...NO_COUNTERS, ...given.counters },
    levels: { ...NO_LEVELS, ...given.levels },
    heights: { ...NO_HEIGHTS, ...given.heights },
    disks: given.disks ?? null,
  };
}

export function disk(device: string, writeBytes: number): CgroupDisk {
  return { device, name: `disk ${device}`, readBytes: 1, writeBytes, readOperations: 0, writeOperations: 2 };
}
