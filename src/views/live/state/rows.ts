import type { LiveFrame, LiveUnit } from '../model/frame.ts';
import type { Exits } from './exits.ts';
import { type Matcher, matcherOf } from './filter.ts';
import { sorted } from './order.ts';
import { type ExitedRow, type Item, keyOfProcess, keyOfUnit, type ProcessRow, type Row } from './row.ts';
import { branchesOf } from './tree.ts';
import type { ViewState } from './view-state.ts';

/** The rows of the table, all of them, in order. */
export function rowsOf(frame: LiveFrame, state: ViewState, exits: Exits): Row[] {
  const matches = matcherOf(state.filter);
  const everything = itemsOf(frame, state, exits);
  if (frame.units.length < 2 || !state.isGrouped) {
    const exitedRows = frame.units.flatMap((unit) => exitedRowsOf(unit, exits, matches));
    return [...processRowsOf(everything, state, matches, ''), ...exitedRows];
  }
  const byUnit = Map.groupBy(everything, ({ process }) => process.unitKey);
  const rows: Row[] = [];
  for (const unit of sorted(frame.units, state, 'unit')) {
    const key = keyOfUnit(unit);
    const isFolded = state.folded.has(key);
    const all = byUnit.get(unit.key) ?? [];
    const isWhole = state.filter !== '' && matches(unit.name);
    const members = isFolded ? [] : processRowsOf(all, state, isWhole ? () => true : matches, '  ');
    const exited = isFolded ? [] : exitedRowsOf(unit, exits, isWhole ? () => true : matches, '  ');
    if (state.filter !== '' && !isWhole && members.length + exited.length === 0) continue;
    rows.push({ kind: 'unit', key, unit, isFolded, indent: '' }, ...members, ...exited);
  }
  return rows;
}

function itemsOf(frame: LiveFrame, state: ViewState, exits: Exits): Item[] {
  const items: Item[] = frame.processes.map((process) => ({ process, exitedSeconds: null }));
  const ended = exits.shown(state.keepsExited).map(({ process, atSeconds }) => ({
    process,
    exitedSeconds: Math.max(0, frame.atSeconds - atSeconds),
  }));
  // In a tree parents come first; in a list those that have no figures keep this order, and the last that ended leads.
  for (const item of state.isTree ? ended : ended.reverse()) items.push(item);
  return items;
}

function isMatch({ process }: Item, matches: Matcher): boolean {
  return matches(process.name, String(process.pid), process.command);
}

function processRowsOf(
  items: readonly Item[],
  state: ViewState,
  matches: Matcher,
  indent: string,
): ProcessRow[] {
  if (state.isTree) return branchesOf(items, state, (item) => isMatch(item, matches), indent);
  const shown = state.filter === '' ? items : items.filter((item) => isMatch(item, matches));
  return sorted(shown, state, 'item').map(({ process, exitedSeconds }) => ({
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
