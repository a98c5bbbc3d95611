import type {
  RunDocument,
  RunExited,
  RunExport,
  RunTraceExport,
  RunUnit,
  RunUnitCpu,
} from '../../ledger/document/run-document.ts';
import type { RunResources } from '../../ledger/document/run-resources.ts';
import { isShared } from '../../ledger/document/shared-unit.ts';
import { printable } from '../../text/printable.ts';
import { byteCount, counted, duration, ratio, seconds, utcDate, utcTime } from '../format.ts';
import { wasSeen } from '../unit-use.ts';
import { totalsSentences } from './totals-sentences.ts';

/**
 * Sentences of a summary, for the table and the Markdown. Only text that goes
 * through `quote`, which escapes it for one view, is hostile.
 */
export type Quote = (text: string) => string;

/** What the first sentence on a run says. */
type RunFacts = Pick<
  RunDocument,
  'startedAt' | 'endedAt' | 'intervalSeconds' | 'samples' | 'missedSamples' | 'stretchedSamples'
>;

/** Time, length and samples of the run; `where` follows the length. */
export function runSentence(document: RunFacts, where = ''): string {
  const length = runSeconds(document);
  const missed = document.missedSamples > 0 ? `, ${document.missedSamples} missed` : '';
  const { stretchedSamples } = document;
  const leftOut = stretchedSamples > 0 ? `, ${stretchedSamples} left out for the CPU budget` : '';
  return (
    `${utcDate(document.startedAt)} to ${utcTime(document.endedAt, document.startedAt)} UTC, ${duration(length)}${where}: ` +
    `${counted(document.samples, 'sample')}, one every ${document.intervalSeconds}s${missed}${leftOut}`
  );
}

/** Length of a run. */
export function runSeconds({ startedAt, endedAt }: Pick<RunDocument, 'startedAt' | 'endedAt'>): number {
  return (Date.parse(endedAt) - Date.parse(startedAt)) / 1_000;
}

/** Sentences on a unit in addition to its name and rows, one per line; `endedAt` is of the run. */
export function unitSentences(unit: RunUnit, endedAt: string, quote: Quote): readonly string[] {
  if (isShared(unit)) return [sharedSentence(unit)];
  if (!wasSeen(unit)) {
    return ['not found in this run: check the name, and that it is running'];
  }
  const resources = resourcesSentence(unit.resources);
  return [
    `${whereSentence(unit, quote)}, ${instancesOf(unit.instances)}, ${processesOf(unit)}`,
    cpuSentence(unit.cpu),
    ...totalsSentences(unit.totals, endedAt),
    ...(resources === null ? [] : [resources]),
  ];
}

function sharedSentence({ cpu }: RunUnit): string {
  return `CPU total ${seconds(cpu.totalSeconds ?? 0)}s of removed cgroups that cannot be assigned to a unit: several ended at once, and their final readings were missed`;
}

/** Describes the folded rows. */
export function exitedSentence(rows: readonly RunExited[]): string {
  const shares = rows.some((row) => row.apportioned) ? '; ~ marks a share of an exact sum' : '';
  return `Exited processes without a row, by name${shares}`;
}

/** Counts of the kernel's exit records, and of its process events if any were lost; null without records. */
export function exitRecordsSentence({
  exitRecords: records,
  processEvents: events,
  startedAt,
}: Pick<RunDocument, 'exitRecords' | 'processEvents' | 'startedAt'>): string | null {
  if (records === null) return null;
  const lost = records.lost > 0 ? `, ${records.lost} lost: some processes have no name` : ', none lost';
  const lostEvents =
    events !== null && events.lost > 0
      ? `; ${events.lost} of ${events.received + events.lost} process events lost`
      : '';
  const stopped =
    records.stoppedAt === null
      ? ''
      : `; stopped at ${utcTime(records.stoppedAt, startedAt)} because reading them took too much CPU: short-lived processes have no names after that (--exit-records=on never stops)`;
  return `${records.received} received${lost}${lostEvents}${stopped}`;
}

/** Outcome of the export windows, and of the spans if any were to be sent. */
export function outcomeLines(document: Pick<RunDocument, 'export' | 'traces'>): readonly string[] {
  const traces = tracesSentence(document.traces);
  return [`Export: ${exportSentence(document.export)}`, ...(traces === null ? [] : [`Traces: ${traces}`])];
}

/** Outcome of the export windows. */
function exportSentence(outcome: RunExport | null): string {
  if (outcome === null) return 'nothing sent';
  const spooled = outcome.spooled > 0 ? `, still spooled ${outcome.spooled}` : '';
  return `delivered ${counted(outcome.delivered, 'window')}, failed ${outcome.failed}${spooled}`;
}

/** Outcome of the spans; null if none were to be sent. */
function tracesSentence(outcome: RunTraceExport | null): string | null {
  if (outcome === null) return null;
  const { spans, foldedProcesses, delivered, failed, spooled, rejectedSpans } = outcome;
  return [
    counted(spans, 'span'),
    ...(foldedProcesses > 0 ? [`${foldedProcesses} processes folded`] : []),
    `delivered ${counted(delivered, 'batch', 'batches')}`,
    `failed ${failed}`,
    ...(spooled > 0 ? [`still spooled ${spooled}`] : []),
    ...(rejectedSpans > 0 ? [`the collector rejected ${counted(rejectedSpans, 'span')}`] : []),
  ].join(', ');
}

function whereSentence(unit: RunUnit, quote: Quote): string {
  if (unit.foldedUnits > 0) return `${counted(unit.foldedUnits, 'unit')} folded into one`;
  return unit.cgroup === null ? 'no cgroup of its own' : `cgroup ${quote(unit.cgroup)}`;
}

function instancesOf(instances: number): string {
  const restarts = instances > 1 ? ` (${counted(instances - 1, 'restart')})` : '';
  return counted(instances, 'instance') + restarts;
}

function processesOf(unit: RunUnit): string {
  const folded = unit.exited.reduce((sum, row) => sum + row.count, 0);
  let running = 0;
  for (const row of unit.processes) if (row.endedAt === null) running++;
  const all = unit.processes.length + folded;
  if (all === 0) return 'no process seen';
  const ended = all - running;
  const said = [running > 0 ? `${running} running` : '', ended > 0 ? `${ended} ended` : ''];
  return `${counted(all, 'process', 'processes')} (${said.filter((part) => part !== '').join(', ')})`;
}

function cpuSentence(cpu: RunUnitCpu): string {
  if (cpu.totalSeconds === null) {
    return `CPU total unknown (no cgroup counter), ${seconds(cpu.attributedSeconds)}s booked to processes`;
  }
  const covered = cpu.coverage === null ? 'coverage - (it used no CPU)' : `coverage ${ratio(cpu.coverage)}`;
  return `CPU total ${seconds(cpu.totalSeconds)}s, ${covered}, ${unattributedOf(cpu.unattributed)}`;
}

function unattributedOf(rest: RunUnitCpu['unattributed']): string {
  if (rest === null) return 'unattributed unknown';
  const apart = rest.reapedOutsideSeconds;
  const all = `unattributed ${seconds((apart ?? 0) + rest.unknownSeconds)}s`;
  if (apart === null) {
    return isNothing(rest.unknownSeconds) ? all : `${all} (auto-reaped, reaped outside the unit, or unknown)`;
  }
  const causes = [
    isNothing(apart) ? '' : `${seconds(apart)}s reaped outside the unit`,
    isNothing(rest.unknownSeconds) ? '' : `${seconds(rest.unknownSeconds)}s auto-reaped or unknown`,
  ].filter((cause) => cause !== '');
  return causes.length === 0 ? all : `${all} (${causes.join(', ')})`;
}

/** Whether it would be rounded to 0. */
function isNothing(cpuSeconds: number): boolean {
  return Number(seconds(cpuSeconds)) === 0;
}

/** Metrics of a unit's cgroups in one line; only those that are known and not zero. Null if there are none. */
export function resourcesSentence(resources: RunResources | null): string | null {
  if (resources === null) return null;
  const parts = [
    memoryOf(resources),
    someSeconds(resources.throttledSeconds, (text) => `throttled ${text} by its CPU limit`),
    waitsOf(resources.pressure),
    disksOf(resources.disks),
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(', ');
}

function memoryOf({ memoryPeakBytes, memoryEvents }: RunResources): string | null {
  const events = [
    some(memoryEvents.max, (times) => `limit reached ${counted(times, 'time')}`),
    some(memoryEvents.high, (times) => `throttled ${counted(times, 'time')}`),
    some(memoryEvents.oomKill, (kills) => counted(kills, 'OOM kill')),
  ].filter((event) => event !== null);
  const peak = some(memoryPeakBytes, (bytes) => `peak ${byteCount(bytes)}`);
  if (peak === null && events.length === 0) return null;
  return `memory ${[...(peak === null ? [] : [peak]), ...events].join(' · ')}`;
}

function waitsOf({ cpu, memory, io }: RunResources['pressure']): string | null {
  const waits = [
    someSeconds(cpu.someSeconds, (text) => `CPU ${text}`),
    someSeconds(memory.someSeconds, (text) => `memory ${text}`),
    someSeconds(io.someSeconds, (text) => `I/O ${text}`),
  ].filter((wait) => wait !== null);
  return waits.length === 0 ? null : `waited for ${waits.join(' · ')}`;
}

/** The most used device: a sum over all would count stacked ones twice. */
function disksOf(disks: RunResources['disks']): string | null {
  const used = (disks ?? []).filter((disk) => disk.readBytes + disk.writeBytes > 0);
  const [first] = [...used].sort((a, b) => b.readBytes + b.writeBytes - a.readBytes - a.writeBytes);
  if (first === undefined) return null;
  const more = used.length > 1 ? ` (+${counted(used.length - 1, 'device')})` : '';
  const { name, readBytes, writeBytes } = first;
  return `${printable(name)} ${byteCount(readBytes)} read · ${byteCount(writeBytes)} written${more}`;
}

function some(value: number | null, say: (value: number) => string): string | null {
  return value === null || value === 0 ? null : say(value);
}

function someSeconds(value: number | null, say: (text: string) => string): string | null {
  const text = seconds(value);
  return value === null || Number(text) === 0 ? null : say(`${text}s`);
}
