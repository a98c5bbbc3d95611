import { QUANTITY_NAMES, type Quantity } from '../../../../ledger/document/quantities.ts';
import { printable } from '../../../../text/printable.ts';
import type { ProcessFigure } from '../../model/series.ts';
import { shortNameOf } from '../names.ts';
import { GROUP_COLOURS } from '../palette.ts';
import { type ProcessData, type RunData, sumOf, type Values } from './run-data.ts';
import { cpuSecondsOf, type Others, type Selection } from './selection.ts';
import type { Grouping } from './view-state.ts';

/** One or more processes with a colour of their own in all plots. */
export interface Group {
  readonly id: string;
  /** Printable. */
  readonly label: string;
  /** Processes of the group with rows of their own. */
  readonly members: readonly ProcessData[];
  /** Processes of the group without series of their own. */
  readonly others: readonly Others[];
  /** The common process name, if groups are names. */
  readonly name: string | null;
  /** Index of the colour; null: the colour of the others. */
  readonly colour: number | null;
}

/** One layer of a stack. */
export interface Band {
  readonly label: string;
  /** A colour of the palette, by number or by name. */
  readonly colour: number | 'other' | 'reaped' | 'unattributed';
  readonly values: Values;
}

interface Parts {
  readonly members: ProcessData[];
  readonly others: Others[];
}

/** Number of groups with colours of their own. */
const MOST_GROUPS = GROUP_COLOURS.light.length;

/**
 * The groups of the selection, heaviest first; groups beyond the number of colours are merged. Together, groups of any kind
 * have everything that is shown, each process once.
 */
export function groupsOf(data: RunData, selection: Selection, grouping: Grouping): Group[] {
  const parts = partsOf(selection, grouping);
  const rest: Parts = parts.get(null) ?? { members: [], others: [] };
  parts.delete(null);
  const weigh = weigherOf(data, selection);
  const all = [...parts].map(([id, part]) => ({ id: id!, ...part, weight: weigh(part) }));
  all.sort((a, b) => b.weight - a.weight);
  // A single group beyond them has the colour of the others, and its name.
  const isAlone = all.length === MOST_GROUPS + 1 && rest.members.length + rest.others.length === 0;
  const own = isAlone ? all : all.slice(0, MOST_GROUPS);
  const groups: Group[] = own.map(({ id, members, others }, at) => ({
    id,
    label: labelOf(data, selection, { members, others }, grouping),
    members,
    others,
    name: grouping === 'name' ? id : null,
    colour: at < MOST_GROUPS ? at : null,
  }));
  const left = all.slice(own.length);
  for (const { members, others } of left) {
    rest.members.push(...members);
    rest.others.push(...others);
  }
  if (rest.members.length + rest.others.length > 0) {
    const label = left.length > 1 ? `${left.length} others` : 'others, ended or small';
    groups.push({ id: 'rest', label, ...rest, name: null, colour: null });
  }
  return groups;
}

/** The selection by the key of its group; null: no group. */
function partsOf({ shown, others }: Selection, grouping: Grouping): Map<string | null, Parts> {
  const parts = new Map<string | null, Parts>();
  const of = (id: string | null) => {
    let part = parts.get(id);
    if (part === undefined) {
      part = { members: [], others: [] };
      parts.set(id, part);
    }
    return part;
  };
  for (const process of shown) of(idOf(process, grouping)).members.push(process);
  for (const each of others) {
    const id = grouping === 'process' ? null : grouping === 'name' ? each.name : String(each.unit.key);
    of(id).others.push(each);
  }
  return parts;
}

/** The layers of a figure: groups from the bottom up, then CPU without rows. */
export function bandsOf(
  data: RunData,
  selection: Selection,
  groups: readonly Group[],
  figure: ProcessFigure,
): Band[] {
  const length = data.seconds.length;
  const bands: Band[] = [];
  for (const { label, members, others, colour } of groups) {
    const values = summed(length, [
      ...members.map((process) => process.values?.[figure]),
      ...others.map((each) => each.values[figure]),
    ]);
    if (values !== null) bands.push({ label, colour: colour ?? 'other', values });
  }
  if (figure === 'cpu') bands.push(...withoutRow(length, selection));
  return bands;
}

/** CPU without rows: reaped descendants, and unattributed CPU. */
function withoutRow(length: number, { shown, others, units, isWhole }: Selection): Band[] {
  const reaped = summed(
    length,
    isWhole
      ? units.map(({ values }) => values.reaped)
      : [...shown.map(({ values }) => values?.reaped), ...others.map(({ values }) => values.reaped)],
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

/** The sum of the known values; null if none is known. */
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

function labelOf(
  data: RunData,
  selection: Selection,
  { members, others }: Parts,
  grouping: Grouping,
): string {
  const [first] = members;
  if (grouping === 'unit') {
    const unit = first === undefined ? others[0]?.unit : data.units.get(first.info.unit);
    return printable(unit?.info.totals.unit ?? '');
  }
  const name = first?.info.totals.name ?? others[0]?.name ?? '';
  if (grouping === 'process') return `${shortNameOf({ name })} ${first?.info.totals.pid}`;
  // The table of names also counts processes that were never sampled.
  const count = selection.isWhole ? countOf(selection, name) : members.length;
  return count > 1 ? `${shortNameOf({ name })} ×${count}` : shortNameOf({ name });
}

function countOf({ units }: Selection, name: string): number {
  return sumOf(units.map(({ info }) => info.totals.names.find((row) => row.name === name)?.count ?? 0));
}

/** The weight of a group for a colour: its shares of the selection's CPU, memory over time, disk and transfer. */
function weigherOf(data: RunData, { shown, others }: Selection): (parts: Parts) => number {
  const used = new Map<ProcessData | Others, Used>([
    ...shown.map((process) => [process, usedBy(data, process)] as const),
    ...others.map((each) => [each, usedByOthers(data, each)] as const),
  ]);
  const wholes = usedOf((quantity) => sumOf([...used.values()].map((each) => each[quantity])) || 1);
  return ({ members, others: rest }) =>
    sumOf(
      [...members, ...rest].map((each) =>
        sumOf(QUANTITY_NAMES.map((name) => (WEIGHTS[name] * used.get(each)![name]) / wholes[name])),
      ),
    );
}

/** Shares of the quantities in the weight of a group. */
const WEIGHTS: Used = { cpu: 1, memory: 0.6, disk: 0.15, transfer: 0.05 };

/** CPU seconds, byte seconds of memory, bytes of disk and of transfer. */
type Used = Readonly<Record<Quantity, number>>;

function usedOf(valueFrom: (quantity: Quantity) => number): Used {
  return Object.fromEntries(QUANTITY_NAMES.map((quantity) => [quantity, valueFrom(quantity)])) as Used;
}

/** Processes without series are among the others. */
function usedBy(data: RunData, process: ProcessData): Used {
  if (process.values === null) return usedOf(() => 0);
  const { memoryBytes, diskBytes, transferBytes, livedSeconds } = process.info.totals;
  const seconds = Math.min(livedSeconds ?? data.spanSeconds, data.spanSeconds);
  return {
    cpu: cpuSecondsOf(process),
    memory: (memoryBytes?.avg ?? 0) * seconds,
    disk: diskBytes ?? 0,
    transfer: transferBytes ?? 0,
  };
}

function usedByOthers({ seconds }: RunData, { values }: Others): Used {
  return usedOf((figure) => {
    let used = 0;
    for (const [point, each] of seconds.entries()) used += (values[figure]?.[point] || 0) * each;
    return used;
  });
}
