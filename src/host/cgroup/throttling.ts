import { CpuStatFields, parseCpuStat } from './cpu-stat.ts';
import { parseFlatKeyed } from './flat-keyed.ts';

/** Throttling of a cgroup by its own bandwidth limit; null without the cpu controller. */
export interface Throttling {
  readonly throttledPeriods: number | null;
  readonly throttledSeconds: number | null;
}

/** From v2's `cpu.stat`. Throws ParseError only. */
export function parseThrottling(buffer: Uint8Array, length: number): Throttling {
  const fields = new CpuStatFields();
  parseCpuStat(buffer, length, fields);
  return {
    throttledPeriods: Number.isNaN(fields.throttledPeriods) ? null : fields.throttledPeriods,
    throttledSeconds: Number.isNaN(fields.throttledMicros) ? null : fields.throttledMicros / 1e6,
  };
}

/** From v1's `cpu.stat` (scheduler/sched-bwc.rst), in nanoseconds there. Throws ParseError only. */
export function parseThrottlingV1(buffer: Uint8Array, length: number): Throttling {
  const { periods, nanos } = parseFlatKeyed('cpu.stat', buffer, length, {
    periods: 'nr_throttled',
    nanos: 'throttled_time',
  });
  return { throttledPeriods: periods, throttledSeconds: nanos === null ? null : nanos / 1e9 };
}
