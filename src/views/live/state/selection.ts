import type { Row } from './row.ts';
import { inMode, type RowKey, type ViewState } from './view-state.ts';

/** Adjusts selection and scrolling to the current rows and the available room. */
export function settled(state: ViewState, rows: readonly Row[], room: number): ViewState {
  let { selected, selectedAt, scroll } = state;
  if (selected !== null) {
    const at = rows.findIndex(({ key }) => key === selected);
    selectedAt = at >= 0 ? at : Math.min(selectedAt, rows.length - 1);
    selected = rows[selectedAt]?.key ?? null;
  }
  if (selected === null) selectedAt = -1;
  else scroll = Math.min(Math.max(scroll, selectedAt - room + 1), selectedAt);
  scroll = Math.max(0, Math.min(scroll, rows.length - room));
  return { ...state, selected, selectedAt, scroll };
}

/** Moves the selection by this many rows; without one, selects the first visible row. */
export function moved(state: ViewState, rows: readonly Row[], by: number): ViewState {
  if (rows.length === 0) return state;
  const from = state.selected === null ? state.scroll - Math.sign(by) : state.selectedAt;
  return selectedRow(state, rows, from + by);
}

/** Selects the row at an index, or the nearest one. */
export function selectedRow(state: ViewState, rows: readonly Row[], at: number): ViewState {
  const selectedAt = Math.max(0, Math.min(at, rows.length - 1));
  return { ...state, selected: rows[selectedAt]?.key ?? null, selectedAt };
}

/** Whether a unit is folded. */
export function isUnitFolded(key: RowKey, { foldsUnits, folded }: ViewState): boolean {
  return (foldsUnits ?? false) !== folded.has(key);
}

/** Folds or unfolds the selected row; without `isFolded`, toggles it. */
export function folded(state: ViewState, rows: readonly Row[], isFolded?: boolean): ViewState {
  const row = rows[state.selectedAt];
  if (row?.kind !== 'unit' && row?.kind !== 'process') return state;
  if (row.kind === 'process' && !state.isTree)
    return { ...state, remark: 'rows can be folded in the tree (t)' };
  const { key } = row;
  // Unfolding a row in the table of units switches to its processes.
  if (state.mode === 'unit')
    return isFolded === true
      ? state
      : { ...inMode(state, 'process'), foldsUnits: true, folded: new Set([key]), selected: key };
  const now = row.kind === 'unit' ? isUnitFolded(key, state) : state.folded.has(key);
  if ((isFolded ?? !now) === now) return state;
  const set = new Set(state.folded);
  if (!set.delete(key)) set.add(key);
  return { ...state, folded: set };
}

/** Folds all units, or unfolds them if all are folded; in the tree of one unit: the topmost processes. */
export function allFolded(state: ViewState, rows: readonly Row[]): ViewState {
  if (state.mode === 'unit') return { ...inMode(state, 'process'), foldsUnits: false, folded: new Set() };
  const units = rows.filter(({ kind }) => kind === 'unit');
  if (units.length > 0) {
    const foldsUnits = units.some(({ key }) => !isUnitFolded(key, state));
    return { ...state, foldsUnits, folded: new Set(), selected: null, scroll: 0 };
  }
  if (state.mode !== 'process' || !state.isTree)
    return { ...state, remark: 'units can be folded, and the tree (t)' };
  const top = rows.filter(({ kind, indent }) => kind === 'process' && indent === '');
  const areFolded = top.every(({ key }) => state.folded.has(key));
  return { ...state, folded: new Set(areFolded ? [] : top.map(({ key }) => key)) };
}
