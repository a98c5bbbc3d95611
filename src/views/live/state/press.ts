import type { Input, KeyName } from '../terminal/keys.ts';
import type { Row } from './row.ts';
import { allFolded, folded, moved, selectedRow } from './selection.ts';
import { FIRST_STATE, inMode, nextMode, SORT_KEYS, type SortKey, type ViewState } from './view-state.ts';

/** Content of the screen when a key is pressed. */
export interface Viewport {
  readonly rows: readonly Row[];
  /** Number of visible rows, and the screen line of the first one. */
  readonly room: number;
  readonly firstLine: number;
  /** The table column of the heading at a screen column. */
  sortKeyAt(column: number): SortKey | undefined;
  /** Whether command lines are read at all, and whether they are on the screen. */
  readonly hasCommands: boolean;
  readonly showsCommands: boolean;
  /** Whether any unit has processes in several cgroups. */
  readonly hasSubCgroups: boolean;
}

/** A request of a key to the program around the view. */
type Effect = 'quit' | 'suspend' | 'repaint';

export interface Pressed {
  readonly state: ViewState;
  readonly effect?: Effect;
}

/** Rows per step of the mouse wheel. */
const WHEEL_ROWS = 3;

/** The next state after a key, a paste or a click. */
export function press(before: ViewState, input: Input, viewport: Viewport): Pressed {
  const state = before.remark === null ? before : { ...before, remark: null };
  if (input.kind === 'control') return pressedControl(state, input.letter);
  if (state.draft !== null) return { state: typed(state, state.draft, input) };
  switch (input.kind) {
    case 'key':
      return { state: pressedKey(state, input.key, viewport) };
    case 'text':
      return pressedText(state, input.text, viewport);
    case 'wheel':
      return { state: scrolled(state, input.steps * WHEEL_ROWS, viewport) };
    case 'click':
      return { state: clicked(state, input.row, input.column, viewport) };
    default:
      return { state };
  }
}

function pressedControl(state: ViewState, letter: string): Pressed {
  if (letter === 'c') return { state, effect: 'quit' };
  if (letter === 'z') return { state, effect: 'suspend' };
  if (letter === 'l') return { state, effect: 'repaint' };
  // As in editors: deletes the whole line.
  if (letter === 'u' && state.draft !== null) return { state: { ...state, draft: '' } };
  return { state };
}

/** While the filter is typed. */
function typed(state: ViewState, draft: string, input: Input): ViewState {
  switch (input.kind) {
    case 'text':
    case 'paste':
      return { ...state, draft: (draft + input.text.replaceAll(/\p{Cc}/gu, '')).slice(0, 200) };
    case 'key':
      if (input.key === 'enter') return { ...state, draft: null, filter: draft };
      if (input.key === 'escape') return { ...state, draft: null };
      if (input.key === 'backspace') return { ...state, draft: [...draft].slice(0, -1).join('') };
      return state;
    default:
      return state;
  }
}

function pressedKey(state: ViewState, key: KeyName, viewport: Viewport): ViewState {
  const { rows, room } = viewport;
  const { kind } = state.page;
  if (kind !== 'table' && (key === 'escape' || key === 'enter' || key === 'backspace')) return toTable(state);
  switch (key) {
    case 'up':
      return scrolled(state, -1, viewport);
    case 'down':
      return scrolled(state, 1, viewport);
    case 'page-up':
      return scrolled(state, -Math.max(1, room - 1), viewport);
    case 'page-down':
      return scrolled(state, Math.max(1, room - 1), viewport);
    case 'home':
      return { ...state, selected: null, scroll: 0 };
    case 'end':
      return kind === 'table' ? selectedRow(state, rows, rows.length - 1) : scrolled(state, 10_000, viewport);
    case 'left':
    case 'right':
      return kind === 'table' ? folded(state, rows, key === 'left') : state;
    case 'enter':
      return opened(state, viewport);
    case 'escape':
      return { ...state, filter: '', selected: null, scroll: 0 };
    default:
      return state;
  }
}

function pressedText(state: ViewState, text: string, viewport: Viewport): Pressed {
  switch (text) {
    case 'q':
      return { state, effect: 'quit' };
    case '?':
    case 'h':
      return { state: toggledPage(state, 'help') };
    case 'l':
      return { state: toggledPage(state, 'log') };
    case 'p':
      return { state: { ...state, isPaused: !state.isPaused } };
    case 'z':
      return { state: { ...state, showsAllTime: !state.showsAllTime } };
    case 'j':
      return { state: scrolled(state, 1, viewport) };
    case 'k':
      return { state: scrolled(state, -1, viewport) };
    default:
      return { state: state.page.kind === 'table' ? onTable(state, text, viewport) : state };
  }
}

function onTable(state: ViewState, text: string, viewport: Viewport): ViewState {
  switch (text) {
    case 'n':
      return inMode(state, nextMode(state.mode, viewport.hasSubCgroups));
    case 't':
      return state.mode === 'process'
        ? { ...state, isTree: !state.isTree }
        : { ...inMode(state, 'process'), isTree: true };
    case 'u':
      return { ...state, isGrouped: !state.isGrouped };
    case 'a':
      return allFolded(state, viewport.rows);
    case 's':
    case '>':
      return sortedByNext(state, 1);
    case '<':
      return sortedByNext(state, -1);
    case 'r':
      return { ...state, isReversed: !state.isReversed };
    case '/':
      return { ...state, draft: state.filter };
    case 'm':
      return state.mode === 'process'
        ? { ...state, showsStatistics: !state.showsStatistics }
        : { ...state, remark: 'only processes have min, max and avg (n switches to processes)' };
    case 'c':
      return viewport.hasCommands
        ? { ...state, showsCommands: !viewport.showsCommands }
        : { ...state, remark: 'command lines are read with --show-cmdline only' };
    case 'e':
      return { ...state, keepsExited: !state.keepsExited };
    case ' ':
      return folded(state, viewport.rows);
    default:
      return state;
  }
}

function toTable(state: ViewState): ViewState {
  return { ...state, page: FIRST_STATE.page, scroll: 0 };
}

function toggledPage(state: ViewState, kind: 'help' | 'log'): ViewState {
  return state.page.kind === kind ? toTable(state) : { ...state, page: { kind }, scroll: 0 };
}

function sortedByNext(state: ViewState, by: 1 | -1): ViewState {
  const keys: readonly SortKey[] = SORT_KEYS[state.mode];
  const sort = keys[(keys.indexOf(state.sort) + by + keys.length) % keys.length]!;
  return { ...state, sort, isReversed: false };
}

/** Moves the selection, or scrolls a page without one. */
function scrolled(state: ViewState, by: number, { rows }: Viewport): ViewState {
  if (state.page.kind === 'table') return moved(state, rows, by);
  return { ...state, scroll: Math.max(0, state.scroll + by) };
}

function opened(state: ViewState, { rows }: Viewport): ViewState {
  const row = rows[state.selectedAt];
  if (row === undefined)
    return { ...state, remark: 'select a process first (arrow keys), then Enter shows its history' };
  switch (row.kind) {
    case 'process':
      return { ...state, page: { kind: 'process', key: row.process.key }, scroll: 0 };
    case 'unit':
      return { ...state, page: { kind: 'unit', key: row.unit.key }, scroll: 0 };
    case 'name':
      return { ...inMode(state, 'process'), filter: row.named.name };
    case 'exited':
      return { ...state, remark: 'these ended before they could be sampled: they have no history' };
    case 'unattributed':
      return { ...state, remark: 'CPU of the unit that is booked to no process' };
  }
}

function clicked(state: ViewState, line: number, column: number, viewport: Viewport): ViewState {
  if (state.page.kind !== 'table') return state;
  if (line === viewport.firstLine - 1) {
    const sort = viewport.sortKeyAt(column);
    if (sort === undefined) return state;
    return { ...state, sort, isReversed: sort === state.sort && !state.isReversed };
  }
  const at = line - viewport.firstLine;
  if (at < 0 || at >= viewport.room || state.scroll + at >= viewport.rows.length) return state;
  const isSelected = state.selectedAt === state.scroll + at;
  return isSelected ? opened(state, viewport) : selectedRow(state, viewport.rows, state.scroll + at);
}
