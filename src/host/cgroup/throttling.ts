import { CpuStatFields, parseCpuStat } from './cpu-stat.ts';
import { parseFlatKeyed } from './flat-keyed.ts';

/** How a cgroup's own bandwidth limit held it back; null without the cpu controller. */
export interface Throttling {
  readonly throttledPeriods: number | null;
  readonly throttledSeconds: number | null;
}

/** Of v2's `cpu.stat`. Throws ParseError and nothing else. */
export function parseThrottling(buffer: Uint8Array, length: number): Throttling {
  const fields = new CpuStatFields();
  parseCpuStat(buffer, length, fields);
  return {
    throttledPeriods: Number.isNaN(fields.throttledPeriods) ? null : fields.throttledPeriods,
    throttledSeconds: Number.isNaN(fields.throttledMicros) ? null : fields.throttledMicros / 1e6,
  };
}

/** Of v1's `cpu.stat` (scheduler/sched-bwc.rst), which counts nanoseconds. Throws ParseError and nothing else. */
export function parseThrottlingV1(buffer: Uint8Array, length: number): Throttling {
  const { periods, nanos } = parseFlatKeyed('cpu.stat', buffer, length, {
    periods: 'nr_throttled',
    nanos: 'throttled_time',
  });
  return { throttledPeriods: periods, throttledSeconds: nanos === null ? null : nanos / 1e9 };
}
