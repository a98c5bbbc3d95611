import type {
  RunDocument,
  RunExited,
  RunExitRecords,
  RunExport,
  RunUnit,
  RunUnitCpu,
} from '../../ledger/document/run-document.ts';
import { isShared } from '../../ledger/document/shared-unit.ts';
import { counted, duration, ratio, seconds, utcDate, utcTime } from '../format.ts';
import { resourcesSentence } from './resources-sentence.ts';
import { totalsSentences } from './totals-sentences.ts';

/**
 * What a summary says in words, for the table and the markdown alike. Nothing of it is hostile but what goes
 * through `quote`, which makes such text harmless in the way of one view.
 */
export type Quote = (text: string) => string;

/** When the run was, and how often it looked. */
export function runSentence(document: RunDocument): string {
  const length = (Date.parse(document.endedAt) - Date.parse(document.startedAt)) / 1_000;
  const missed = document.missedSamples > 0 ? `, ${document.missedSamples} missed` : '';
  const { stretchedSamples } = document;
  const leftOut = stretchedSamples > 0 ? `, ${stretchedSamples} left out for the CPU budget` : '';
  return (
    `${utcDate(document.startedAt)} to ${utcTime(document.endedAt, document.startedAt)} UTC, ${duration(length)}: ` +
    `${counted(document.samples, 'sample')}, one every ${document.intervalSeconds}s${missed}${leftOut}`
  );
}

/** What there is to say of a unit beside its name and its rows, one sentence a line; `endedAt`: the run. */
export function unitSentences(unit: RunUnit, endedAt: string, quote: Quote): readonly string[] {
  if (isShared(unit)) return [sharedSentence(unit)];
  if (unit.instances === 0 && (unit.cpu.totalSeconds ?? 0) === 0) {
    return ['never seen in this run: check the name, that it is running, and that it has processes'];
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
  return `CPU total ${seconds(cpu.totalSeconds ?? 0)}s of removed cgroups that cannot be assigned to a unit: several ended at once, and their last readings were missed`;
}

/** What the folded rows are. */
export function exitedSentence(rows: readonly RunExited[]): string {
  const unseen = rows.some((row) => row.apportioned) ? 'unseen (CPU is apportioned: ~), ' : '';
  return `exited ${unseen}within one sample or beyond --summary-rows, folded by name`;
}

/** What the kernel's exit records came to; null where there were none. */
export function exitRecordsSentence(records: RunExitRecords | null): string | null {
  if (records === null) return null;
  const lost = records.lost > 0 ? `, ${records.lost} lost: some processes have no name` : ', none lost';
  return `${records.received} received${lost}`;
}

/** What became of the export windows. */
export function exportSentence(outcome: RunExport | null): string {
  if (outcome === null) return 'nothing was to be sent';
  const spooled = outcome.spooled > 0 ? `, still spooled ${outcome.spooled}` : '';
  return `delivered ${counted(outcome.delivered, 'window')}, failed ${outcome.failed}${spooled}`;
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
  const running = unit.processes.filter((row) => row.endedAt === null).length;
  const all = unit.processes.length + folded;
  if (all === 0) return 'no process seen';
  const ended = all - running;
  const said = [running > 0 ? `${running} running` : '', ended > 0 ? `${ended} ended` : ''];
  return `${counted(all, 'process', 'processes')} (${said.filter((part) => part !== '').join(', ')})`;
}

function cpuSentence(cpu: RunUnitCpu): string {
  if (cpu.totalSeconds === null) {
    return `CPU total unknown (no cgroup counter), ${seconds(cpu.attributedSeconds)}s in the rows`;
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

/** Whether it would read as nothing. */
function isNothing(cpuSeconds: number): boolean {
  return Number(seconds(cpuSeconds)) === 0;
}
