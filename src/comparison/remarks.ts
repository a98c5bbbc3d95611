import { printable } from '../text/printable.ts';
import type { ComparedRun } from './compared-run.ts';
import type { Comparison } from './comparison.ts';

/** Maximum number of units in a remark. */
const MOST_NAMED = 3;

/** Notes on a comparison, each a printable sentence, the most important first. */
export function comparisonRemarks(comparison: Omit<Comparison, 'remarks'>): readonly string[] {
  const { before, after, units } = comparison;
  const all = [...before, ...after];
  const both = units.filter(({ presence }) => presence === 'both');
  const remarks = [
    ...(both.length === 0 ? [nothingInCommon(comparison)] : []),
    ...confidenceRemarks(before.length, after.length),
    ...lengthRemarks(comparison, both),
    ...all.flatMap(({ file, missing }) => missing.map((what) => `${printable(file)} is incomplete: ${what}`)),
    ...[before, after].flatMap(sameRunRemarks),
  ];
  if (ranges(all.map((run) => run.intervalSeconds)) > 1)
    remarks.push('The runs were sampled at different intervals: longer ones miss more peaks.');
  if (new Set(all.map((run) => run.hasExitRecords)).size > 1)
    remarks.push(
      'Some runs have exit records (--exit-records) and others do not. With them, CPU of short-lived processes is booked to their names; without them, to the parents that waited for them.',
    );
  if (sidesDiffer(before, after, (unit) => unit.isCpuOfRows))
    remarks.push('CPU comes from cgroup counters in some runs, and from sums over processes in the others.');
  if (all.some((run) => [...run.units.values()].some(({ rowsWithoutBytes }) => rowsWithoutBytes > 0)))
    remarks.push(
      'Disk and transfer of some processes could not be read and are missing from the sums: they exited too soon or need more privileges (run unitledger doctor).',
    );
  return remarks;
}

function nothingInCommon({ units }: Pick<Comparison, 'units'>): string {
  const of = (side: 'before' | 'after') => named(units, side);
  return (
    `No unit was seen both before and after: before has ${of('before')}, after has ${of('after')}. ` +
    'To compare units with different names, use --unit-map BEFORE=AFTER.'
  );
}

function named(units: Comparison['units'], side: 'before' | 'after'): string {
  const names = units.filter(({ presence }) => presence === side).map(({ unit }) => printable(unit));
  const shown = names.slice(0, MOST_NAMED).map((name) => (name.length > 80 ? `${name.slice(0, 80)}…` : name));
  if (names.length > MOST_NAMED) shown.push(`${names.length - MOST_NAMED} more`);
  return shown.length === 0 ? 'none' : shown.join(', ');
}

function confidenceRemarks(before: number, after: number): readonly string[] {
  if (before === 1 && after === 1)
    return [
      'One run each: differences are unconfirmed, because a single run does not show run-to-run noise. Give several runs of each.',
    ];
  if (before === 1 || after === 1)
    return [
      `One run ${before === 1 ? 'before' : 'after'}: differences are unconfirmed, because a single run does not show run-to-run noise. Give several runs of each.`,
    ];
  if (Math.min(before, after) < 4)
    return [
      `Few runs (${before} before, ${after} after): intervals are wide and hide small differences. Five of each show more.`,
    ];
  return [];
}

function lengthRemarks(
  { lengthsDiffer, before, after }: Omit<Comparison, 'remarks'>,
  both: Comparison['units'],
) {
  if (!lengthsDiffer) return [];
  const lengths = `The runs differ in length (before ${lengthsOf(before)}, after ${lengthsOf(after)})`;
  const finished = both.filter(({ isFinished }) => isFinished).length;
  const ended = 'Units whose processes all ended within every run are compared by totals';
  const rest = 'by rates (cpu.avg, disk.rate): totals grow with the length of a run';
  if (finished === 0) return [`${lengths}, and are compared ${rest}.`];
  if (finished === both.length) return [`${lengths}. ${ended} (cpu.seconds, disk.bytes), not by rates.`];
  return [`${lengths}. ${ended}; the others ${rest}.`];
}

/** A run that is counted twice makes intervals too narrow. */
function sameRunRemarks(runs: readonly ComparedRun[]): readonly string[] {
  return runs.flatMap((run, index) => {
    const twin = runs
      .slice(0, index)
      .find(({ startedAt, endedAt, samples }) =>
        [startedAt === run.startedAt, endedAt === run.endedAt, samples === run.samples].every(Boolean),
      );
    return twin === undefined
      ? []
      : [
          `${printable(twin.file)} and ${printable(run.file)} may be the same run: if they are, intervals are too narrow.`,
        ];
  });
}

function lengthsOf(runs: readonly ComparedRun[]): string {
  const seconds = runs.map((run) => run.seconds);
  const [low, high] = [Math.min(...seconds).toFixed(1), Math.max(...seconds).toFixed(1)];
  return low === high ? `${low}s` : `${low}s to ${high}s`;
}

/** Ratio of the highest to the lowest value. */
function ranges(values: readonly number[]): number {
  return Math.max(...values) / Math.min(...values);
}

function sidesDiffer(
  before: readonly ComparedRun[],
  after: readonly ComparedRun[],
  isSo: (unit: ComparedRun['units'] extends ReadonlyMap<string, infer U> ? U : never) => boolean,
): boolean {
  return [...before, ...after].some(({ units }) =>
    [...units].some(([name, unit]) =>
      [...before, ...after].some((other) => {
        const same = other.units.get(name);
        return unit.isSeen && same?.isSeen === true && isSo(unit) !== isSo(same);
      }),
    ),
  );
}
