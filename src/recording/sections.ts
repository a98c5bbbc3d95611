/** What follows the head of a sample, by bit of its flags, in this order. */
export const SECTION = {
  /** Nothing before it counts: all differences are from nothing. The first sample of a block. */
  key: 1 << 0,
  /** An export window closes with it. */
  window: 1 << 1,
  units: 1 << 2,
  instances: 1 << 3,
  figures: 1 << 4,
  /** What removed cgroups used, as earlier versions wrote it. */
  ended: 1 << 5,
  parents: 1 << 6,
  exits: 1 << 7,
  /** The order of the rows, where it does not follow from the previous one. */
  order: 1 << 8,
  identities: 1 << 9,
  details: 1 << 10,
  progress: 1 << 11,
  /** Samples left out for the CPU budget, where there are any. */
  stretched: 1 << 12,
  /** What removed cgroups used. */
  removed: 1 << 13,
  /** When its rows and instances were read. */
  readTimes: 1 << 14,
  /** What happened to processes. */
  events: 1 << 15,
  /** Process events that were counted, where there are any. */
  eventCounts: 1 << 16,
  /** When exit records and process events were stopped, where they were. */
  stopped: 1 << 17,
} as const;

/** All bits that this version knows. */
export const ALL_SECTIONS = (1 << 18) - 1;

/** Rows that a recording can hold at once, those that are free included. */
export const MOST_SLOTS = 1 << 17;
/** Units, those included that patterns found: ten times what a run keeps. */
export const MOST_UNITS = 20_000;
