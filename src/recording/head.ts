import type { KernelCounts, RunCommand, RunExport, RunTraceExport } from '../ledger/document/run-document.ts';
import { PROCESS_DETAILS, type ProcessDetail } from '../sampling/choices.ts';
import { secondsOf, timeOf } from './facts.ts';
import type { Progress } from './recorded-tick.ts';
import { RecordingError } from './recording-error.ts';

/** Header of a recording: facts about the run before the first sample. */
export interface RecordingHead {
  /** ID of the run, the same in all its files. */
  readonly run: string;
  /** Number of this file in the run: 0, 1, 2, … */
  readonly part: number;
  /** Version of unitledger that wrote it. */
  readonly program: string;
  readonly hostName: string;
  /** Release of the kernel; null if unknown. */
  readonly osVersion: string | null;
  /** Machine ID of the host; null if unknown. */
  readonly hostId: string | null;
  readonly startedUnixMillis: number;
  /** The same on the samples' clock. */
  readonly startedAtSeconds: number;
  readonly intervalSeconds: number;
  readonly exportIntervalSeconds: number;
  /** `--summary-rows` of the run. */
  readonly summaryRows: number;
  readonly processDetails: readonly ProcessDetail[];
}

/** Data after the last sample: the end of the run, or a reference to the next file. */
export type RecordingEnd =
  | {
      readonly kind: 'ended';
      readonly endedUnixMillis: number;
      readonly progress: Progress;
      /** Null without a command. */
      readonly command: RunCommand | null;
    }
  | { readonly kind: 'continued' };

const MOST_SUMMARY_ROWS = 1_000_000;
const MOST_EXIT_CODE = 255;
const LEAST_INTERVAL_SECONDS = 1e-12;
const MOST_INTERVAL_SECONDS = 1e12;
const LONGEST_TEXT = 1000;

/** Throws RecordingError only. */
export function parseHead(bytes: Uint8Array): RecordingHead {
  const fields = parseObject(bytes);
  const details = fields.processDetails;
  if (
    !Array.isArray(details) ||
    !details.every((each) => (PROCESS_DETAILS as readonly unknown[]).includes(each))
  )
    throw new RecordingError('its head names details of processes that this version does not know');
  return {
    run: textIn(fields, 'run'),
    part: wholeIn(fields, 'part', 1e9),
    program: textIn(fields, 'program'),
    hostName: textIn(fields, 'hostName'),
    osVersion: fields.osVersion === null ? null : textIn(fields, 'osVersion'),
    // Missing in earlier versions.
    hostId: (fields.hostId ?? null) === null ? null : textIn(fields, 'hostId'),
    startedUnixMillis: timeOf(numberIn(fields, 'startedUnixMillis')),
    startedAtSeconds: secondsOf(numberIn(fields, 'startedAtSeconds')),
    intervalSeconds: intervalIn(fields, 'intervalSeconds'),
    exportIntervalSeconds: intervalIn(fields, 'exportIntervalSeconds'),
    summaryRows: wholeIn(fields, 'summaryRows', MOST_SUMMARY_ROWS),
    processDetails: details as ProcessDetail[],
  };
}

/** Throws RecordingError only. */
export function parseEnd(bytes: Uint8Array): RecordingEnd {
  const fields = parseObject(bytes);
  if (fields.kind === 'continued') return { kind: 'continued' };
  return {
    kind: 'ended',
    endedUnixMillis: timeOf(numberIn(fields, 'endedUnixMillis')),
    // Missing in earlier versions.
    command: 'command' in fields ? objectIn(fields, 'command', commandOf) : null,
    progress: {
      missedSamples: countIn(fields, 'missedSamples'),
      // Missing in versions without a CPU budget.
      stretchedSamples: 'stretchedSamples' in fields ? countIn(fields, 'stretchedSamples') : 0,
      exitRecords: objectIn(fields, 'exitRecords', receivedOf),
      // Missing in versions without process events.
      processEvents: 'processEvents' in fields ? objectIn(fields, 'processEvents', receivedOf) : null,
      // Written only if it happened.
      kernelEventsStoppedAtSeconds:
        (fields.kernelEventsStoppedAtSeconds ?? null) === null
          ? null
          : secondsOf(numberIn(fields, 'kernelEventsStoppedAtSeconds')),
      export: objectIn(fields, 'export', exportOf),
      // Missing in versions without traces.
      traces: 'traces' in fields ? objectIn(fields, 'traces', tracesOf) : null,
    },
  };
}

function receivedOf(counts: Fields): KernelCounts {
  return { received: countIn(counts, 'received'), lost: countIn(counts, 'lost') };
}

function exportOf(counts: Fields): RunExport {
  return {
    delivered: countIn(counts, 'delivered'),
    failed: countIn(counts, 'failed'),
    spooled: countIn(counts, 'spooled'),
  };
}

function tracesOf(counts: Fields): RunTraceExport {
  return {
    spans: countIn(counts, 'spans'),
    foldedProcesses: countIn(counts, 'foldedProcesses'),
    ...exportOf(counts),
    rejectedSpans: countIn(counts, 'rejectedSpans'),
  };
}

function commandOf(fields: Fields): RunCommand {
  return { exitCode: fields.exitCode === null ? null : wholeIn(fields, 'exitCode', MOST_EXIT_CODE) };
}

/** The format that `parseEnd` reads. */
export function formatEnd(end: RecordingEnd): string {
  if (end.kind === 'continued') return JSON.stringify(end);
  const { progress, ...rest } = end;
  return JSON.stringify({ ...rest, ...progress });
}

type Fields = Readonly<Record<string, unknown>>;

function parseObject(bytes: Uint8Array): Fields {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw new RecordingError('its head is not JSON', { cause: error });
  }
  if (typeof value !== 'object' || value === null) throw new RecordingError('its head has no fields');
  return value as Fields;
}

function textIn(fields: Fields, key: string): string {
  const value = fields[key];
  if (typeof value !== 'string' || value.length > LONGEST_TEXT)
    throw new RecordingError(`its ${key} is missing or invalid`);
  return value;
}

function numberIn(fields: Fields, key: string): number {
  const value = fields[key];
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new RecordingError(`its ${key} is missing or invalid`);
  return value;
}

function countIn(fields: Fields, key: string): number {
  return wholeIn(fields, key, Number.MAX_SAFE_INTEGER);
}

function objectIn<T>(fields: Fields, key: string, read: (fields: Fields) => T): T | null {
  const value = fields[key];
  if (value === null) return null;
  if (typeof value !== 'object') throw new RecordingError(`its ${key} is missing or invalid`);
  return read(value as Fields);
}

/** Seconds between two samples or windows: no time axis may overflow. */
function intervalIn(fields: Fields, key: string): number {
  const value = numberIn(fields, key);
  if (!(value >= LEAST_INTERVAL_SECONDS && value <= MOST_INTERVAL_SECONDS))
    throw new RecordingError(`its ${key} is missing or invalid`);
  return value;
}

function wholeIn(fields: Fields, key: string, most: number): number {
  const value = numberIn(fields, key);
  if (!(Number.isInteger(value) && value >= 0 && value <= most))
    throw new RecordingError(`its ${key} is missing or invalid`);
  return value;
}
