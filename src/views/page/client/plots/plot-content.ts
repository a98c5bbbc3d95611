import type { NamedColour } from '../palette.ts';
import type { Band } from '../run/bands.ts';
import type { Values } from '../run/run-data.ts';

/** A line over the layers, or on its own. */
export interface PlotLine {
  readonly label: string;
  readonly colour: number | NamedColour;
  readonly values: Values;
  readonly dashed?: boolean;
}

/** What one plot shows. */
export interface PlotContent {
  /** From the bottom up. */
  readonly bands: readonly Band[];
  readonly lines: readonly PlotLine[];
  /** By point, 0 to 1: drawn as a strip at the top. */
  readonly strip: { readonly label: string; readonly values: Values } | null;
}

/** One of the plots. */
export interface PlotKind {
  readonly id: string;
  readonly title: string;
  /** What it is that is shown, in one sentence. */
  readonly about: string;
  /** Text shown where there is no data. */
  readonly absent: string;
  format(value: number): string;
  /** The axis never ends below this. */
  readonly least: number;
  /** The axis never ends above this; without it, there is no such end. */
  readonly most?: number;
  /** `binary`: ticks at powers of two; `whole`: at whole numbers. */
  readonly ticks: 'decimal' | 'binary' | 'whole';
}
