import { parse, resetSVGDefIds, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

/** One value of one series of a plot. */
interface PlotPoint {
  readonly series: string;
  readonly x: number;
  readonly y: number;
}

/** A plot of lines, one a series. */
export interface LinePlot {
  readonly title: string;
  readonly x: { readonly title: string; readonly log?: boolean };
  readonly y: { readonly title: string; readonly log?: boolean; readonly domain?: readonly [number, number] };
  readonly points: readonly PlotPoint[];
  /** Horizontal lines: a goal, a reference. */
  readonly rules?: readonly { readonly name: string; readonly y: number }[];
  /** A mark at each value; for few values. */
  readonly marks?: boolean;
}

/** A bar for each value, in their order, on a logarithmic scale. */
export interface BarPlot {
  readonly title: string;
  readonly value: string;
  readonly bars: readonly { readonly name: string; readonly value: number }[];
}

/** Okabe and Ito's: told apart by all eyes. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00', '#000000', '#999999'];

/** The plot as an SVG document; the same for the same values. */
export async function lineSvg({ title, x, y, points, rules = [], marks = false }: LinePlot): Promise<string> {
  const names = [...new Set(points.map(({ series }) => series))];
  const lines = {
    data: { values: points.map((point) => ({ ...point })) },
    mark: { type: 'line' as const, point: marks, strokeWidth: 1.5, clip: true },
    encoding: {
      x: axis('x', x),
      y: axis('y', y),
      color: {
        field: 'series',
        type: 'nominal' as const,
        scale: { domain: names, range: COLOURS },
        legend:
          names.length > 1 ? { title: null, orient: 'bottom' as const, columns: 2, labelLimit: 400 } : null,
      },
    },
  };
  const goals = {
    data: { values: rules.map(({ name, y }) => ({ name, y })) },
    layer: [
      {
        mark: { type: 'rule' as const, strokeDash: [4, 3], color: '#666666' },
        encoding: { y: axis('y', y) },
      },
      {
        mark: {
          type: 'text' as const,
          align: 'right' as const,
          baseline: 'bottom' as const,
          dx: -4,
          color: '#444444',
        },
        encoding: {
          x: { value: 'width' as const },
          y: axis('y', y),
          text: { field: 'name', type: 'nominal' as const },
        },
      },
    ],
  };
  return svgOf({
    title,
    width: 640,
    height: 280,
    background: '#ffffff',
    padding: 8,
    layer: rules.length > 0 ? [lines, goals] : [lines],
  });
}

function axis(field: 'x' | 'y', { title, log = false, domain }: LinePlot['y']) {
  const scale = {
    type: log ? ('log' as const) : ('linear' as const),
    ...(domain === undefined ? { zero: !log && field === 'y' } : { domain: [...domain] }),
  };
  return { field, type: 'quantitative' as const, title, scale };
}

/** The plot as an SVG document; the same for the same values. */
export async function barSvg({ title, value, bars }: BarPlot): Promise<string> {
  const values = bars.map((bar) => ({ ...bar, label: Number(bar.value.toPrecision(3)).toString() }));
  const name = {
    field: 'name',
    type: 'nominal' as const,
    title: null,
    sort: bars.map((bar) => bar.name),
    axis: { labelLimit: 0 },
  };
  const x = {
    field: 'value',
    type: 'quantitative' as const,
    title: value,
    scale: { type: 'symlog' as const },
  };
  return svgOf({
    title,
    width: 460,
    height: { step: 26 },
    background: '#ffffff',
    padding: 8,
    data: { values },
    encoding: { y: name, x },
    layer: [
      { mark: { type: 'bar' as const, color: COLOURS[0]! } },
      {
        mark: { type: 'text' as const, align: 'left' as const, dx: 4 },
        encoding: { text: { field: 'label', type: 'nominal' as const } },
      },
    ],
  });
}

/** Draws without a browser. */
async function svgOf(spec: TopLevelSpec): Promise<string> {
  // Else what was drawn before would show in the names of clip paths.
  resetSVGDefIds();
  return `${await new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG()}\n`;
}
