import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type BarPlot, barSvg, type LinePlot, lineSvg } from './plot.ts';

/** Plots by the names of their files. */
interface Plots {
  readonly lines?: Readonly<Record<string, LinePlot>>;
  readonly bars?: Readonly<Record<string, BarPlot>>;
}

/** Writes a page, and its plots into the folder `plots` beside it. */
export async function writePage(file: string, text: string, { lines = {}, bars = {} }: Plots): Promise<void> {
  const folder = join(dirname(file), 'plots');
  mkdirSync(folder, { recursive: true });
  for (const [name, plot] of Object.entries(lines)) writeFileSync(join(folder, name), await lineSvg(plot));
  for (const [name, plot] of Object.entries(bars)) writeFileSync(join(folder, name), await barSvg(plot));
  writeFileSync(file, text);
}
