import type { Attributes } from '@opentelemetry/api';
import type { CgroupDisk } from '../../host/cgroup/figures.ts';
import type { ReadFailure } from '../../host/read-failure.ts';
import type { KernelCounts } from '../../ledger/document/run-document.ts';
import type {
  ExecutableWindow,
  FoldedCounts,
  ProcessFigures,
  UnitWindow,
} from '../../ledger/window/export-window.ts';
import type { ProcessDetail } from '../../sampling/choices.ts';
import { OPTIONAL_METRICS } from '../choices.ts';
import type { DeliveryCounts } from '../export/delivery.ts';

/** The subject of a metric's points. A name exists at one level only, so a sum over it counts nothing twice. */
export const LEVELS = ['unit', 'disk', 'executable', 'process', 'sample', 'self'] as const;
export type Level = (typeof LEVELS)[number];

/** Metrics of the program itself when a window closes. Counters count from its start. */
export interface SelfFigures {
  /** Ticks that could not be taken in time. */
  readonly missedTicks: number;
  /** Ticks that were left out for the CPU budget; null without a budget. */
  readonly throttledTicks: number | null;
  /** Current seconds from one tick to the next. */
  readonly sampleIntervalSeconds: number;
  /** Kernel files that could not be read, by reason. */
  readonly readFailures: Readonly<Record<ReadFailure, number>>;
  /** Processes tracked at the end of the window. */
  readonly trackedProcesses: number;
  /** Counts of the kernel's exit records; null without them. */
  readonly exitRecords: KernelCounts | null;
  /** Counts of the kernel's process events; null without them. */
  readonly processEvents: KernelCounts | null;
  readonly userCpuSeconds: number;
  readonly systemCpuSeconds: number;
  /** Resident memory now. */
  readonly memoryBytes: number;
}

/** `SelfFigures` with the values that telemetry itself knows. */
export interface ProgramFigures extends SelfFigures {
  readonly delivery: DeliveryCounts;
  /** Limit on series; null: no limit. */
  readonly seriesBudget: number | null;
}

/** Metrics of the program itself in a window. */
export interface SelfReading extends ProgramFigures {
  /** Series in the window. */
  readonly series: number;
  readonly folded: FoldedCounts;
}

/** Cost of one tick. */
interface TickCost {
  readonly seconds: number;
}

interface MetricHead {
  /** A name of the semantic conventions, or one that starts with `unitledger.`. */
  readonly name: string;
  /** UCUM, with annotations in braces. */
  readonly unit: string;
  readonly valueType: 'int' | 'double';
  readonly description: string;
  /** The kernel file and field of its source, with the names of the manual page. */
  readonly source: string;
}

/** One value of a metric, for one unit, executable, process, or the program itself. */
export interface Series<From> {
  /** Attributes that distinguish it from the metric's other series, in addition to its level's; the same keys in each. */
  readonly attributes: Attributes;
  /** `null`: unknown, so no point. */
  readonly read: (from: From) => number | null;
}

interface ObservedMetric<L extends Level, From> extends MetricHead {
  readonly level: L;
  /** `counter` and `updowncounter` values are cumulative, a `gauge` is of the window or of its end. */
  readonly instrument: 'counter' | 'updowncounter' | 'gauge';
  /** For a gauge: it accumulates since the start of its subject, and restarts together with counters. */
  readonly accumulates?: true;
  readonly series: readonly Series<From>[];
}

interface RecordedMetric<L extends Level> extends MetricHead {
  readonly level: L;
  readonly instrument: 'histogram';
  /** Upper bounds of the explicit buckets, each included. */
  readonly boundaries: readonly number[];
}

export type ProcessMetric = ObservedMetric<'process', ProcessFigures>;
export type ExecutableMetric = ObservedMetric<'executable', ExecutableWindow>;
export type DiskMetric = ObservedMetric<'disk', CgroupDisk>;
export type UnitMetric = ObservedMetric<'unit', UnitWindow>;
export type SelfMetric = ObservedMetric<'self', SelfReading>;

/** Recorded at every tick for every row with a rate; NaN: unknown, so not recorded. */
export interface SampleMetric extends RecordedMetric<'sample'> {
  /** The column it is read from; NaN is no sample. */
  readonly column: 'cpuSeconds' | 'memoryBytes' | 'diskBytes' | 'transferBytes';
  /** The value is the column divided by the seconds that the row covers. */
  readonly perSecond: boolean;
}

/** Recorded once per tick. */
export interface TickMetric extends RecordedMetric<'self'> {
  readonly read: (tick: TickCost) => number;
}

/** A metric that is on if its group of details is requested. */
export type ProcessDetailMetric = ProcessMetric & { readonly detail: ProcessDetail };

export type Metric =
  | DiskMetric
  | ProcessMetric
  | ProcessDetailMetric
  | ExecutableMetric
  | UnitMetric
  | SampleMetric
  | SelfMetric
  | TickMetric;

/** Whether a metric is exported without being requested. */
export function isOnByDefault(metric: Metric): boolean {
  return !('detail' in metric) && !(OPTIONAL_METRICS as readonly string[]).includes(metric.name);
}
