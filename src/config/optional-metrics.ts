/** Metrics of the lowest and the highest of a window's samples. */
const RANGE_METRICS = [
  'unitledger.unit.cpu.max_usage',
  'unitledger.unit.cpu.min_usage',
  'unitledger.unit.memory.max_resident',
  'unitledger.unit.memory.min_resident',
  'unitledger.process.cpu.max_usage',
  'unitledger.process.cpu.min_usage',
  'unitledger.process.memory.max_usage',
  'unitledger.process.memory.min_usage',
  'unitledger.process.disk.max_throughput',
  'unitledger.process.disk.min_throughput',
  'unitledger.process.transfer.max_throughput',
  'unitledger.process.transfer.min_throughput',
] as const;

/**
 * Metrics that are off by default and that their names alone turn on. A test holds them to the catalogue, which this
 * room does not know.
 */
export const OPTIONAL_METRICS = [
  'unitledger.unit.pressure.share',
  'unitledger.unit.disk.cancelled',
  'unitledger.process.disk.cancelled',
  'unitledger.process.transfer.io',
  ...RANGE_METRICS,
] as const;
export type OptionalMetric = (typeof OPTIONAL_METRICS)[number];

/** Whether the lowest and the highest of a window's samples have to be kept for these. */
export function wantRanges(metrics: readonly OptionalMetric[]): boolean {
  const ranges: readonly string[] = RANGE_METRICS;
  return metrics.some((name) => ranges.includes(name));
}
