import { addByName, cpuOf } from '../../../../ledger/document/exited-rows.ts';
import type { RunExited } from '../../../../ledger/document/run-document.ts';
import { printable } from '../../../../text/printable.ts';
import {
  type FoldData,
  type ProcessData,
  type ProcessValues,
  type RunData,
  summedOf,
  type UnitData,
} from './run-data.ts';
import type { ViewState } from './view-state.ts';

/** The selected part of a run. */
export interface Selection {
  /** Without units inside another one, unless one is shown alone. */
  readonly units: readonly UnitData[];
  /** Processes in the table. */
  readonly listed: readonly ProcessData[];
  /** Processes in the plots: the picked ones, or all in the table. */
  readonly shown: readonly ProcessData[];
  /** Processes of `units` without series of their own, by name, for names that are shown completely. */
  readonly others: readonly Others[];
  /** Processes without rows that lifelines show: of those shown, or of all where none is chosen. */
  readonly folds: readonly FoldData[];
  /** Whether `units` are shown completely, with CPU that has no row. */
  readonly isWhole: boolean;
}

/** The processes of one name and unit that have no series of their own, together. */
export interface Others {
  readonly unit: UnitData;
  /** Null: all names without series. */
  readonly name: string | null;
  readonly values: ProcessValues;
}

export function selectionOf(data: RunData, state: ViewState): Selection {
  const units =
    state.unit === null
      ? summedOf([...data.units.values()])
      : [...data.units.values()].filter(({ key }) => key === state.unit);
  const words = state.search.toLowerCase().split(/\s+/).filter(Boolean);
  const listed = [...data.processes.values()].filter(
    (process) =>
      (state.unit === null || process.info.unit === state.unit) &&
      (state.names.size === 0 || state.names.has(process.info.totals.name)) &&
      matches(data, process, words),
  );
  const keys = new Set(units.map(({ key }) => key));
  // Processes of a unit inside another one are among those of the outer one; a search may be for the inner unit.
  const isSummed = ({ info }: ProcessData) => words.length > 0 || keys.has(info.unit);
  const shown = listed.filter((process) =>
    state.picked.size === 0 ? isSummed(process) : state.picked.has(process.key),
  );
  const isOfNames = words.length === 0 && state.picked.size === 0;
  const others = units.flatMap((unit) =>
    [...unit.others]
      .filter(([name]) => state.names.size === 0 || (name !== null && state.names.has(name)))
      .map(([name, values]) => ({ unit, name, values })),
  );
  const isWhole = isOfNames && state.names.size === 0;
  const folds = foldsOf(units, state, words, new Set(shown.map(({ key }) => key)));
  return { units, listed, shown, others: isOfNames ? others : [], folds, isWhole };
}

/** With a search those whose names have its words; where processes are picked, those that descend from them. */
function foldsOf(
  units: readonly UnitData[],
  { names, picked }: ViewState,
  words: readonly string[],
  shown: ReadonlySet<number>,
): FoldData[] {
  return units
    .flatMap(({ key, info }) => info.folds.map((fold): FoldData => ({ ...fold, unit: key })))
    .filter(({ name, parent }) => {
      if (names.size > 0 && !names.has(name)) return false;
      if (picked.size > 0 && (parent === null || !shown.has(parent))) return false;
      const text = `${name}\n${printable(name)}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
}

/** Whether every word is in the name, the command, the PID, or the unit. */
function matches(data: RunData, { info }: ProcessData, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const { name, command, pid, subCgroup } = info.totals;
  const unit = data.units.get(info.unit)?.info.totals.unit ?? '';
  const text =
    `${name}\n${command ?? ''}\n${pid}\n${subCgroup ?? ''}\n${unit}\n${printable(name)}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** Own and reaped CPU. */
export function cpuSecondsOf({ info }: ProcessData): number {
  return cpuOf(info.totals);
}

/** The names of all these units, each once, most CPU first. */
export function namesOf(units: readonly UnitData[]): readonly RunExited[] {
  const sums = new Map<string, RunExited>();
  for (const { info } of units) for (const row of info.totals.names) addByName(sums, row);
  return [...sums.values()].sort((a, b) => b.cpuSeconds - a.cpuSeconds || b.count - a.count);
}
