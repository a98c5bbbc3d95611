import type { ViewState } from '../state/view-state.ts';
import { type Column, columnsOf, SPARE } from './columns.ts';

/** Minimum width of names. */
const LEAST_NAME = 12;
/** Minimum width of unit names and cgroup paths, which are longer. */
const LEAST_UNIT_NAME = 24;
/** Maximum width of names, so that values stay visible. */
const MOST_NAME = 48;
const LEAST_COMMAND = 16;
/** Width of names and command lines if spare columns are shown. */
const ROOMY_NAME = 36;
const ROOMY_COMMAND = 40;
/** Screens of this width show command lines by default. */
const LEAST_FOR_COMMANDS = 140;
const GAP = 1;

/** The visible columns, and the width of names. */
export interface Fitted {
  readonly columns: readonly Column[];
  readonly nameWidth: number;
  /** 0: command lines are not shown. */
  readonly commandWidth: number;
}

/** Known properties of processes in addition to their values. */
export interface Known {
  readonly hasCommands: boolean;
  readonly hasStatus: boolean;
}

/** The columns that fit. The column that sorts the table is left out last. */
export function fitColumns(width: number, state: ViewState, { hasCommands, hasStatus }: Known): Fitted {
  let columns = columnsOf(state, hasStatus);
  const showsCommands =
    state.mode === 'process' && hasCommands && (state.showsCommands ?? width >= LEAST_FOR_COMMANDS);
  const least =
    (state.mode === 'unit' || state.mode === 'cgroup' ? LEAST_UNIT_NAME : LEAST_NAME) +
    (showsCommands ? GAP + LEAST_COMMAND : 0);
  const spared = ROOMY_NAME + (showsCommands ? GAP + ROOMY_COMMAND : 0);
  while (columns.length > 1) {
    const last = columns
      .filter(({ sort }) => sort !== state.sort)
      .reduce((a, b) => (b.leftOut > a.leftOut ? b : a));
    if (widthOf(columns) + (last.leftOut >= SPARE ? spared : least) <= width) break;
    columns = columns.filter((column) => column !== last);
  }
  const room = Math.max(1, width - widthOf(columns));
  if (!showsCommands) return { columns, nameWidth: Math.min(room, MOST_NAME), commandWidth: 0 };
  const nameWidth = Math.min(MOST_NAME, Math.max(LEAST_NAME, Math.floor(room / 3)));
  return { columns, nameWidth, commandWidth: Math.max(0, room - nameWidth - GAP) };
}

function widthOf(columns: readonly Column[]): number {
  return columns.reduce((sum, { width }) => sum + width + GAP, 0);
}
