import { printable } from '../../../../text/printable.ts';
import { type ProcessData, type ProcessValues, type RunData, summedOf, type UnitData } from './run-data.ts';
import type { ViewState } from './view-state.ts';

/** What is shown of a run: what was chosen of it. */
export interface Selection {
  /** Without those that lie in another one, unless it is shown alone. */
  readonly units: readonly UnitData[];
  /** Those that the table lists. */
  readonly listed: readonly ProcessData[];
  /** Those that plots show: of those listed, the picked ones, if any are. */
  readonly shown: readonly ProcessData[];
  /** Processes of `units` without series of their own, by name, as far as all of a name is shown. */
  readonly others: readonly Others[];
  /** Whether all of `units` is shown: with what has no row of its own. */
  readonly isWhole: boolean;
}

/** The processes of one name and unit that have no series of their own, together. */
export interface Others {
  readonly unit: UnitData;
  /** Null: of all names that have no series. */
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
  // Processes of a unit that lies in another one are among those of that one; a search may be for the unit.
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
  return { units, listed, shown, others: isOfNames ? others : [], isWhole };
}

/** All words, each in the name, the command, the PID, or the unit. */
function matches(data: RunData, { info }: ProcessData, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const { name, command, pid, subCgroup } = info.totals;
  const unit = data.units.get(info.unit)?.info.totals.unit ?? '';
  const text =
    `${name}\n${command ?? ''}\n${pid}\n${subCgroup ?? ''}\n${unit}\n${printable(name)}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** Its own CPU and what it reaped. */
export function cpuSecondsOf({ info }: ProcessData): number {
  return info.totals.cpuSeconds + info.totals.reapedCpuSeconds;
}
