/** Sections after the head of a sample, by bit of its flags, in this order. */
export const SECTION = {
  /** All differences are relative to zero. The first sample of a block. */
  key: 1 << 0,
  /** An export window closes with this sample. */
  window: 1 << 1,
  units: 1 << 2,
  instances: 1 << 3,
  figures: 1 << 4,
  /** Usage of removed cgroups, in the format of earlier versions. */
  ended: 1 << 5,
  parents: 1 << 6,
  exits: 1 << 7,
  /** The order of the rows, if it does not follow from the previous one. */
  order: 1 << 8,
  identities: 1 << 9,
  details: 1 << 10,
  progress: 1 << 11,
  /** Number of samples skipped to stay within the CPU budget, if any. */
  stretched: 1 << 12,
  /** Usage of removed cgroups. */
  removed: 1 << 13,
  /** Read times of rows and instances. */
  readTimes: 1 << 14,
  /** Process events. */
  events: 1 << 15,
  /** Number of process events, if any. */
  eventCounts: 1 << 16,
  /** Time at which exit records and process events were stopped, if they were. */
  stopped: 1 << 17,
} as const;

/** All bits that this version knows. */
export const ALL_SECTIONS = (1 << 18) - 1;

/** Maximum number of slots of rows, free ones included. */
export const MOST_SLOTS = 1 << 17;
/** Maximum number of units, including those found by patterns: ten times the number that a run keeps. */
export const MOST_UNITS = 20_000;
