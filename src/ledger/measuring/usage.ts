/**
 * What one tick used: the difference of two samples, attributed. By slot (a process keeps its slot for life),
 * in columns that are reused from tick to tick: read them before the next tick, keep nothing.
 */
export interface Usage {
  /** 0, 1, 2, … */
  readonly tick: number;
  /** Monotonic seconds at which this tick's sample was taken. */
  readonly atSeconds: number;
  readonly wallMillis: number;
  /** Seconds since the sample before; 0 on the first. */
  readonly intervalSeconds: number;
  /** Rates over less than this count for means, but are no lowest or highest. */
  readonly leastRateSeconds: number;
  /** Slots of the rows that are alive, oldest process first; the first `liveCount` entries count. */
  readonly liveSlots: Int32Array;
  readonly liveCount: number;
  readonly rows: UsageColumns;
  readonly units: readonly UnitUsage[];
}

/** By slot. NaN means absent. */
export interface UsageColumns {
  /** Index into `Usage.units`. */
  readonly unit: Int32Array;
  /** 1: of the row nothing has changed in this tick, so all that it used is zero or not known. */
  readonly atRest: Uint8Array;
  /** Seconds that the figures of this tick cover; 0: the row has no rate in this tick. */
  readonly observedSeconds: Float64Array;
  /** Seconds that the rates of this tick are over: no less than what lies between two readings of the row. */
  readonly rateSeconds: Float64Array;
  /** Own CPU in this tick. */
  readonly cpuSeconds: Float64Array;
  /** CPU of reaped descendants booked to this row in this tick. */
  readonly reapedCpuSeconds: Float64Array;
  /** RSS now. */
  readonly memoryBytes: Float64Array;
  /** `read_bytes + write_bytes` in this tick. */
  readonly diskBytes: Float64Array;
  /** `rchar + wchar` in this tick. */
  readonly transferBytes: Float64Array;
}

/** One unit in one tick. */
export interface UnitUsage {
  readonly unit: string;
  /** The unit in whose metric series it is, where there was no room for its own. */
  readonly foldedAs?: string | null;
  readonly present: boolean;
  readonly processCount: number;
  /** Seconds that the rate of its CPU is over in this tick: no less than what lies between two readings. */
  readonly rateSeconds: number;
  /** CPU of the whole cgroup in this tick; NaN where unknown. */
  readonly totalCpuSeconds: number;
}
