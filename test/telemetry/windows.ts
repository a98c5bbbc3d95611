import type { MetricData } from '@opentelemetry/sdk-metrics';
import {
  CGROUP_COUNTERS,
  CGROUP_GAUGES,
  CGROUP_NON_ADDITIVE_GAUGES,
  type CgroupFigures,
} from '../../src/host/cgroup/figures.ts';
import type { ProcessDetails } from '../../src/ledger/accounts/process-details.ts';
import type { ProcessRanges, UnitRanges } from '../../src/ledger/accounts/window-ranges.ts';
import type { Usage, UsageColumns } from '../../src/ledger/measuring/usage.ts';
import type {
  ExecutableWindow,
  ExportWindow,
  ProcessFigures,
  ProcessWindow,
  SeriesProcess,
  UnitWindow,
} from '../../src/ledger/window/export-window.ts';
import type { SelfFigures } from '../../src/telemetry/catalogue/metric.ts';
import { NOTHING_DELIVERED } from '../../src/telemetry/export/delivery.ts';
import { hrTimeOf } from '../../src/telemetry/hr-time.ts';
import { isOfWindow } from '../../src/telemetry/points/series-end.ts';

/** Windows of a simulated run: ten seconds each, with a fractional start in milliseconds. */
export const STARTED = 1_900_000_000_000;
const WINDOW_SECONDS = 10;

export function exportWindow(sequence: number, units: readonly UnitWindow[]): ExportWindow {
  const start = STARTED + (sequence - 1) * WINDOW_SECONDS * 1000;
  return {
    sequence,
    startUnixMillis: start + 0.25,
    endUnixMillis: start + WINDOW_SECONDS * 1000 + 0.25,
    seconds: WINDOW_SECONDS,
    units,
    folded: { units: 0, namedOther: 0, processes: 0, processesOverBudget: 0 },
  };
}

/** A cgroup with all values known and distinct. */
export const EVERY_FIGURE: CgroupFigures = {
  counters: numbered(CGROUP_COUNTERS, 100),
  levels: { ...numbered(CGROUP_GAUGES, 1_000_000), fileBytes: 5_000_000 },
  heights: numbered(CGROUP_NON_ADDITIVE_GAUGES, 2_000_000),
  disks: [
    { device: '8:0', name: 'sda', readBytes: 10, writeBytes: 20, readOperations: 1, writeOperations: 2 },
  ],
};

function numbered<Key extends string>(keys: readonly Key[], first: number): Record<Key, number> {
  return Object.fromEntries(keys.map((key, index) => [key, first + index])) as Record<Key, number>;
}

export function unitWindow(more: Partial<UnitWindow> = {}): UnitWindow {
  return {
    series: seriesOf(`unit ${more.unit}`),
    unit: 'nginx.service',
    startUnixMillis: STARTED + 5,
    present: true,
    cpuSeconds: 1.9375,
    bookedSeconds: { live: 1.5, exited: 0.25, reaped: 0.125, shared: 0 },
    unattributedSeconds: 0.0625,
    coverage: 0.96,
    cpuCores: 0.19,
    memoryBytes: 3_000_000,
    ranges: null,
    cgroup: null,
    cancelledWriteBytes: 4096,
    processCount: 2,
    restarts: 0,
    executables: [],
    processes: [],
    otherProcesses: null,
    ...more,
  };
}

export function executableWindow(more: Partial<ExecutableWindow> = {}): ExecutableWindow {
  return {
    series: seriesOf(`executable ${more.executable} ${more.title}`),
    executable: 'nginx',
    title: null,
    startUnixMillis: STARTED + 5,
    cpuSeconds: 1.75,
    readBytes: 4096,
    writeBytes: 8192,
    cancelledWriteBytes: 0,
    readChars: 10_000,
    writeChars: 20_000,
    cpuCores: 0.175,
    memoryBytes: 3_000_000,
    processCount: 2,
    ...more,
  };
}

const SERIES_PROCESS: SeriesProcess = {
  pid: 4711,
  parentPid: 1,
  createdAt: '2030-03-17T17:46:39.990Z',
  executable: 'nginx',
  title: null,
  command: null,
  subCgroup: null,
  container: { containerId: null, podUid: null },
};

/** A process; the same object in every window of a test for the same `process`. */
export function processWindow(
  more: Partial<ProcessWindow> = {},
  process: Partial<SeriesProcess> = {},
): ProcessWindow {
  return {
    process: seriesOf(`process ${JSON.stringify(process)}`, { ...SERIES_PROCESS, ...process }),
    startUnixMillis: STARTED - 10,
    ended: false,
    ...FIGURES,
    ...more,
  };
}

const FIGURES = {
  userSeconds: 1,
  systemSeconds: 0.5,
  cpuCores: 0.15,
  memoryBytes: 1_500_000,
  readBytes: 4096,
  writeBytes: 8192,
  cancelledWriteBytes: 4096,
  readChars: 10_000,
  writeChars: 20_000,
  diskBytesPerSecond: 1228.8,
  transferBytesPerSecond: 3000,
  details: null,
  ranges: null,
};

/** Processes without series of their own. */
export function otherProcesses(more: Partial<ProcessFigures> = {}): ProcessFigures {
  return { startUnixMillis: STARTED + 5, ...FIGURES, ...more };
}

/**
 * Metrics with values only: without the points that begin and end series, and without metrics that have no other
 * points.
 */
export function valuesOf(metrics: readonly MetricData[], { endUnixMillis }: ExportWindow): MetricData[] {
  const end = hrTimeOf(endUnixMillis);
  return metrics.flatMap((metric) => {
    const points: readonly MetricData['dataPoints'][number][] = metric.dataPoints;
    const dataPoints = points.filter((point) => isOfWindow(point, end));
    return dataPoints.length === 0 ? [] : [{ ...metric, dataPoints } as MetricData];
  });
}

/** Objects that identify subjects in every window. */
const SERIES = new Map<string, object>();
function seriesOf<T extends object>(name: string, made: T = {} as T): T {
  const known = SERIES.get(name) ?? made;
  SERIES.set(name, known);
  return known as T;
}

const RANGE = { lowest: 1, highest: 2 };
export const UNIT_RANGES: UnitRanges = { cpuCores: RANGE, residentBytes: RANGE };
export const PROCESS_RANGES: ProcessRanges = {
  cpuCores: RANGE,
  memoryBytes: RANGE,
  diskBytesPerSecond: RANGE,
  transferBytesPerSecond: RANGE,
};

export const DETAILS: ProcessDetails = {
  threads: 4,
  uptimeSeconds: 10.25,
  minorFaults: 300,
  majorFaults: 2,
  voluntaryContextSwitches: 77,
  involuntaryContextSwitches: 5,
  openDescriptors: 31,
  descriptorLimit: 1024,
  runQueueSeconds: 0.125,
  pssBytes: 900_000,
};

export const SELF: SelfFigures = {
  missedTicks: 1,
  throttledTicks: 2,
  sampleIntervalSeconds: 1.5,
  readFailures: { gone: 3, denied: 2, unsupported: 0, exhausted: 0, malformed: 0 },
  trackedProcesses: 2,
  exitRecords: { received: 40, lost: 2 },
  processEvents: { received: 120, lost: 3 },
  userCpuSeconds: 0.5,
  systemCpuSeconds: 0.25,
  memoryBytes: 80_000_000,
};

/** Figures of the program itself in a window of a series budget of 1, with no delivery so far. */
export const SELF_READING = { ...SELF, delivery: NOTHING_DELIVERED, seriesBudget: 1 };

/** One row of a tick; omitted values are NaN (absent). */
export interface Row {
  readonly unit?: number;
  readonly observedSeconds?: number;
  readonly cpuSeconds?: number;
  readonly memoryBytes?: number;
  readonly diskBytes?: number;
  readonly transferBytes?: number;
}

/** A tick with these rows, all alive, in unordered slots. */
export function usageOf(units: readonly string[], rows: readonly Row[]): Usage {
  const slots = rows.map((_, i) => rows.length - 1 - i);
  const column = (read: (row: Row) => number | undefined): Float64Array => {
    const values = new Float64Array(rows.length).fill(Number.NaN);
    rows.forEach((row, i) => {
      values[slots[i]!] = read(row) ?? Number.NaN;
    });
    return values;
  };
  const columns: UsageColumns = {
    unit: Int32Array.from(column((row) => row.unit ?? 0)),
    atRest: Uint8Array.from(column(() => 0)),
    observedSeconds: column((row) => row.observedSeconds ?? 0.5),
    rateSeconds: column((row) => row.observedSeconds ?? 0.5),
    cpuSeconds: column((row) => row.cpuSeconds),
    reapedCpuSeconds: column(() => 0),
    memoryBytes: column((row) => row.memoryBytes),
    diskBytes: column((row) => row.diskBytes),
    transferBytes: column((row) => row.transferBytes),
  };
  return {
    tick: 1,
    atSeconds: 100,
    wallMillis: STARTED,
    intervalSeconds: 0.5,
    leastRateSeconds: 0,
    liveSlots: Int32Array.from(slots),
    liveCount: rows.length,
    rows: columns,
    units: units.map((unit) => ({
      unit,
      present: true,
      processCount: 1,
      rateSeconds: 0.5,
      totalCpuSeconds: 0,
    })),
  };
}
