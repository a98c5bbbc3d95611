import { cellText, counted } from '../../format.ts';
import { nextMode, type ViewState } from '../state/view-state.ts';
import { type Grid, widthOf } from '../terminal/grid.ts';
import { PLAIN, STYLE } from '../terminal/style.ts';
import type { SourceText } from './source-text.ts';

/** Content of the table. */
interface Shown {
  readonly rows: number;
  /** Whether there are several units. */
  readonly hasUnits: boolean;
  /** Whether any unit has processes in several cgroups. */
  readonly hasSubCgroups: boolean;
}

/** Keys on each kind of page, most needed first. */
function tableKeysOf({ mode, isTree }: ViewState, { hasUnits, hasSubCgroups }: Shown): readonly string[] {
  const isProcess = mode === 'process';
  return [
    'q Quit',
    '? Help',
    `n By ${nextMode(mode, hasSubCgroups)}`,
    '↑↓ Select',
    mode === 'name' || mode === 'cgroup' ? 'Enter Processes' : 'Enter History',
    ...(isProcess ? ['t Tree'] : []),
    's Sort',
    '/ Filter',
    'p Pause',
    ...(hasUnits || (isProcess && isTree) ? ['a Fold'] : []),
    ...(isProcess ? ['m Min/max', 'e Exited'] : []),
    'l Log',
  ];
}
const PAGE_KEYS = ['Esc Back', 'q Quit', '↑↓ Scroll'];
const HISTORY_KEYS = ['Esc Back', 'q Quit', 'z Last minutes/all', 'p Pause'];

/** The last line: typed input, the last message, or the keys. */
export function drawFooter(
  grid: Grid,
  line: number,
  state: ViewState,
  shown: Shown,
  source: SourceText,
): void {
  const typed = state.draft === null ? source.typed : { label: 'Filter', text: state.draft };
  if (typed !== null) {
    const at = drawTyped(grid, line, typed.label, typed.text);
    if (state.draft !== null)
      grid.put(line, at + 2, `${counted(shown.rows, 'row')}; Enter: keep, Esc: previous`, STYLE.faint);
    return;
  }
  let at = 0;
  for (const mark of [...source.marks, ...marksOf(state, shown.rows)]) {
    at = grid.put(line, at, ` ${mark} `, STYLE.bar);
    at = grid.put(line, at, ' ');
  }
  const remark = state.remark ?? source.remark;
  if (remark !== null) {
    grid.put(line, at, ` ${remark}`, STYLE.warn);
    return;
  }
  const kinds = {
    table: tableKeysOf(state, shown),
    help: PAGE_KEYS,
    log: PAGE_KEYS,
    process: HISTORY_KEYS,
    unit: HISTORY_KEYS,
  };
  const keys = kinds[state.page.kind].filter((text) => !source.takes.includes(text.split(' ')[0]!));
  for (const text of [...keys.slice(0, 2), ...source.footer, ...keys.slice(2)]) {
    if (at + 2 + widthOf(text) > grid.columns) return;
    const [key = '', ...words] = text.split(' ');
    at = grid.put(line, at + 1, key, STYLE.key);
    at = grid.put(line, at + 1, words.join(' '), PLAIN);
    at++;
  }
}

/** Draws the typed text so that its end is visible. Returns the column after it. */
function drawTyped(grid: Grid, line: number, label: string, text: string): number {
  const at = grid.put(line, 0, ` ${label}: `, STYLE.strong);
  const room = grid.columns - at - 2;
  const draft = [...text];
  while (draft.length > 0 && widthOf(cellText(draft.join(''), 1000)) > room) draft.shift();
  const end = draft.length === 0 ? at : grid.put(line, at, cellText(draft.join(''), room), STYLE.input);
  return grid.put(line, end, ' ', STYLE.bar);
}

/** Modes that differ from the default. */
function marksOf(state: ViewState, shownRows: number): string[] {
  const marks: string[] = [];
  if (state.isPaused) marks.push('PAUSED');
  if (state.filter !== '' && state.page.kind === 'table')
    marks.push(`/${cellText(state.filter, 20)} ${counted(shownRows, 'row')}, Esc: all`);
  return marks;
}
