import type { KernelCounts, RunCommand, RunExport, RunTraceExport } from '../ledger/document/run-document.ts';
import { PROCESS_DETAILS, type ProcessDetail } from '../sampling/choices.ts';
import { timeOf } from './facts.ts';
import type { Progress } from './recorded-tick.ts';
import { RecordingError } from './recording-error.ts';

/** What a recording says of its run before the first sample. */
export interface RecordingHead {
  /** The run's own id, the same in all its parts. */
  readonly run: string;
  /** 0, 1, 2, … of the run's files. */
  readonly part: number;
  /** The version of the program that wrote it. */
  readonly program: string;
  readonly hostName: string;
  /** The kernel's release; null where that is not known. */
  readonly osVersion: string | null;
  /** The host's machine ID; null where that is not known. */
  readonly hostId: string | null;
  readonly startedUnixMillis: number;
  /** The same on the clock of the samples. */
  readonly startedAtSeconds: number;
  readonly intervalSeconds: number;
  readonly exportIntervalSeconds: number;
  /** `--summary-rows` of the run. */
  readonly summaryRows: number;
  readonly processDetails: readonly ProcessDetail[];
}

/** What it says after the last sample: when the run ended, or that another file goes on. */
export type RecordingEnd =
  | {
      readonly kind: 'ended';
      readonly endedUnixMillis: number;
      readonly progress: Progress;
      /** Null without one. */
      readonly command: RunCommand | null;
    }
  | { readonly kind: 'continued' };

const MOST_SUMMARY_ROWS = 1_000_000;
const MOST_EXIT_CODE = 255;
const LONGEST_TEXT = 1000;

/** Throws RecordingError and nothing else. */
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
    // Not said by earlier versions.
    hostId: (fields.hostId ?? null) === null ? null : textIn(fields, 'hostId'),
    startedUnixMillis: timeOf(numberIn(fields, 'startedUnixMillis')),
    startedAtSeconds: numberIn(fields, 'startedAtSeconds'),
    intervalSeconds: positiveIn(fields, 'intervalSeconds'),
    exportIntervalSeconds: positiveIn(fields, 'exportIntervalSeconds'),
    summaryRows: wholeIn(fields, 'summaryRows', MOST_SUMMARY_ROWS),
    processDetails: details as ProcessDetail[],
  };
}

/** Throws RecordingError and nothing else. */
export function parseEnd(bytes: Uint8Array): RecordingEnd {
  const fields = parseObject(bytes);
  if (fields.kind === 'continued') return { kind: 'continued' };
  return {
    kind: 'ended',
    endedUnixMillis: timeOf(numberIn(fields, 'endedUnixMillis')),
    // Not said by earlier versions.
    command: 'command' in fields ? objectIn(fields, 'command', commandOf) : null,
    progress: {
      missedSamples: countIn(fields, 'missedSamples'),
      // Not said by versions that had no CPU budget.
      stretchedSamples: 'stretchedSamples' in fields ? countIn(fields, 'stretchedSamples') : 0,
      exitRecords: objectIn(fields, 'exitRecords', receivedOf),
      // Not said by versions that had no process events.
      processEvents: 'processEvents' in fields ? objectIn(fields, 'processEvents', receivedOf) : null,
      // Written where it happened.
      kernelEventsStoppedAtSeconds:
        (fields.kernelEventsStoppedAtSeconds ?? null) === null
          ? null
          : numberIn(fields, 'kernelEventsStoppedAtSeconds'),
      export: objectIn(fields, 'export', exportOf),
      // Not said by versions that had no traces.
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

/** What `parseEnd` reads. */
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
    throw new RecordingError('its head is no JSON', { cause: error });
  }
  if (typeof value !== 'object' || value === null) throw new RecordingError('its head holds no fields');
  return value as Fields;
}

function textIn(fields: Fields, key: string): string {
  const value = fields[key];
  if (typeof value !== 'string' || value.length > LONGEST_TEXT)
    throw new RecordingError(`it does not say ${key}`);
  return value;
}

function numberIn(fields: Fields, key: string): number {
  const value = fields[key];
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new RecordingError(`it does not say ${key}`);
  return value;
}

function countIn(fields: Fields, key: string): number {
  return wholeIn(fields, key, Number.MAX_SAFE_INTEGER);
}

function objectIn<T>(fields: Fields, key: string, read: (fields: Fields) => T): T | null {
  const value = fields[key];
  if (value === null) return null;
  if (typeof value !== 'object') throw new RecordingError(`it does not say ${key}`);
  return read(value as Fields);
}

function positiveIn(fields: Fields, key: string): number {
  const value = numberIn(fields, key);
  if (value <= 0) throw new RecordingError(`it does not say ${key}`);
  return value;
}

function wholeIn(fields: Fields, key: string, most: number): number {
  const value = numberIn(fields, key);
  if (!(Number.isInteger(value) && value >= 0 && value <= most))
    throw new RecordingError(`it does not say ${key}`);
  return value;
}
