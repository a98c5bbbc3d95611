import type { Values } from '../run/run-data.ts';
import { type AxisData, onAxis } from './axis-data.ts';

/**
 * The upper edges of layers that stand on one another, from the bottom up. A layer that is not known at a point lies flat
 * on those below it. One with none below it begins and ends at zero, at the points before and after those that it is
 * known at: else it would end upright, while those above it slope down to where it is missing, and seem to fill its place.
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
