/**
 * Usage in one tick: the difference of two samples, attributed. By slot (a process keeps its slot until it ends), in
 * columns that the next tick overwrites: do not keep references.
 */
export interface Usage {
  /** 0, 1, 2, … */
  readonly tick: number;
  /** Time of this tick's sample on the monotonic clock. */
  readonly atSeconds: number;
  readonly wallMillis: number;
  /** Seconds since the previous sample; 0 for the first. */
  readonly intervalSeconds: number;
  /** Rates over less than this count for means, but not as minimum or maximum. */
  readonly leastRateSeconds: number;
  /** Slots of living rows, oldest process first; the first `liveCount` entries are valid. */
  readonly liveSlots: Int32Array;
  readonly liveCount: number;
  readonly rows: UsageColumns;
  readonly units: readonly UnitUsage[];
}

/** By slot. NaN means absent. */
export interface UsageColumns {
  /** Index into `Usage.units`. */
  readonly unit: Int32Array;
  /** 1: nothing about the row changed in this tick, so its usage is zero or unknown. */
  readonly atRest: Uint8Array;
  /** Seconds that the values of this tick cover; 0: no rate. */
  readonly observedSeconds: Float64Array;
  /** Duration of the rates of this tick: at least the time between two readings of the row. */
  readonly rateSeconds: Float64Array;
  /** Own CPU in this tick. */
  readonly cpuSeconds: Float64Array;
  /** CPU of reaped descendants booked to this row in this tick. */
  readonly reapedCpuSeconds: Float64Array;
  /** RSS at the end of the tick. */
  readonly memoryBytes: Float64Array;
  /** `read_bytes + write_bytes` in this tick. */
  readonly diskBytes: Float64Array;
  /** `rchar + wchar` in this tick. */
  readonly transferBytes: Float64Array;
}

/** One unit in one tick. */
export interface UnitUsage {
  readonly unit: string;
  /** Name of the series that includes this unit, if the budget had no room for its own. */
  readonly foldedAs?: string | null;
  readonly present: boolean;
  readonly processCount: number;
  /** Duration of its CPU rate in this tick: at least the time between two readings. */
  readonly rateSeconds: number;
  /** CPU of the whole cgroup in this tick; NaN if unknown. */
  readonly totalCpuSeconds: number;
}
