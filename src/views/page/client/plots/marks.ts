import type uPlot from 'uplot';
import { counted } from '../../../format.ts';
import type { PageMark, PageMarkKind } from '../../model/page-model.ts';
import type { NamedColour } from '../palette.ts';
import type { RunData, Values } from '../run/run-data.ts';
import { colourOf } from '../theme.ts';
import type { AxisData } from './axis-data.ts';

export const MARK_COLOURS: Readonly<Record<PageMarkKind, NamedColour>> = {
  start: 'good',
  stop: 'muted',
  oomKill: 'bad',
  memoryLimit: 'warn',
};

const MOST_LINES = 12;

/** A mark in words: `3 OOM kills`. */
export function sayMark({ kind, count }: PageMark): string {
  if (kind === 'start') return count === 1 ? 'started' : `started ${count} times`;
  if (kind === 'stop') return count === 1 ? 'stopped' : `stopped ${count} times`;
  if (kind === 'oomKill') return counted(count, 'OOM kill');
  return `memory limit reached ${counted(count, 'time')}`;
}

/** Draws events as vertical lines in the plot. */
export function drawMarks(plot: uPlot, data: RunData, { startX }: AxisData, unit: number | null): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio || 1;
  const shown = data.marks
    .filter((mark) => unit === null || mark.unit === unit)
    .map((mark) => ({ ...mark, x: Math.round(plot.valToPos(startX + data.endOf(mark.point), 'x', true)) }))
    .filter(({ x }) => x >= bbox.left && x <= bbox.left + bbox.width);
  const counts = Map.groupBy(shown, ({ kind }) => kind);
  ctx.save();
  for (const mark of shown) {
    const { x } = mark;
    const colour = colourOf(MARK_COLOURS[mark.kind]);
    ctx.strokeStyle = colour;
    ctx.fillStyle = colour;
    ctx.lineWidth = ratio;
    ctx.setLineDash(mark.kind === 'oomKill' ? [] : [3 * ratio, 3 * ratio]);
    // Many lines would cover the plot.
    const isFaint = mark.kind !== 'oomKill' && counts.get(mark.kind)!.length > MOST_LINES;
    ctx.globalAlpha = isFaint ? 0.15 : 0.8;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.globalAlpha = 1;
    ctx.beginPath();
    ctx.moveTo(x - 4 * ratio, bbox.top - 6 * ratio);
    ctx.lineTo(x + 4 * ratio, bbox.top - 6 * ratio);
    ctx.lineTo(x, bbox.top);
    ctx.fill();
  }
  ctx.restore();
}

/** Draws a share of each point as a strip along the top. */
export function drawStrip(plot: uPlot, data: RunData, { startX }: AxisData, values: Values): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio || 1;
  ctx.save();
  ctx.fillStyle = colourOf('bad');
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const [point, value] of values.entries()) {
    if (!(value > 0)) continue;
    const from = plot.valToPos(startX + data.endOf(point - 1), 'x', true);
    const to = plot.valToPos(startX + data.endOf(point), 'x', true);
    ctx.globalAlpha = Math.min(1, 0.25 + value);
    ctx.fillRect(from, bbox.top, Math.max(1, to - from), 5 * ratio);
  }
  ctx.restore();
}
