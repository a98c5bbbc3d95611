import type { Row } from './row.ts';
import type { ViewState } from './view-state.ts';

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
