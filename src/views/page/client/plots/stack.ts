import type { Values } from '../run/run-data.ts';
import { type AxisData, onAxis } from './axis-data.ts';

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
