import { wrapText } from '../../wrap-text.ts';
import type { Grid } from '../terminal/grid.ts';
import { STYLE } from '../terminal/style.ts';
import type { SourceText } from './source-text.ts';

/** Keys and their actions. */
const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ['q  Ctrl+C', 'end the run, and print its summary'],
  ['↑ ↓  k j', 'select a row (the mouse wheel as well)'],
  ['PgUp PgDn', 'a page up or down'],
  ['Home End', 'back to the top; to the last row'],
  ['n', 'a row for each process, name, cgroup (if a unit has several) or unit'],
  ['Enter', 'history of a process or unit, processes of a name or cgroup; back'],
  ['s  > <', 'sort by the next or the previous column; or click a title'],
  ['r', 'reverse the order'],
  ['t', 'tree of parents and children, or flat'],
  ['Space ← →', 'fold what is below a row, or show it'],
  ['a', 'fold all units (or trees), or unfold all'],
  ['u', 'several units: each by itself, or all in one table'],
  ['/', 'filter by name, PID, command line or cgroup; Esc in the table: all'],
  ['p', 'pause: the screen stands still, sampling continues'],
  ['m', 'minimum, maximum and mean since the start of the run'],
  ['c', 'command lines (with --show-cmdline)'],
  ['e', 'keep processes that have ended'],
  ['l', 'all log lines (those below the table disappear after a while)'],
  ['z', 'on a page of history: the last minutes, or all of it'],
  ['Ctrl+Z', 'back to the shell; fg returns'],
  ['Ctrl+L', 'redraw the screen'],
];

/** Maximum columns of a readable line. */
const MOST_NOTE = 110;

const NOTES = [
  'CPU% is percent of one core: own CPU of a process. REAPED% is CPU of children without a row that it waited for.',
  'By name, CPU% and CPU_S include reaped CPU and ended processes. CPU_S of the names and of (unattributed) add up to CPU_S of the unit.',
  'Rates are over one sampling interval, also for a process that started within it. For one sample, rows may add up to more than their unit: REAPED% is booked when the parent waits, and processes are read some milliseconds before the cgroup.',
  'Coverage is the share of the CPU of a cgroup that is booked to rows.',
  'Memory is RSS; for a unit, memory charged to its cgroup. Disk is bytes read from and submitted to block devices, cancelled writes included; transfer is bytes through read and write calls. - is unknown.',
];

/** Draws the list of keys, from a line on; keys of the source of the frames come first. */
export function drawHelp(grid: Grid, from: number, to: number, scroll: number, source: SourceText): void {
  const lines: { keys: string; text: string }[] = [
    ...[...source.help, ...keysBeside(source)].map(([keys, text]) => ({ keys, text })),
    { keys: '', text: '' },
    ...NOTES.flatMap((note) => wrapText(note, Math.min(MOST_NOTE, grid.columns - 2))).map((text) => ({
      keys: '',
      text,
    })),
  ];
  const start = Math.min(scroll, Math.max(0, lines.length - (to - from)));
  for (const [at, { keys, text }] of lines.slice(start, start + to - from).entries()) {
    grid.put(from + at, 1, keys, STYLE.key);
    grid.put(from + at, keys === '' && text !== '' ? 1 : 13, text);
  }
}

/** The view's own keys, except those that the source of the frames handles. */
function* keysBeside({ help, takes }: SourceText): Generator<readonly [keys: string, does: string]> {
  for (const [keys, does] of KEYS) {
    if (help.some(([said]) => said === keys)) continue;
    const left = keys.split(' ').filter((key) => key !== '' && !takes.includes(key));
    if (left.length > 0) yield [takes.length === 0 ? keys : left.join(' '), does];
  }
}
