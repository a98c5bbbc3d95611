import type uPlot from 'uplot';
import { colourOf } from '../theme.ts';
import type { PlotKind } from './plot-content.ts';

const TIMES = [
  0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
];
const BINARY = Array.from({ length: 50 }, (_, power) => 2 ** power);
/** Numbers of processes are whole. */
const WHOLE = Array.from({ length: 10 }, (_, power) =>
  [1, 2, 5].map((factor) => factor * 10 ** power),
).flat();
const FONT = '11px system-ui, sans-serif';

export function axesOf(kind: PlotKind): uPlot.Axis[] {
  const common = {
    stroke: () => colourOf('muted'),
    grid: { stroke: () => colourOf('grid'), width: 1 },
    ticks: { stroke: () => colourOf('grid'), width: 1, size: 4 },
    font: FONT,
  };
  return [
    {
      ...common,
      incrs: TIMES,
      space: 70,
      size: 28,
      values: (_, splits, __, ___, step) => splits.map((at) => timeOf(at, step)),
    },
    {
      ...common,
      ...(kind.ticks === 'decimal' ? {} : { incrs: kind.ticks === 'binary' ? BINARY : WHOLE }),
      size: 78,
      gap: 4,
      space: 34,
      values: (_, splits) => splits.map((value) => axisValue(kind, value)),
    },
  ];
}

function timeOf(seconds: number, step: number): string {
  const millis = Math.round(seconds * 1000);
  const iso = new Date(millis).toISOString();
  return step < 1 ? iso.slice(11, 21) : step < 60 ? iso.slice(11, 19) : iso.slice(11, 16);
}

/** A short label: the unit is shown once. */
function axisValue(kind: PlotKind, value: number): string {
  if (value === 0) return '0';
  if (kind.id === 'cpu') return `${Number(value.toFixed(3))}`;
  if (kind.id === 'pressure') return `${Number((100 * value).toFixed(1))}%`;
  if (kind.id === 'processes') return `${Number(value.toFixed(1))}`;
  return kind.format(value).replace('.0', '');
}
