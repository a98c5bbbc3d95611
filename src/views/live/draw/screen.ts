import type { LiveFrame, LiveUnit } from '../model/frame.ts';
import type { Histories } from '../model/histories.ts';
import type { Exits } from '../state/exits.ts';
import type { Viewport } from '../state/press.ts';
import type { Row } from '../state/row.ts';
import { settled } from '../state/selection.ts';
import { filterOf, type ViewState } from '../state/view-state.ts';
import { Grid } from '../terminal/grid.ts';
import { STYLE } from '../terminal/style.ts';
import { drawFooter } from './footer.ts';
import { drawHeader, headingLines } from './header.ts';
import { drawHelp } from './help-page.ts';
import { drawHistoryPage, type Subject } from './history-page.ts';
import { drawLog, type LoggedLine, logPaneLines, recentLines } from './log-pane.ts';
import type { SourceText } from './source-text.ts';
import { drawHeading, drawRow, layOut, sortKeyAt } from './table.ts';

/** Inputs of a screen. */
export interface Scene {
  readonly columns: number;
  readonly rows: number;
  readonly frame: LiveFrame;
  /** All units together. */
  readonly whole: LiveUnit;
  readonly histories: Histories;
  readonly exits: Exits;
  readonly state: ViewState;
  /** The rows of the table. */
  readonly tableRows: readonly Row[];
  readonly log: readonly LoggedLine[];
  /** Time of the newest frame, even if another is shown. */
  readonly nowSeconds: number;
  readonly source: SourceText;
}

export interface Drawn {
  readonly grid: Grid;
  readonly viewport: Viewport;
  /** The state with selection and scrolling adjusted to the rows. */
  readonly state: ViewState;
}

/** Draws a screen: heading, table or page, last log lines, and keys. */
export function drawScreen(scene: Scene): Drawn {
  const { columns, rows, frame, whole, histories, log, source } = scene;
  const grid = new Grid(columns, rows);
  const heading = Math.min(headingLines(rows), Math.max(1, rows - 4));
  const note = source.note;
  drawHeader(grid, heading, { frame, whole, history: histories.whole, note });
  const recent = scene.state.page.kind === 'log' ? [] : recentLines(log, scene.nowSeconds);
  const pane = logPaneLines(rows, recent.length);
  const bottom = Math.max(heading, rows - 1 - pane);
  const isTable = scene.state.page.kind === 'table';
  const room = Math.max(1, bottom - heading - 1);
  const state = isTable ? settled(scene.state, scene.tableRows, room) : scene.state;
  const hasCommands = frame.processes.some(({ command }) => command !== null);
  const layout = layOut(columns, state, { hasCommands, hasStatus: frame.hasStatus });
  if (isTable) {
    drawHeading(grid, heading, layout, state);
    for (let at = 0; at < room && state.scroll + at < scene.tableRows.length; at++) {
      const row = scene.tableRows[state.scroll + at]!;
      drawRow(grid, heading + 1 + at, row, frame, layout, row.key === state.selected);
    }
    if (scene.tableRows.length === 0) drawEmpty(grid, heading + 1, state);
  } else {
    grid.tint(heading, STYLE.heading);
    drawPage(grid, heading, bottom, scene);
  }
  if (pane > 0) drawLog(grid, bottom, rows - 1, recent);
  const hasSubCgroups = frame.units.some(({ subCgroups }) => subCgroups.length > 0);
  const shown = { rows: scene.tableRows.length, hasUnits: frame.units.length > 1, hasSubCgroups };
  drawFooter(grid, rows - 1, state, shown, source);
  const viewport: Viewport = {
    rows: scene.tableRows,
    room,
    firstLine: heading + 1,
    sortKeyAt: (column) => sortKeyAt(layout, column),
    hasCommands,
    showsCommands: layout.commandWidth > 0,
    hasSubCgroups,
  };
  return { grid, viewport, state };
}

function drawEmpty(grid: Grid, line: number, state: ViewState): void {
  const why = filterOf(state) === '' ? 'No live process.' : 'No row matches the filter.';
  grid.put(line, 1, why, STYLE.faint);
}

/** Draws a page other than the table, with a title line. */
function drawPage(grid: Grid, from: number, to: number, scene: Scene): void {
  const { state, log, source } = scene;
  const title = { help: 'KEYS', log: 'LOG', process: 'PROCESS', unit: 'UNIT', table: '' }[state.page.kind];
  grid.put(from, 1, title, STYLE.sorted);
  if (state.page.kind === 'help') drawHelp(grid, from + 1, to, state.scroll, source);
  else if (state.page.kind === 'log') {
    drawLog(grid, from + 1, to, log, state.scroll);
    if (log.length === 0) grid.put(from + 1, 1, 'Nothing was logged.', STYLE.faint);
  } else {
    const subject = subjectOf(scene);
    if (subject === undefined) grid.put(from + 1, 1, 'It has ended and is no longer kept.', STYLE.faint);
    else {
      const history =
        subject.kind === 'process'
          ? scene.histories.ofProcess(subject.process.key)
          : scene.histories.ofUnit(subject.unit.key);
      drawHistoryPage(grid, from + 1, to, subject, history, scene.frame, state.showsAllTime);
    }
  }
}

function subjectOf({ state: { page }, frame, exits }: Scene): Subject | undefined {
  if (page.kind === 'unit') {
    const unit = frame.units.find(({ key }) => key === page.key);
    return unit === undefined ? undefined : { kind: 'unit', unit };
  }
  if (page.kind !== 'process') return undefined;
  const process = frame.processes.find(({ key }) => key === page.key);
  const exited = process === undefined ? exits.find(page.key) : undefined;
  const shown = process ?? exited?.process;
  if (shown === undefined) return undefined;
  const unit = frame.units.find(({ key }) => key === shown.unitKey);
  const exitedSeconds = exited === undefined ? null : Math.max(0, frame.atSeconds - exited.atSeconds);
  return { kind: 'process', process: shown, unit, exitedSeconds };
}
