import { ofQuantities } from '../ledger/document/quantities.ts';
import { printable } from '../text/printable.ts';
import type { UnitSource } from './metrics.ts';
import { RunFileError } from './run-file-error.ts';
import type { ExitedRow, ProcessRow, UnitHead } from './unit-sums.ts';

/** An object of a run document, with its path for messages. */
export interface Part {
  readonly fields: Readonly<Record<string, unknown>>;
  /** `units[2].processes[7]`; empty for the document. */
  readonly at: string;
}

const LONGEST_SHOWN = 40;

/** Throws RunFileError if `value` is no object. */
export function partOf(value: unknown, at: string): Part {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw mustBe(at, 'an object', value);
  return { fields: value as Part['fields'], at };
}

/** The fields of a process row that are used. Throws RunFileError for an invalid field, like all functions here. */
export function processRow(part: Part): ProcessRow {
  const memory = part.fields.memoryBytes === null ? null : childOf(part, 'memoryBytes');
  const cpu = part.fields.cpuPercent === null ? null : childOf(part, 'cpuPercent');
  return {
    name: textIn(part, 'name'),
    endedAt: part.fields.endedAt === null ? null : textIn(part, 'endedAt'),
    samples: amountIn(part, 'samples'),
    cpuSeconds: amountIn(part, 'cpuSeconds'),
    reapedCpuSeconds: amountIn(part, 'reapedCpuSeconds'),
    diskBytes: amountOrNullIn(part, 'diskBytes'),
    transferBytes: amountOrNullIn(part, 'transferBytes'),
    cpuPercent: cpu === null ? null : { max: amountIn(cpu, 'max') },
    memoryBytes: memory === null ? null : { max: amountIn(memory, 'max'), avg: amountIn(memory, 'avg') },
  };
}

/** The fields of a row of exited processes that are used. */
export function exitedRow(part: Part): ExitedRow {
  return {
    name: textIn(part, 'name'),
    count: amountIn(part, 'count'),
    cpuSeconds: amountIn(part, 'cpuSeconds'),
    diskBytes: amountOrNullIn(part, 'diskBytes'),
    transferBytes: amountOrNullIn(part, 'transferBytes'),
    peakMemoryBytes: amountOrNullIn(part, 'peakMemoryBytes'),
    apportioned: flagIn(part, 'apportioned'),
  };
}

/** The fields of a unit that are used, without its rows. */
export function unitHead(part: Part): UnitHead {
  const cpu = childOf(part, 'cpu');
  const unattributed = childOrNullOf(cpu, 'unattributed');
  const resources = childOrNullOf(part, 'resources');
  const events = resources === null ? null : childOf(resources, 'memoryEvents');
  return {
    unit: textIn(part, 'unit'),
    instances: amountIn(part, 'instances'),
    foldedUnits: amountIn(part, 'foldedUnits'),
    totalCpuSeconds: amountOrNullIn(cpu, 'totalSeconds'),
    attributedCpuSeconds: amountIn(cpu, 'attributedSeconds'),
    unattributedCpuSeconds:
      unattributed === null
        ? null
        : (amountOrNullIn(unattributed, 'reapedOutsideSeconds') ?? 0) +
          numberIn(unattributed, 'unknownSeconds'),
    // Missing in documents of earlier versions.
    totals: part.fields.totals === undefined ? null : unitTotals(childOf(part, 'totals')),
    memoryPeakBytes: resources === null ? null : amountOrNullIn(resources, 'memoryPeakBytes'),
    throttledSeconds: resources === null ? null : amountOrNullIn(resources, 'throttledSeconds'),
    oomKills: events === null ? null : amountOrNullIn(events, 'oomKill'),
  };
}

function unitTotals(part: Part): UnitHead['totals'] {
  return {
    processesSeen: amountIn(part, 'processesSeen'),
    statistics: {
      processesAlive: statisticIn(part, 'processesAlive'),
      ...ofQuantities((field) => statisticIn(part, field)),
    },
    diskBytes: amountOrNullIn(part, 'diskBytes'),
    transferBytes: amountOrNullIn(part, 'transferBytes'),
  };
}

function textIn({ fields, at }: Part, key: string): string {
  const value = fields[key];
  if (typeof value !== 'string') throw mustBe(within(at, key), 'a string', value);
  return value;
}

/** A time in ISO 8601. */
export function timeIn(part: Part, key: string): string {
  const text = textIn(part, key);
  if (!Number.isFinite(Date.parse(text))) throw mustBe(within(part.at, key), 'a time', text);
  return text;
}

/** A number >= 0. */
export function amountIn({ fields, at }: Part, key: string): number {
  const value = fields[key];
  // JSON.parse reads `1e999` as infinity.
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
    throw mustBe(within(at, key), 'a number from 0 on', value);
  return value;
}

export function listIn({ fields, at }: Part, key: string): readonly unknown[] {
  const value = fields[key];
  if (!Array.isArray(value)) throw mustBe(within(at, key), 'a list', value);
  return value;
}

function statisticIn(part: Part, key: string): UnitSource['statistics']['cpuPercent'] {
  const statistic = childOrNullOf(part, key);
  return statistic === null ? null : { max: amountIn(statistic, 'max'), avg: amountIn(statistic, 'avg') };
}

/** A number that may be negative, because of the resolution of two clocks. */
function numberIn({ fields, at }: Part, key: string): number {
  const value = fields[key];
  if (typeof value !== 'number' || !Number.isFinite(value)) throw mustBe(within(at, key), 'a number', value);
  return value;
}

function flagIn({ fields, at }: Part, key: string): boolean {
  const value = fields[key];
  if (typeof value !== 'boolean') throw mustBe(within(at, key), 'true or false', value);
  return value;
}

function amountOrNullIn(part: Part, key: string): number | null {
  return part.fields[key] === null ? null : amountIn(part, key);
}

function childOrNullOf(part: Part, key: string): Part | null {
  return part.fields[key] === null ? null : childOf(part, key);
}

function childOf({ fields, at }: Part, key: string): Part {
  return partOf(fields[key], within(at, key));
}

function within(at: string, key: string): string {
  return at === '' ? key : `${at}.${key}`;
}

function mustBe(at: string, what: string, value: unknown): RunFileError {
  const text = value === undefined ? 'absent' : shown(value);
  return new RunFileError(`it is no run document: ${at === '' ? 'it' : at} must be ${what}, not ${text}`);
}

/** For messages: lists and objects may be large and deep. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = typeof value === 'string' ? `"${value.slice(0, LONGEST_SHOWN)}"` : String(value);
  return printable(text);
}
