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

/** Values of `OTEL_TRACES_EXPORTER`: destinations of spans. */
export const TRACES_EXPORTERS = ['otlp', 'console', 'none'] as const;
type TracesExporter = (typeof TRACES_EXPORTERS)[number];

/** Values of `--summary`: format of the summary on standard output. */
export const SUMMARY_FORMATS = ['table', 'json', 'csv', 'markdown', 'none'] as const;
type SummaryFormat = (typeof SUMMARY_FORMATS)[number];

/** Values of `--log-summary`: records of the summary in the log. */
export const LOG_SUMMARIES = ['none', 'units', 'processes'] as const;
export type LogSummary = (typeof LOG_SUMMARIES)[number];

/** Values of `unitledger replay --to`. */
export const REPLAY_TARGETS = ['summary', 'otlpjson', 'otlp', ...SERIES_FORMATS] as const;
export type ReplayTarget = (typeof REPLAY_TARGETS)[number];

/** Values of `--log-level`, most severe first (`OTEL_LOG_LEVEL` maps to these). */
export const LOG_LEVELS = ['none', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One target on the command line. */
export type TargetName =
  /** A systemd unit, with its suffix (`nginx` was completed to `nginx.service`). */
  | { readonly kind: 'unit'; readonly name: string }
  /** All units whose names match a pattern, including those created later. */
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
export interface NamedFile {
  readonly path: string;
  readonly named: string;
}

/** Address on which an HTTP endpoint listens. */
export interface ListenAddress {
  /** Host name or address; IPv6 without brackets. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Source of the setting, for messages: `--listen`, `UNITLEDGER_LISTEN`. */
  readonly named: string;
}

/** Settings of span export. */
export interface TracesSettings {
  /** Each once; empty: no spans (never contains `none`). */
  readonly exporters: readonly Exclude<TracesExporter, 'none'>[];
  /** Timeout of one attempt of one request, in seconds. */
  readonly timeoutSeconds: number;
  /** Spans per minute and, for a command, in total. */
  readonly mostSpans: number;
}

/**
 * Configuration of a tracking run, read once at startup: all values are checked, defaults are filled in, and durations
 * are in seconds. Only `commands/` sees it; other code gets single values.
 */
export interface Config {
  /** In the given order; at least one; a `command` is always the only target. */
  readonly targets: readonly TargetName[];
  /** Seconds between samples, > 0. */
  readonly intervalSeconds: number;
  /** CPU budget of unitledger, in percent of one core; undefined: no budget. */
  readonly cpuBudgetPercent: number | undefined;
  /** Nice value of the sampling thread; undefined: raised if permitted. */
  readonly nice: number | undefined;
  /** Duration of the run in seconds; 0: until interrupted. */
  readonly durationSeconds: number;
  readonly showCommandLine: boolean;
  /** Each once. */
  readonly processDetails: readonly ProcessDetail[];
  readonly processNames: ProcessNames;
  /** Whether exit records name the processes that end unseen, and process events give their times. */
  readonly exitRecords: ExitRecordsMode;
  /** Whether the live view is shown in the terminal. */
  readonly live: boolean;
  readonly summary: SummaryFormat;
  /** File for the summary; undefined: standard output. */
  readonly summaryFile: string | undefined;
  /** Mode of new files; undefined: the mode of a replaced file, else 0600. */
  readonly fileMode: number | undefined;
  readonly summaryChoice: SummaryChoice;
  /** Number of rows of exited processes; further ones are folded into `exited` by name. */
  readonly summaryRows: number | undefined;
  /** Undefined: `units`, or `none` if standard error is a terminal. */
  readonly logSummary: LogSummary | undefined;
  /** File for the report. */
  readonly reportFile: string | undefined;
  /** Address of the web page of the run; undefined: none. */
  readonly web: ListenAddress | undefined;
  /** File for the recording of all samples. */
  readonly recordFile: string | undefined;
  /** Maximum size of a recording file in bytes. */
  readonly recordFileBytes: number;
  /** Number of recording files that are kept, the new one included. */
  readonly recordFiles: number;
  readonly procRoot: string;
  readonly cgroupRoot: string;
  /** Each once; empty: export is disabled (never contains `none`). */
  readonly exporters: readonly Exporter[];
  readonly exportIntervalSeconds: number;
  /** Timeout of one attempt of one export, in seconds. */
  readonly exportTimeoutSeconds: number;
  /** Number of processes per unit with series of their own; 0: no process series. */
  readonly processSeries: number;
  /** Metrics that are enabled in addition to the default, each once. */
  readonly optionalMetrics: readonly OptionalMetric[];
  /** Each once. */
  readonly processAttributes: readonly ProcessAttribute[];
  /** Name of the host; undefined: the kernel's. */
  readonly hostName: string | undefined;
  /** Maximum number of series of unitledger. */
  readonly seriesBudget: number;
  /** Timeout of the last flush at the end of the run, in seconds. */
  readonly shutdownTimeoutSeconds: number;
  /** Directory for undelivered windows; undefined: memory. */
  readonly spoolDirectory: string | undefined;
  /** `pod`: the directory is deleted with the pod. */
  readonly spoolLifetime: 'host' | 'pod';
  readonly spoolBytes: number;
  readonly spoolAgeSeconds: number;
  /** Whether OTLP uses the proxy variables. */
  readonly usesProxy: boolean;
  /** Variables of the exporter and its proxy, without invalid ones. */
  readonly otlpEnvironment: Readonly<Record<string, string | undefined>>;
  /** Additional headers of every OTLP request; undefined: none. */
  readonly otlpHeadersFile: NamedFile | undefined;
  readonly temporality: Temporality;
  readonly histogramAggregation: HistogramAggregation;
  /** Settings of span export; undefined: disabled. */
  readonly traces: TracesSettings | undefined;
  /** Address of health checks and metrics; undefined: none. */
  readonly listen: ListenAddress | undefined;
  /** Names of this machine that HTTP requests may use: `node1`, `*.example.org` or `*`. */
  readonly allowedHosts: readonly string[];
  /** Names of variables that a command does not inherit. */
  readonly withheldVariables: readonly string[];
  readonly logLevel: LogLevel;
  /** Printable sentences about the configuration, to be logged once at startup. */
  readonly warnings: readonly string[];
}
