import type { Attributes } from '@opentelemetry/api';
import type { CgroupDisk } from '../../host/cgroup/figures.ts';
import type { ReadFailure } from '../../host/read-failure.ts';
import type { RunExitRecords, RunProcessEvents } from '../../ledger/document/run-document.ts';
import type {
  ExecutableWindow,
  FoldedCounts,
  ProcessFigures,
  UnitWindow,
} from '../../ledger/window/export-window.ts';
import type { ProcessDetail } from '../../sampling/choices.ts';
import { OPTIONAL_METRICS } from '../choices.ts';
import type { DeliveryCounts } from '../export/delivery.ts';

/** What a metric's points stand for, each. One name stands at one level: a sum over it never doubles. */
export const LEVELS = ['unit', 'disk', 'executable', 'process', 'sample', 'self'] as const;
export type Level = (typeof LEVELS)[number];

/** The program's own figures, as the caller knows them when a window closes. Counters count from its start. */
export interface SelfFigures {
  /** Ticks that could not be taken in time. */
  readonly missedTicks: number;
  /** Ticks that were left out for the CPU budget; null where there is none. */
  readonly throttledTicks: number | null;
  /** Seconds from one tick to the next, as they now are. */
  readonly sampleIntervalSeconds: number;
  /** Kernel files that could not be read, by reason. */
  readonly readFailures: Readonly<Record<ReadFailure, number>>;
  /** Processes followed at the window's end. */
  readonly trackedProcesses: number;
  /** The kernel's exit records; null where there are none. */
  readonly exitRecords: RunExitRecords | null;
  /** The kernel's process events; null where there are none. */
  readonly processEvents: RunProcessEvents | null;
  readonly userCpuSeconds: number;
  readonly systemCpuSeconds: number;
  /** Resident memory now. */
  readonly memoryBytes: number;
}

/** `SelfFigures` with what telemetry knows. */
export interface ProgramFigures extends SelfFigures {
  readonly delivery: DeliveryCounts;
  /** Series that there may be; null: no limit. */
  readonly seriesBudget: number | null;
}

/** What the program says of itself in a window. */
export interface SelfReading extends ProgramFigures {
  /** Series in the window. */
  readonly series: number;
  readonly folded: FoldedCounts;
}

/** What one tick cost. */
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
  /** The kernel file and field it comes from, as its manual names them. */
  readonly source: string;
}

/** One value of a metric, for one unit, executable, process, or the program itself. */
export interface Series<From> {
  /** Attributes that distinguish it from the metric's other series, in addition to its level's; the same keys in each. */
  readonly attributes: Attributes;
  /** `null`: not known, so no point. */
  readonly read: (from: From) => number | null;
}

interface ObservedMetric<L extends Level, From> extends MetricHead {
  readonly level: L;
  /** `counter` and `updowncounter` values are cumulative, a `gauge` is of the window or of its end. */
  readonly instrument: 'counter' | 'updowncounter' | 'gauge';
  /** Of a gauge: it adds up since the start of its subject, and so restarts when counters do. */
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

/** Recorded at every tick for every row that has a rate; NaN: not known, so not recorded. */
export interface SampleMetric extends RecordedMetric<'sample'> {
  /** What it is read from; NaN is no sample. */
  readonly column: 'cpuSeconds' | 'memoryBytes' | 'diskBytes' | 'transferBytes';
  /** It is the column over the seconds that the figures of the row cover. */
  readonly perSecond: boolean;
}

/** Recorded once a tick. */
export interface TickMetric extends RecordedMetric<'self'> {
  readonly read: (tick: TickCost) => number;
}

/** A metric that is on where its group of details is asked for. */
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
