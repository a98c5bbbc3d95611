import { ofQuantities } from '../../ledger/document/quantities.ts';
import type {
  RunDocument,
  RunExited,
  RunProcess,
  RunStatistic,
  RunUnit,
  RunUnitCpu,
  RunUnitTotals,
} from '../../ledger/document/run-document.ts';
import { wholeRowOf } from '../../ledger/document/run-process.ts';
import type { RunResources } from '../../ledger/document/run-resources.ts';
import { printable } from '../../text/printable.ts';

/** Statistics without the time of their maximum: `maxAfterSeconds` has it, and the line of a unit should stay short. */
type LoggedTotals = {
  readonly [K in keyof RunUnitTotals]: RunUnitTotals[K] extends RunStatistic | null
    ? Omit<RunStatistic, 'maxAt'> | null
    : RunUnitTotals[K];
};

/**
 * A part of the summary as a structured log record. The fields are nested, because `pid`, `name` and `time` at the top
 * level are the logger's own. Text is printable, so a record is harmless in any output.
 */
export type SummaryRecord =
  | {
      readonly event: 'summary.unit';
      readonly unit: string;
      readonly cgroup: string | null;
      readonly instances: number;
      readonly foldedUnits: number;
      readonly runStartedAt: string;
      readonly runEndedAt: string;
      readonly cpu: RunUnitCpu;
      readonly totals: LoggedTotals;
      readonly resources: RunResources | null;
    }
  | { readonly event: 'summary.process'; readonly unit: string; readonly process: RunProcess }
  | { readonly event: 'summary.exited'; readonly unit: string; readonly exited: RunExited };

/**
 * Maximum bytes of a text in a record, as JSON in UTF-8. Together with the other fields, a record stays well under the
 * 16 KiB at which container runtimes split a log line, with room for the logger's own fields.
 */
const UNIT_BYTES = 1_024;
const CGROUP_BYTES = 4_096;
const SUB_CGROUP_BYTES = 1_024;
const NAME_BYTES = 512;
const COMMAND_BYTES = 8_192;
/** Limits of disks, and of digits of a fraction, in a unit's record: its line is under 2 KiB unless its names are long. */
const MOST_DISKS = 2;
const DIGITS = 7;

/**
 * The summary as log records: one per unit; `withProcesses`, also one for each process row and for each name of
 * folded exited processes, in the document's order. Made on demand, one by one; each is under 16 KiB as JSON.
 */
export function* summaryRecords(
  document: RunDocument,
  withProcesses: boolean,
): Generator<SummaryRecord, void, undefined> {
  for (const unit of document.units) {
    const name = bounded(unit.unit, UNIT_BYTES);
    yield unitRecord(document, unit, name);
    if (!withProcesses) continue;
    for (const row of unit.processes) {
      const command = row.command === null ? null : bounded(row.command, COMMAND_BYTES);
      const subCgroup = row.subCgroup === null ? null : bounded(row.subCgroup, SUB_CGROUP_BYTES);
      yield {
        event: 'summary.process',
        unit: name,
        process: { ...wholeRowOf(row), name: bounded(row.name, NAME_BYTES), command, subCgroup },
      };
    }
    for (const row of unit.exited) {
      yield { event: 'summary.exited', unit: name, exited: { ...row, name: bounded(row.name, NAME_BYTES) } };
    }
  }
}

function unitRecord(document: RunDocument, unit: RunUnit, name: string): SummaryRecord {
  return {
    event: 'summary.unit',
    unit: name,
    cgroup: unit.cgroup === null ? null : bounded(unit.cgroup, CGROUP_BYTES),
    instances: unit.instances,
    foldedUnits: unit.foldedUnits,
    runStartedAt: document.startedAt,
    runEndedAt: document.endedAt,
    cpu: rounded(unit.cpu),
    totals: rounded(withoutTimes(unit.totals)),
    resources: rounded(unit.resources && { ...unit.resources, disks: busiestOf(unit.resources.disks) }),
  };
}

function withoutTimes(totals: RunUnitTotals): LoggedTotals {
  const short = (statistic: RunStatistic | null) => {
    if (statistic === null) return null;
    const { min, max, avg, p95, maxAfterSeconds } = statistic;
    return { min, max, avg, p95, maxAfterSeconds };
  };
  return {
    ...totals,
    processesAlive: short(totals.processesAlive),
    ...ofQuantities((field) => short(totals[field])),
  };
}

/** The disks with most I/O, in the order of the document. */
function busiestOf(disks: RunResources['disks']): RunResources['disks'] {
  if (disks === null || disks.length <= MOST_DISKS) return disks;
  const bytesOf = ({ readBytes, writeBytes }: { readBytes: number; writeBytes: number }) =>
    readBytes + writeBytes;
  const busiest = new Set(disks.toSorted((a, b) => bytesOf(b) - bytesOf(a)).slice(0, MOST_DISKS));
  return disks.filter((disk) => busiest.has(disk));
}

/** The same values; fractions with seven digits, because the line of a unit should stay short. */
function rounded<Figures>(figures: Figures): Figures {
  if (typeof figures === 'number')
    return (Number.isInteger(figures) ? figures : Number(figures.toPrecision(DIGITS))) as Figures;
  if (typeof figures !== 'object' || figures === null) return figures;
  if (Array.isArray(figures)) return figures.map(rounded) as Figures;
  return Object.fromEntries(Object.entries(figures).map(([key, value]) => [key, rounded(value)])) as Figures;
}

/** `text` made printable, or as much of its start as fits into `maxBytes` of JSON, with a mark that shows its length. */
function bounded(text: string, maxBytes: number): string {
  // Every UTF-16 unit takes at least a byte: a longer text cannot fit and is not escaped.
  if (text.length <= maxBytes) {
    const whole = printable(text);
    if (jsonBytes(whole) <= maxBytes) return whole;
  }
  const mark = `… (cut, ${Buffer.byteLength(text)} bytes)`;
  let fits = 0;
  let tooLong = Math.min(text.length, maxBytes);
  while (tooLong - fits > 1) {
    const half = (fits + tooLong) >> 1;
    if (jsonBytes(printable(text.slice(0, half)) + mark) <= maxBytes) fits = half;
    else tooLong = half;
  }
  return printable(text.slice(0, isHighSurrogate(text.charCodeAt(fits - 1)) ? fits - 1 : fits)) + mark;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text));
}
