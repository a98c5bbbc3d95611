import type { Range } from '../../ledger/accounts/window-ranges.ts';
import type { ProcessFigures, UnitWindow } from '../../ledger/window/export-window.ts';
import type { Metric, ProcessMetric, Series, UnitMetric } from './metric.ts';

const CPU_SOURCE = 'proc_pid_stat(5) utime, stime; the process CPU clock where it can be read';

/** The highest and lowest sample of a window for each unit. */
export const UNIT_RANGE_METRICS: readonly UnitMetric[] = [
  ...rangeOf<UnitWindow>('unitledger.unit.cpu.', 'usage', {
    unit: '{cpu}',
    valueType: 'double',
    what: 'Cores that the unit used between two samples',
    source: 'cgroup-v2 cpu.stat usage_usec, of its slice for ended instances',
    read: ({ ranges }) => ranges?.cpuCores,
  }),
  ...rangeOf<UnitWindow>('unitledger.unit.memory.', 'resident', {
    unit: 'By',
    valueType: 'int',
    what: "Sum of the resident memory of the unit's processes",
    source: 'proc_pid_statm(5) resident',
    read: ({ ranges }) => ranges?.residentBytes,
  }),
].map((metric) => ({ ...metric, level: 'unit' as const }));

/** The highest and lowest sample of a window for each process. */
export const PROCESS_RANGE_METRICS: readonly ProcessMetric[] = [
  ...rangeOf<ProcessFigures>('unitledger.process.cpu.', 'usage', {
    unit: '{cpu}',
    valueType: 'double',
    what: 'Cores that the process used between two samples',
    source: CPU_SOURCE,
    read: ({ ranges }) => ranges?.cpuCores,
  }),
  ...rangeOf<ProcessFigures>('unitledger.process.memory.', 'usage', {
    unit: 'By',
    valueType: 'int',
    what: 'Physical memory in use (resident set size)',
    source: 'proc_pid_statm(5) resident',
    read: ({ ranges }) => ranges?.memoryBytes,
  }),
  ...rangeOf<ProcessFigures>('unitledger.process.disk.', 'throughput', {
    unit: 'By/s',
    valueType: 'double',
    what: 'Bytes submitted to the block layer per second between two samples, both directions together',
    source: 'proc_pid_io(5) read_bytes + write_bytes',
    read: ({ ranges }) => ranges?.diskBytesPerSecond,
  }),
  ...rangeOf<ProcessFigures>('unitledger.process.transfer.', 'throughput', {
    unit: 'By/s',
    valueType: 'double',
    what: 'Bytes per second through read and write calls between two samples, both directions together',
    source: 'proc_pid_io(5) rchar + wchar',
    read: ({ ranges }) => ranges?.transferBytesPerSecond,
  }),
].map((metric) => ({ ...metric, level: 'process' as const }));

interface Ranged<From> {
  readonly unit: string;
  readonly valueType: Metric['valueType'];
  readonly what: string;
  readonly source: string;
  readonly read: (from: From) => Range | null | undefined;
}

/** Two gauges: `PREFIXmax_FIGURE` and `PREFIXmin_FIGURE`. */
function rangeOf<From>(
  prefix: string,
  figure: string,
  { unit, valueType, what, source, read }: Ranged<From>,
) {
  const ends = [
    ['max', 'highest'],
    ['min', 'lowest'],
  ] as const;
  return ends.map(([short, end]) => {
    const series: readonly Series<From>[] = [{ attributes: {}, read: (from) => read(from)?.[end] ?? null }];
    return {
      name: `${prefix}${short}_${figure}`,
      instrument: 'gauge' as const,
      unit,
      valueType,
      description: `${what}: the ${end} value of the window.`,
      source,
      series,
    };
  });
}
