import type { NamedColour } from '../palette.ts';
import type { Band } from '../run/bands.ts';
import type { Values } from '../run/run-data.ts';

/** A line over the layers, or alone. */
export interface PlotLine {
  readonly label: string;
  readonly colour: number | NamedColour;
  readonly values: Values;
  readonly dashed?: boolean;
}

/** Content of one plot. */
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
  /** Description in one sentence. */
  readonly about: string;
  /** Text shown without data. */
  readonly absent: string;
  format(value: number): string;
  /** Minimum of the upper end of the axis. */
  readonly least: number;
  /** Maximum of the upper end of the axis; absent: no maximum. */
  readonly most?: number;
  /** `binary`: ticks at powers of two; `whole`: at whole numbers. */
  readonly ticks: 'decimal' | 'binary' | 'whole';
}
