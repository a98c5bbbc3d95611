import type { RunData, Values } from '../run/run-data.ts';

/** The drawn points and their positions: points with samples, with a gap where some are missing. */
export interface AxisData {
  /** Seconds since midnight UTC of the day on which the run began, so that ticks of the axis are round times. */
  readonly xs: readonly number[];
  /** The index of the point; -1: a gap. */
  readonly points: readonly number[];
  /** `xs` at the start of the run. */
  readonly startX: number;
  readonly endX: number;
}

/** More missing points than this are drawn as a gap. */
const MOST_BRIDGED = 3;

export function axisOf(data: RunData): AxisData {
  const startX = (data.startMillis / 1000) % 86_400;
  const xs: number[] = [];
  const points: number[] = [];
  for (const [point, seconds] of data.seconds.entries()) {
    if (seconds <= 0) continue;
    const before = points.at(-1) ?? -1;
    if (points.length > 0 && point - before > MOST_BRIDGED) {
      xs.push(startX + data.endOf(before) + data.points.stepSeconds / 2);
      points.push(-1);
    }
    xs.push(startX + data.endOf(point));
    points.push(point);
  }
  return { xs, points, startX, endX: startX + data.spanSeconds };
}

/** The values of a figure on the axis; null is unknown. */
export function onAxis({ points }: AxisData, values: Values | null): (number | null)[] {
  return points.map((point) => {
    const value = point < 0 ? Number.NaN : (values?.[point] ?? Number.NaN);
    return Number.isNaN(value) ? null : value;
  });
}

/**
 * The upper edges of stacked layers, from the bottom up. A layer that is unknown at a point has no height
 * there. A layer with none below it begins and ends at zero, at the points before and after its known
 * ones: otherwise it would end vertically, while the layers above slope down and seem to fill its place.
 */
export function stacked(axis: AxisData, layers: readonly Values[]): (number | null)[][] {
  let below: (number | null)[] = axis.xs.map(() => null);
  return layers.map((values) => {
    const own = onAxis(axis, values);
    const edge = own.map((value, at) => {
      const base = below[at] ?? null;
      if (value !== null) return value + (base ?? 0);
      if (base !== null || axis.points[at]! < 0) return base;
      const isBeside = (own[at - 1] ?? null) !== null || (own[at + 1] ?? null) !== null;
      return isBeside ? 0 : null;
    });
    below = edge;
    return edge;
  });
}
