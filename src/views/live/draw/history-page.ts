import { QUANTITIES, QUANTITY_NAMES } from '../../../ledger/document/quantities.ts';
import { byteCount, cellText, counted, duration, seconds } from '../../format.ts';
import type { LiveFrame, LiveProcess, LiveStatistic, LiveUnit } from '../model/frame.ts';
import { FIGURES, type Figure, type History } from '../model/histories.ts';
import type { Timeline } from '../model/timeline.ts';
import { type Grid, widthOf } from '../terminal/grid.ts';
import { PLAIN, STYLE } from '../terminal/style.ts';
import { coverageFacts, memoryFacts, pressureFacts, throttlingFacts } from './facts.ts';
import { cpuWithUnit, LOOKS } from './figures.ts';
import { area, highest } from './sparkline.ts';

/** The subject of a history page. */
export type Subject =
  | {
      readonly kind: 'process';
      readonly process: LiveProcess;
      readonly unit: LiveUnit | undefined;
      /** Seconds since its end; null while it exists. */
      readonly exitedSeconds: number | null;
    }
  | { readonly kind: 'unit'; readonly unit: LiveUnit };

interface Plot {
  readonly title: string;
  readonly figure: Figure;
  readonly now: number | null;
  readonly statistic: LiveStatistic | null | undefined;
  readonly text: (value: number | null) => string;
}

/** A page about one process or unit: its identity, its totals, and its values over time. */
export function drawHistoryPage(
  grid: Grid,
  from: number,
  to: number,
  subject: Subject,
  history: History | undefined,
  frame: LiveFrame,
  showsAllTime: boolean,
): void {
  const facts = subject.kind === 'process' ? processLines(subject, frame) : unitLines(subject.unit);
  let line = from;
  for (const [at, text] of facts.entries()) {
    if (line >= to) return;
    grid.put(line++, 1, text, at === 0 ? STYLE.title : PLAIN, grid.columns - 2);
  }
  if (history === undefined) {
    grid.put(line, 1, 'No history: too many processes at once.', STYLE.faint);
    return;
  }
  const plots = plotsOf(subject);
  const timeline = showsAllTime ? history.whole : history.recent;
  const room = to - line - 1;
  const shown = plots.slice(0, Math.max(1, Math.min(plots.length, Math.floor(room / 3))));
  const each = Math.max(2, Math.floor(room / shown.length));
  for (const plot of shown) {
    if (line + 2 > to) return;
    drawPlot(grid, line, Math.min(each, to - line), plot, timeline, frame.atSeconds);
    line += each;
  }
  if (line < to) drawTimeAxis(grid, line, timeline, frame.atSeconds);
  const span = duration(shownSeconds(grid, timeline, frame.atSeconds));
  const text = showsAllTime ? `all ${span} (z: the last minutes)` : `the last ${span} (z: all)`;
  grid.putLeftOf(from - 1, grid.columns - 1, text, STYLE.heading);
}

/** Seconds that the plots show, if the history is long enough. */
function shownSeconds(grid: Grid, timeline: Timeline, untilSeconds: number): number {
  const covered = timeline.lengthUntil(untilSeconds) * timeline.secondsPerPoint;
  return Math.min(covered, timeline.secondsOn(plotColumns(grid), untilSeconds));
}

/** Width of the plots, which have a margin on both sides; 1 on the narrowest screens. */
function plotColumns({ columns }: Grid): number {
  return Math.max(1, columns - 2);
}

/** The time axis below the plots, in time before now. */
function drawTimeAxis(grid: Grid, line: number, timeline: Timeline, untilSeconds: number): void {
  const width = plotColumns(grid);
  const spanned = timeline.secondsOn(width, untilSeconds);
  const shown = shownSeconds(grid, timeline, untilSeconds);
  const nowAt = grid.putLeftOf(line, grid.columns - 1, 'now ┘', STYLE.faint);
  const step = stepOf((spanned * LEAST_LABEL) / width);
  for (let ago = step; ago < shown; ago += step) {
    const at = grid.columns - 2 - Math.round((ago / spanned) * width);
    const label = `└ ${agoText(ago)} ago`;
    if (at < 1 || at + label.length >= nowAt) continue;
    grid.put(line, at, label, STYLE.faint);
  }
}

/** A time span as a whole number of its largest unit. */
function agoText(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${seconds / 60}m`;
  return seconds < DAY ? `${seconds / 3600}h` : `${seconds / DAY}d`;
}

/** Columns of a label of the time axis, with space after it. */
const LEAST_LABEL = 14;
/** Possible seconds between two labels. */
const STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200,
] as const;
const DAY = 86_400;

function stepOf(leastSeconds: number): number {
  return STEPS.find((step) => step >= leastSeconds) ?? Math.ceil(leastSeconds / DAY) * DAY;
}

function processLines(subject: Subject & { kind: 'process' }, frame: LiveFrame): string[] {
  const { process, unit, exitedSeconds } = subject;
  const totals = process.totals();
  const uptime = duration(Math.max(0, frame.atSeconds - process.bornAtSeconds));
  const state =
    exitedSeconds !== null
      ? `exited ${duration(exitedSeconds)} ago`
      : `up ${uptime}${process.isZombie ? ', zombie' : ''}`;
  const lines = [
    `${cellText(process.name, 40)}  PID ${process.pid}, PPID ${process.ppid}, ${state}` +
      userText(process, exitedSeconds) +
      (process.threads === null ? '' : `, ${counted(process.threads, 'thread')}`) +
      (unit === undefined ? '' : `, in ${cellText(unit.name, 60)}`),
    `CPU ${seconds(totals.cpuSeconds)}s own, ${seconds(totals.reapedCpuSeconds)}s reaped; ` +
      `memory peak ${byteCount(totals.peakMemoryBytes)}; disk ${byteCount(totals.diskBytes)}; ` +
      `transfer ${byteCount(totals.transferBytes)}; ${counted(totals.samples, 'sample')}`,
  ];
  if (process.command !== null) lines.push(cellText(process.command, 400));
  return lines;
}

function userText(process: LiveProcess, exitedSeconds: number | null): string {
  const status = exitedSeconds === null ? process.status() : null;
  return status === null ? '' : `, user ${cellText(status.user, 32)}`;
}

function unitLines(unit: LiveUnit): string[] {
  const facts = [
    ...coverageFacts(unit),
    ...memoryFacts(unit),
    ...pressureFacts(unit),
    ...throttlingFacts(unit),
  ];
  return [
    `${cellText(unit.name, 80)}  ${counted(unit.instances, 'instance')}, ${counted(unit.processCount, 'process', 'processes')}`,
    facts.map(({ text }) => text).join(', '),
  ];
}

function plotsOf(subject: Subject): Plot[] {
  const isProcess = subject.kind === 'process';
  const item = isProcess ? subject.process : subject.unit;
  const totals = isProcess ? subject.process.totals() : undefined;
  const isGone = isProcess && subject.exitedSeconds !== null;
  const now = (figure: Figure) => (isGone ? null : item[figure]);
  const plots = QUANTITY_NAMES.map((quantity): Plot => {
    const { title, field, unit } = QUANTITIES[quantity];
    return {
      title: quantity === 'cpu' && isProcess ? 'CPU, own' : title,
      figure: field,
      now: now(field),
      statistic: totals?.[field],
      text: LOOKS[unit].alone,
    };
  });
  return [
    ...plots,
    {
      title: 'CPU, reaped',
      figure: 'reapedPercent',
      now: now('reapedPercent'),
      statistic: undefined,
      text: cpuWithUnit,
    },
  ];
}

/** The highest shown value, which is the top of the plot, and its time: `peak 97.4% 1m20s ago`. */
function peakText(plot: Plot, values: Float64Array, top: number, secondsPerColumn: number): string {
  if (values.every(Number.isNaN)) return '';
  const ago = (values.length - 1 - values.lastIndexOf(top)) * secondsPerColumn;
  const when = top === 0 ? '' : ago < secondsPerColumn ? ' now' : ` ${duration(ago)} ago`;
  return `peak ${plot.text(top)}${when}`;
}

/** Draws a title and a plot of blocks below it, up to a time. */
function drawPlot(
  grid: Grid,
  line: number,
  lines: number,
  plot: Plot,
  timeline: Timeline,
  untilSeconds: number,
): void {
  const width = plotColumns(grid);
  const values = timeline.resampled(FIGURES.indexOf(plot.figure), width, untilSeconds);
  const top = highest(values);
  let at = grid.put(line, 1, `${plot.title} `, STYLE.strong);
  at = grid.put(line, at, plot.text(plot.now));
  if (plot.statistic) at = grid.put(line, at + 2, `avg ${plot.text(plot.statistic.avg)}`, STYLE.faint);
  const scale = peakText(plot, values, top, timeline.secondsOn(width, untilSeconds) / width);
  if (at + 2 + widthOf(scale) < grid.columns - 1) grid.putLeftOf(line, grid.columns - 1, scale, STYLE.faint);
  for (const [row, text] of area(values, top, lines - 1).entries()) {
    grid.put(line + 1 + row, 1, text, STYLE.spark, width);
  }
}
