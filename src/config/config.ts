import type { ExitRecordsMode, ProcessDetail, ProcessNames } from '../sampling/choices.ts';
import type {
  Exporter,
  HistogramAggregation,
  OptionalMetric,
  ProcessAttribute,
  Temporality,
} from '../telemetry/choices.ts';
import { SERIES_FORMATS } from '../views/series/series-columns.ts';
import type { SummaryChoice } from '../views/summary/summary-columns.ts';

/** What `OTEL_TRACES_EXPORTER` accepts: where spans go. */
export const TRACES_EXPORTERS = ['otlp', 'console', 'none'] as const;
type TracesExporter = (typeof TRACES_EXPORTERS)[number];

/** What `--summary` accepts: how the end-of-run summary is written to standard output. */
export const SUMMARY_FORMATS = ['table', 'json', 'csv', 'markdown', 'none'] as const;
export type SummaryFormat = (typeof SUMMARY_FORMATS)[number];

/** What `--log-summary` accepts: which records of the summary the log gets. */
export const LOG_SUMMARIES = ['none', 'units', 'processes'] as const;
export type LogSummary = (typeof LOG_SUMMARIES)[number];

/** What `unitledger replay --to` accepts. */
export const REPLAY_TARGETS = ['summary', 'otlpjson', 'otlp', ...SERIES_FORMATS] as const;
export type ReplayTarget = (typeof REPLAY_TARGETS)[number];

/** What `--log-level` accepts, most severe first (`OTEL_LOG_LEVEL` maps onto these). */
export const LOG_LEVELS = ['none', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One thing that the user asked to be tracked, as named on the command line. */
export type TargetName =
  /** A systemd unit, with its suffix (`nginx` was completed to `nginx.service`). */
  | { readonly kind: 'unit'; readonly name: string }
  /** All units whose names match a pattern, those that come later too. */
  | { readonly kind: 'units'; readonly pattern: string }
  /** A cgroup directory, relative to the root of the v2 hierarchy, with a leading `/`. */
  | { readonly kind: 'cgroup'; readonly path: string }
  /** A Kubernetes pod, in lower case. */
  | { readonly kind: 'pod'; readonly uid: string }
  /** A process and its descendants. */
  | { readonly kind: 'pid'; readonly pid: number }
  /** A command to run and track until it ends. */
  | { readonly kind: 'command'; readonly argv: readonly [string, ...string[]] };

/** A file, and the option or variable that names it. */
interface NamedFile {
  readonly path: string;
  readonly named: string;
}

/** Where the HTTP endpoint listens. */
export interface ListenAddress {
  /** A name or an address; IPv6 without brackets. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Who asked for it, for messages: `--listen`, `UNITLEDGER_LISTEN`. */
  readonly named: string;
}

/** How spans are sent. */
export interface TracesSettings {
  /** Each once; empty: no spans are made (`none` itself never stands here). */
  readonly exporters: readonly Exclude<TracesExporter, 'none'>[];
  /** Total seconds that one try of one request may take. */
  readonly timeoutSeconds: number;
  /** Spans a minute, and of a command in all. */
  readonly mostSpans: number;
}

/**
 * Everything a tracking run needs, read once at start: every value is checked, defaults are filled in,
 * and seconds are seconds. Only `commands/` sees it; below, single values are passed.
 */
export interface Config {
  /** In the order named; at least one; a `command` is the only one of its kind. */
  readonly targets: readonly TargetName[];
  /** Seconds between samples, > 0. */
  readonly intervalSeconds: number;
  /** Percent of one core that the program itself may use; undefined: it is not held to any. */
  readonly cpuBudgetPercent: number | undefined;
  /** Nice value of the sampling thread; undefined: raised where that is allowed. */
  readonly nice: number | undefined;
  /** Seconds until the run ends by itself; 0: until interrupted. */
  readonly durationSeconds: number;
  readonly showCommandLine: boolean;
  /** Each once. */
  readonly processDetails: readonly ProcessDetail[];
  readonly processNames: ProcessNames;
  /** Whether processes that end unseen are named by the kernel's exit records, and dated by its process events. */
  readonly exitRecords: ExitRecordsMode;
  /** Whether they are shown in the terminal while they run. */
  readonly live: boolean;
  readonly summary: SummaryFormat;
  /** File that takes the summary instead of standard output. */
  readonly summaryFile: string | undefined;
  /** Permissions of files that are written; undefined: those of the file that is replaced, else 0600. */
  readonly fileMode: number | undefined;
  readonly summaryChoice: SummaryChoice;
  /** Rows of exited processes kept one by one; the rest fold into `exited` by name. */
  readonly summaryRows: number | undefined;
  /** Undefined: units, or none where standard error is a terminal. */
  readonly logSummary: LogSummary | undefined;
  /** File that takes the report. */
  readonly reportFile: string | undefined;
  /** Where the run is shown as a page while it goes on; undefined: nowhere. */
  readonly web: ListenAddress | undefined;
  /** File that takes every sample. */
  readonly recordFile: string | undefined;
  /** Bytes that a file of the recording grows to. */
  readonly recordFileBytes: number;
  /** Files of recordings that are kept, the new one included. */
  readonly recordFiles: number;
  readonly procRoot: string;
  readonly cgroupRoot: string;
  /** Each once; empty where nothing is exported (`none` itself never stands here). */
  readonly exporters: readonly Exporter[];
  readonly exportIntervalSeconds: number;
  /** Total seconds that one try of one export may take. */
  readonly exportTimeoutSeconds: number;
  /** Processes of each unit that have series of their own; 0: there are no series of processes. */
  readonly processSeries: number;
  /** Metrics that are on beyond the default, each once. */
  readonly optionalMetrics: readonly OptionalMetric[];
  /** Each once. */
  readonly processAttributes: readonly ProcessAttribute[];
  /** Name of the host that is looked at; undefined: the kernel's. */
  readonly hostName: string | undefined;
  /** Series of the whole program. */
  readonly seriesBudget: number;
  /** Seconds that the last flush may take once the run ends. */
  readonly shutdownTimeoutSeconds: number;
  /** Where windows wait that were not delivered; undefined: in memory. */
  readonly spoolDirectory: string | undefined;
  /** `pod`: the directory is deleted with the pod. */
  readonly spoolLifetime: 'host' | 'pod';
  readonly spoolBytes: number;
  readonly spoolAgeSeconds: number;
  /** Whether the proxy variables count for OTLP. */
  readonly usesProxy: boolean;
  /** The variables of the exporter and its proxy, without those that cannot be used. */
  readonly otlpEnvironment: Readonly<Record<string, string | undefined>>;
  /** Headers of every OTLP request beside those of the variables; undefined: none. */
  readonly otlpHeadersFile: NamedFile | undefined;
  readonly temporality: Temporality;
  readonly histogramAggregation: HistogramAggregation;
  /** How the processes are sent as spans; undefined: not at all. */
  readonly traces: TracesSettings | undefined;
  /** Where health and metrics are served; undefined: nowhere. */
  readonly listen: ListenAddress | undefined;
  /** Names of this machine that HTTP requests may use: `node1`, `*.example.org` or `*`. */
  readonly allowedHosts: readonly string[];
  /** Names of the variables that a command that is run does not inherit. */
  readonly withheldVariables: readonly string[];
  readonly logLevel: LogLevel;
  /** Printable sentences about what was read, to be logged once at start. */
  readonly warnings: readonly string[];
}
