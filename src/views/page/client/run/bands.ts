import { printable } from '../../../../text/printable.ts';
import type { ProcessFigure } from '../../model/series.ts';
import { shortNameOf } from '../names.ts';
import type { ProcessData, RunData, Values } from './run-data.ts';
import { cpuSecondsOf, type Selection } from './selection.ts';
import type { Grouping } from './view-state.ts';

/** Several processes, or one, that have a colour of their own in all plots. */
export interface Group {
  readonly id: string;
  /** Printable. */
  readonly label: string;
  readonly members: readonly ProcessData[];
  /** Which of the colours; null: the one of the others. */
  readonly colour: number | null;
}

/** One layer of a stack. */
export interface Band {
  readonly label: string;
  /** A colour of the palette, by number or by name. */
  readonly colour: number | 'other' | 'reaped' | 'unattributed';
  readonly values: Values;
}

/** Groups with colours of their own. */
const MOST_GROUPS = 10;

/** The groups of what is shown, heaviest first; of more than there are colours for, the rest are one. */
export function groupsOf(data: RunData, selection: Selection, grouping: Grouping): Group[] {
  const byId = Map.groupBy(selection.shown, (process) => idOf(process, grouping));
  const weigh = weigherOf(selection.shown);
  const all = [...byId].map(([id, members]) => ({ id, members, weight: sum(members.map(weigh)) }));
  all.sort((a, b) => b.weight - a.weight);
  const own = all.length <= MOST_GROUPS + 1 ? all : all.slice(0, MOST_GROUPS);
  const groups: Group[] = own.map(({ id, members }, colour) => ({
    id,
    label: labelOf(data, members, grouping),
    members,
    colour,
  }));
  const rest = all.slice(own.length);
  if (rest.length > 0) {
    const members = rest.flatMap((each) => each.members);
    groups.push({ id: 'rest', label: `${rest.length} others`, members, colour: null });
  }
  return groups;
}

/** The layers of a figure: groups from the bottom up, then what has no row of its own. */
export function bandsOf(
  data: RunData,
  selection: Selection,
  groups: readonly Group[],
  figure: ProcessFigure,
): Band[] {
  const length = data.seconds.length;
  const bands: Band[] = [];
  for (const { label, members, colour } of groups) {
    const values = summed(
      length,
      members.map((process) => process.values?.[figure]),
    );
    if (values !== null) bands.push({ label, colour: colour ?? 'other', values });
  }
  if (selection.isWhole) {
    const others = summed(
      length,
      selection.units.map(({ other }) => other?.[figure]),
    );
    const only = others === null ? null : bands.find(({ colour }) => colour === 'other');
    if (only !== undefined && only !== null) addTo(only.values, others!);
    else if (others !== null)
      bands.push({ label: 'others, ended or small', colour: 'other', values: others });
  }
  if (figure === 'cpu') bands.push(...withoutRow(length, selection));
  return bands;
}

/** CPU of those that have no row: reaped descendants, and what nothing accounts for. */
function withoutRow(length: number, { shown, units, isWhole }: Selection): Band[] {
  const reaped = isWhole
    ? summed(
        length,
        units.map(({ values }) => values.reaped),
      )
    : summed(
        length,
        shown.map(({ values }) => values?.reaped),
      );
  const unattributed = isWhole
    ? summed(
        length,
        units.map(({ values }) => values.unattributed),
      )
    : null;
  const bands: Band[] = [];
  if (hasAny(reaped)) bands.push({ label: 'reaped descendants', colour: 'reaped', values: reaped });
  if (hasAny(unattributed))
    bands.push({ label: 'unattributed', colour: 'unattributed', values: unattributed });
  return bands;
}

/** The sum of what is known; null where nothing is. */
export function summed(length: number, all: readonly (Values | null | undefined)[]): Values | null {
  const known = all.filter((values) => values !== null && values !== undefined);
  if (known.length === 0) return null;
  const total = new Float64Array(length).fill(Number.NaN);
  for (const values of known) addTo(total, values);
  return total;
}

function addTo(total: Values, values: Values): void {
  for (let at = 0; at < total.length; at++) {
    const value = values[at] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    const before = total[at]!;
    total[at] = Number.isNaN(before) ? value : before + value;
  }
}

function hasAny(values: Values | null): values is Values {
  return values?.some((value) => value > 0) ?? false;
}

function idOf({ key, info }: ProcessData, grouping: Grouping): string {
  if (grouping === 'process') return String(key);
  return grouping === 'name' ? info.totals.name : String(info.unit);
}

function labelOf(data: RunData, [first, ...more]: readonly ProcessData[], grouping: Grouping): string {
  if (first === undefined) return '';
  if (grouping === 'unit') return printable(data.units.get(first.info.unit)?.info.totals.unit ?? '');
  const name = shortNameOf(first.info.totals);
  if (grouping === 'process') return `${name} ${first.info.totals.pid}`;
  return more.length === 0 ? name : `${name} ×${more.length + 1}`;
}

/** What a process is worth a colour: its share of all that is shown. */
function weigherOf(shown: readonly ProcessData[]): (process: ProcessData) => number {
  const parts: readonly ((process: ProcessData) => number)[] = [
    cpuSecondsOf,
    ({ info }) => info.totals.memoryBytes?.avg ?? 0,
    ({ info }) => (info.totals.diskBytes ?? 0) / 2,
    ({ info }) => (info.totals.transferBytes ?? 0) / 4,
  ];
  const wholes = parts.map((part) => sum(shown.map(part)) || 1);
  const weights = [1, 0.6, 0.3, 0.2];
  return (process) => sum(parts.map((part, at) => (weights[at]! * part(process)) / wholes[at]!));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
