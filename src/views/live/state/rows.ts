import { outermostOf } from '../../../host/nested-path.ts';
import { nullableSum } from '../../../host/nullable.ts';
import { ofQuantities } from '../../../ledger/document/quantities.ts';
import type { LiveFrame, LiveName, LiveUnit } from '../model/frame.ts';
import { outerUnitsOf } from '../model/whole-run.ts';
import type { Exits } from './exits.ts';
import { sortedBy, sortedByName, sortedItems } from './order.ts';
import type { Ranks } from './ranks.ts';
import {
  type ExitedRow,
  type Item,
  keyOfName,
  keyOfProcess,
  keyOfSubCgroup,
  keyOfUnit,
  type NameRow,
  type ProcessRow,
  type Row,
  type UnattributedRow,
  type UnitRow,
} from './row.ts';
import { isUnitFolded } from './selection.ts';
import { branchesOf } from './tree.ts';
import { filterOf, type ViewState } from './view-state.ts';

/** With more units than this, units are folded initially. */
export const MOST_UNFOLDED = 8;
/** CPU seconds below which there is no row: they are shown with two digits. */
const LEAST_UNATTRIBUTED_SECONDS = 0.005;

/** Inputs of the rows. */
interface Table {
  readonly frame: LiveFrame;
  readonly state: ViewState;
  readonly exits: Exits;
  readonly ranks: Ranks;
}

/** All rows of the table, in order. */
export function rowsOf(frame: LiveFrame, state: ViewState, exits: Exits, ranks: Ranks): Row[] {
  const table = { frame, state, exits, ranks };
  if (state.mode === 'unit') return unitRows(table);
  const isAlone = frame.units.length < 2;
  // Paths of cgroups are relative to their units.
  const isGrouped = state.isGrouped || state.mode === 'cgroup';
  if (isGrouped && !(isAlone && state.mode === 'process')) return groupedRows(table);
  return state.mode === 'name' ? namesTogether(table) : processesTogether(table);
}

/** One row per unit. */
function unitRows({ frame, state, ranks }: Table): Row[] {
  const matches = matcherOf(filterOf(state));
  const outer = outerUnitsOf(frame.units);
  return sortedUnits(frame.units, state, ranks)
    .filter(({ name }) => matches(name))
    .map((unit) => unitRowOf(unit, outer, false));
}

/** Each unit, with its own rows below it. */
function groupedRows(table: Table): Row[] {
  const { frame, state, ranks } = table;
  const filter = filterOf(state);
  const matches = matcherOf(filter);
  const byUnit =
    state.mode === 'process'
      ? Map.groupBy(itemsOf(table), ({ process }) => process.unitKey)
      : new Map<number, Item[]>();
  const outer = outerUnitsOf(frame.units);
  const rows: Row[] = [];
  for (const unit of sortedUnits(frame.units, state, ranks)) {
    const key = keyOfUnit(unit);
    const isWhole = filter !== '' && matches(unit.name);
    // With a filter, matching rows are shown even if all units are folded.
    const isFolded = isUnitFolded(key, state) && (filter === '' || isWhole);
    const members = isFolded
      ? []
      : membersOf(unit, byUnit.get(unit.key) ?? [], table, isWhole ? () => true : matches);
    if (filter !== '' && !isWhole && members.length === 0) continue;
    rows.push(unitRowOf(unit, outer, isFolded));
    for (const member of members) rows.push(member);
  }
  return rows;
}

function unitRowOf(unit: LiveUnit, outer: ReadonlyMap<number, LiveUnit>, isFolded: boolean): UnitRow {
  const within = outer.get(unit.key)?.name ?? null;
  return { kind: 'unit', key: keyOfUnit(unit), unit, within, isFolded, indent: '' };
}

function membersOf(
  unit: LiveUnit,
  items: readonly Item[],
  { state, exits, ranks }: Table,
  matches: Matcher,
): Row[] {
  if (state.mode === 'process')
    return [...processRowsOf(items, state, matches, '  '), ...exitedRowsOf(unit, exits, matches, '  ')];
  const names: Row[] = nameRowsOf(unit, state, ranks, matches, '  ');
  const isWhole = filterOf(state) === '' && names.length > 0;
  const rest = isWhole ? unattributedRowOf(unit, '  ') : undefined;
  return rest === undefined ? names : [...names, rest];
}

function sortedUnits(units: readonly LiveUnit[], state: ViewState, ranks: Ranks): LiveUnit[] {
  if (state.sort === 'name') return sortedByName(units, ({ name }) => name, state.isReversed);
  return sortedBy(units, (unit) => ranks.of(keyOfUnit(unit)), state);
}

/** Processes of all units in one table. Processes of a unit inside another one are included once. */
function processesTogether(table: Table): Row[] {
  const { frame, state, exits } = table;
  const matches = matcherOf(filterOf(state));
  const units = outermostOf(frame.units);
  const keys = new Set(units.map(({ key }) => key));
  const items = itemsOf(table);
  const theirs =
    units.length === frame.units.length ? items : items.filter(({ process }) => keys.has(process.unitKey));
  const exitedRows = units.flatMap((unit) => exitedRowsOf(unit, exits, matches));
  return [...processRowsOf(theirs, state, matches, ''), ...exitedRows];
}

/** Names of all units in one table. */
function namesTogether({ frame, state, ranks }: Table): Row[] {
  const units = outermostOf(frame.units);
  const sums = new Map<string, LiveName>();
  const rankOf = new Map<string, number>();
  for (const unit of units) {
    for (const named of unit.names) {
      const known = sums.get(named.name);
      sums.set(named.name, known === undefined ? named : sumOfNames(known, named));
      const rank = ranks.of(keyOfName(unit, named));
      rankOf.set(named.name, knownSumOf(rankOf.get(named.name) ?? Number.NaN, rank));
    }
  }
  const matches = matcherOf(filterOf(state));
  const named = [...sums.values()].filter(({ name }) => matches(name));
  return sortedNames(named, state, ({ name }) => rankOf.get(name)!).map((each) => ({
    kind: 'name',
    isSubCgroup: false,
    key: keyOfName({ key: -1 }, each),
    named: each,
    indent: '',
  }));
}

function knownSumOf(a: number, b: number): number {
  if (Number.isNaN(a)) return b;
  return Number.isNaN(b) ? a : a + b;
}

function sumOfNames(a: LiveName, b: LiveName): LiveName {
  return {
    name: a.name,
    count: a.count + b.count,
    running: a.running + b.running,
    ...ofQuantities((field) => nullableSum(a[field], b[field])),
    cpuSeconds: a.cpuSeconds + b.cpuSeconds,
    reapedCpuSeconds: a.reapedCpuSeconds + b.reapedCpuSeconds,
    peakMemoryBytes: Math.max(a.peakMemoryBytes ?? 0, b.peakMemoryBytes ?? 0) || null,
    threads: nullableSum(a.threads, b.threads),
  };
}

/** Names with equal sort values are ordered by their total CPU. */
function sortedNames(
  names: readonly LiveName[],
  state: ViewState,
  rankOf: (named: LiveName) => number,
): LiveName[] {
  if (state.sort === 'name') return sortedByName(names, ({ name }) => name, state.isReversed);
  const byTotal = [...names].sort((a, b) => b.cpuSeconds - a.cpuSeconds || (a.name < b.name ? -1 : 1));
  return sortedBy(byTotal, rankOf, state);
}

function nameRowsOf(
  unit: LiveUnit,
  state: ViewState,
  ranks: Ranks,
  matches: Matcher,
  indent: string,
): NameRow[] {
  const isSubCgroup = state.mode === 'cgroup';
  const keyOf = isSubCgroup ? keyOfSubCgroup : keyOfName;
  const shown = (isSubCgroup ? unit.subCgroups : unit.names).filter(({ name }) => matches(name));
  return sortedNames(shown, state, (named) => ranks.of(keyOf(unit, named))).map((named) => ({
    kind: 'name',
    isSubCgroup,
    key: keyOf(unit, named),
    named,
    indent,
  }));
}

function unattributedRowOf(unit: LiveUnit, indent: string): UnattributedRow | undefined {
  const cpuSeconds = unit.unattributedCpuSeconds ?? 0;
  if (cpuSeconds < LEAST_UNATTRIBUTED_SECONDS) return undefined;
  return { kind: 'unattributed', key: `unattributed ${unit.key}`, cpuSeconds, indent };
}

function itemsOf({ frame, state, exits }: Table): Item[] {
  const items: Item[] = frame.processes.map((process) => ({ process, exitedSeconds: null }));
  const ended = exits.shown(state.keepsExited).map(({ process, atSeconds }) => ({
    process,
    exitedSeconds: Math.max(0, frame.atSeconds - atSeconds),
  }));
  // In a tree, parents come first; in a list, rows without values keep this order, and the latest exit is first.
  for (const item of state.isTree ? ended : ended.reverse()) items.push(item);
  return items;
}

function isMatch({ process }: Item, matches: Matcher): boolean {
  return matches(process.name, String(process.pid), process.command, process.subCgroup);
}

function processRowsOf(
  items: readonly Item[],
  state: ViewState,
  matches: Matcher,
  indent: string,
): ProcessRow[] {
  if (state.isTree) return branchesOf(items, state, (item) => isMatch(item, matches), indent);
  const shown = filterOf(state) === '' ? items : items.filter((item) => isMatch(item, matches));
  return sortedItems(shown, state).map(({ process, exitedSeconds }) => ({
    kind: 'process',
    key: keyOfProcess(process),
    process,
    exitedSeconds,
    folded: null,
    isBystander: false,
    indent,
  }));
}

function exitedRowsOf(unit: LiveUnit, exits: Exits, matches: Matcher, indent = ''): ExitedRow[] {
  return unit.exited
    .filter(({ name }) => matches(name))
    .map((exited) => ({
      kind: 'exited',
      key: `exited ${unit.key} ${exited.name}`,
      unitKey: unit.key,
      exited,
      cpuPercent: exits.cpuPercentOf(unit.key, exited),
      indent,
    }));
}

/** A predicate over texts. */
type Matcher = (...texts: readonly (string | null)[]) => boolean;

/** Whether any of the texts contains the filter, ignoring case. An empty filter matches everything. */
function matcherOf(filter: string): Matcher {
  if (filter === '') return () => true;
  const wanted = filter.toLowerCase();
  return (...texts) => texts.some((text) => text?.toLowerCase().includes(wanted) ?? false);
}
