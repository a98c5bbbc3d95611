import uPlot from 'uplot';
import { el, fill } from '../dom.ts';
import { type RunData, wasSeen } from '../run/run-data.ts';
import type { ViewState } from '../run/view-state.ts';
import { colourOf } from '../theme.ts';
import { type AxisData, onAxis, stacked } from './axis-data.ts';
import type { PlotContent, PlotKind } from './kinds.ts';
import { drawMarks, drawStrip } from './marks.ts';
import { Reading } from './reading.ts';

const HEIGHT = 190;

/** One plot on the page: its frame, which stays, and the uPlot chart in it, which is recreated with every content. */
export class Plot {
  readonly element: HTMLElement;
  readonly kind: PlotKind;
  readonly #state: ViewState;
  readonly #host = el('div', { class: 'plot-host' });
  /** Legend of the lines. */
  readonly #lines = el('div', { class: 'lines' });
  readonly #reading: Reading;
  #plot: uPlot | null = null;
  #axis: AxisData | null = null;
  #isSetting = false;

  constructor(kind: PlotKind, state: ViewState) {
    this.kind = kind;
    this.#state = state;
    this.#reading = new Reading(kind);
    const id = `plot-${kind.id}`;
    this.element = el(
      'section',
      { class: 'plot', id, 'aria-labelledby': `${id}-title` },
      el('h3', { id: `${id}-title` }, kind.title, el('span', { class: 'about' }, ` ${kind.about}`)),
      this.#lines,
      this.#host,
      this.#reading.table,
    );
    this.#host.addEventListener('keydown', (event) => this.#onKey(event));
    this.#host.addEventListener('pointerenter', () => this.#reading.activate(true));
    this.#host.addEventListener('pointerleave', () => this.#reading.activate(false));
    this.#host.addEventListener('focus', () => this.#reading.activate(true));
    this.#host.addEventListener('blur', () => this.#reading.activate(false));
  }

  /** Draws a content. */
  show(content: PlotContent, data: RunData, axis: AxisData): void {
    this.#plot?.destroy();
    this.#plot = null;
    this.#axis = axis;
    this.#reading.show(content, data, axis);
    fill(
      this.#lines,
      ...content.lines.map(({ label, colour, dashed }) => keyOf(label, colour, dashed === true)),
    );
    if (content.strip !== null) this.#lines.append(keyOf(content.strip.label, 'bad', false));
    if (axis.xs.length === 0 || (content.bands.length === 0 && content.lines.length === 0)) {
      this.#host.removeAttribute('tabindex');
      this.#host.removeAttribute('role');
      fill(this.#host, el('p', { class: 'absent' }, this.#absentText(data, axis)));
      return;
    }
    this.#host.tabIndex = 0;
    this.#host.setAttribute('role', 'group');
    this.#host.setAttribute(
      'aria-label',
      `${this.kind.title} over time. Arrow keys move and read values, plus and minus zoom, Escape shows the whole time. The values are in a table below.`,
    );
    fill(this.#host);
    this.#plot = new uPlot(this.#options(content, data, axis), this.#dataOf(content, axis), this.#host);
    this.#reading.attach(this.#host);
    this.zoom();
  }

  #absentText(data: RunData, { xs }: AxisData): string {
    const { unit } = this.#state;
    const units = [...data.units.values()].filter(({ key }) => unit === null || key === unit);
    if (!units.some(wasSeen)) return 'Not found in this run.';
    return xs.length === 0 ? 'One sample only: nothing over time.' : this.kind.absent;
  }

  /** Shows the selected span of time. */
  zoom(): void {
    if (this.#plot === null || this.#axis === null) return;
    const { zoom } = this.#state;
    const { startX, endX, xs } = this.#axis;
    this.#isSetting = true;
    // The value of the first point is drawn at its end.
    const min = zoom === null ? Math.max(startX, Math.min(xs[0]!, endX - 1e-3)) : startX + zoom.from;
    this.#plot.setScale('x', { min, max: zoom === null ? endX : startX + zoom.to });
    this.#isSetting = false;
  }

  resize(): void {
    const width = this.#host.clientWidth;
    if (this.#plot !== null && width > 0 && Math.abs(this.#plot.width - width) > 1)
      this.#plot.setSize({ width, height: HEIGHT });
  }

  /** Layers are drawn from the top of the stack down, each over the one above it. */
  #dataOf({ bands, lines }: PlotContent, axis: AxisData): uPlot.AlignedData {
    const edges = stacked(
      axis,
      bands.map(({ values }) => values),
    );
    return [axis.xs as number[], ...edges.reverse(), ...lines.map(({ values }) => onAxis(axis, values))];
  }

  #options(content: PlotContent, data: RunData, axis: AxisData): uPlot.Options {
    const bands = [...content.bands].reverse();
    return {
      width: Math.max(320, this.#host.clientWidth || 900),
      height: HEIGHT,
      legend: { show: false },
      padding: [10, 12, 0, 0],
      drawOrder: ['series', 'axes'] as uPlot.DrawOrderKey[],
      cursor: {
        sync: { key: 'unitledger', setSeries: false },
        points: { show: false },
        drag: { x: true, y: false, dist: 4 },
        y: false,
      },
      scales: {
        x: { time: false },
        y: {
          range: (_, __, max) => [
            0,
            Math.min(
              this.kind.most ?? Number.POSITIVE_INFINITY,
              Math.max(this.kind.least, (max ?? 0) * 1.06),
            ),
          ],
        },
      },
      axes: axesOf(this.kind),
      series: [
        {},
        ...bands.map(
          ({ label, colour }): uPlot.Series => ({
            label,
            fill: colourOf(colour),
            stroke: colourOf(colour),
            width: 0.5,
            points: { show: axis.xs.length < 2 },
          }),
        ),
        ...content.lines.map(
          ({ label, colour, dashed }): uPlot.Series => ({
            label,
            stroke: colourOf(colour),
            width: dashed ? 1 : 1.5,
            ...(dashed ? { dash: [4, 4] } : {}),
            points: { show: axis.xs.length < 2 },
            spanGaps: false,
          }),
        ),
      ],
      hooks: {
        setScale: [(plot, key) => this.#onScale(plot, key)],
        setCursor: [(plot) => this.#reading.at(plot)],
        draw: [
          (plot) => {
            drawMarks(plot, data, axis, this.#state.unit);
            if (content.strip !== null) drawStrip(plot, data, axis, content.strip.values);
          },
        ],
      },
    };
  }

  #onScale(plot: uPlot, key: string): void {
    if (key !== 'x' || this.#isSetting || this.#axis === null) return;
    const { min = 0, max = 0 } = plot.scales.x ?? {};
    const { startX, endX, xs } = this.#axis;
    // Without a zoom uPlot shows from the first point on.
    if (min <= Math.max(startX, xs[0]!) && max >= Math.min(endX, xs.at(-1)!)) this.#state.setZoom(null);
    else this.#state.setZoom({ from: min - startX, to: max - startX });
    if (this.#state.zoom === null) this.zoom();
  }

  #onKey(event: KeyboardEvent): void {
    const plot = this.#plot;
    const axis = this.#axis;
    if (plot === null || axis === null) return;
    const step = event.shiftKey ? 10 : 1;
    const { min = axis.startX, max = axis.endX } = plot.scales.x ?? {};
    const at = plot.cursor.idx ?? Math.round(axis.xs.length / 2);
    const moves: Record<string, () => void> = {
      ArrowLeft: () => this.#moveTo(plot, at - step),
      ArrowRight: () => this.#moveTo(plot, at + step),
      Home: () => this.#moveTo(plot, 0),
      End: () => this.#moveTo(plot, axis.xs.length - 1),
      '+': () => this.#scale(axis, min, max, axis.xs[at] ?? (min + max) / 2, 0.5),
      '=': () => this.#scale(axis, min, max, axis.xs[at] ?? (min + max) / 2, 0.5),
      '-': () => this.#scale(axis, min, max, axis.xs[at] ?? (min + max) / 2, 2),
      Escape: () => this.#state.setZoom(null),
      '0': () => this.#state.setZoom(null),
    };
    const move = moves[event.key];
    if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    move();
  }

  #moveTo(plot: uPlot, index: number): void {
    const x = this.#axis!.xs[Math.min(this.#axis!.xs.length - 1, Math.max(0, index))]!;
    this.#reading.speak = true;
    plot.setCursor({ left: plot.valToPos(x, 'x'), top: 10 });
  }

  #scale({ startX, endX }: AxisData, min: number, max: number, middle: number, by: number): void {
    const from = Math.max(startX, middle - (middle - min) * by);
    const to = Math.min(endX, middle + (max - middle) * by);
    this.#state.setZoom(from <= startX && to >= endX ? null : { from: from - startX, to: to - startX });
  }
}

/** The colour and the label of a line. */
function keyOf(label: string, colour: Parameters<typeof colourOf>[0], isDashed: boolean): HTMLElement {
  const sample = el('span', { class: isDashed ? 'sample dashed' : 'sample' });
  sample.style.borderColor = colourOf(colour);
  return el('span', { class: 'key' }, sample, label);
}

const TIMES = [
  0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
];
const BINARY = Array.from({ length: 50 }, (_, power) => 2 ** power);
/** Numbers of processes are whole. */
const WHOLE = Array.from({ length: 10 }, (_, power) =>
  [1, 2, 5].map((factor) => factor * 10 ** power),
).flat();
const FONT = '11px system-ui, sans-serif';

function axesOf(kind: PlotKind): uPlot.Axis[] {
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
