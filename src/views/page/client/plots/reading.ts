import type uPlot from 'uplot';
import { pointTime } from '../clock.ts';
import { el, fill } from '../dom.ts';
import type { RunData, Values } from '../run/run-data.ts';
import { colourOf } from '../theme.ts';
import type { AxisData } from './axis-data.ts';
import type { PlotContent, PlotKind } from './kinds.ts';
import { MARK_COLOURS, sayMark } from './marks.ts';

interface Item {
  readonly label: string;
  readonly colour: Parameters<typeof colourOf>[0];
  readonly values: Values;
}

/** Maximum lines of the box next to the pointer. */
const MOST_LINES = 14;

/** Shows values of a plot: next to the pointer, for a screen reader, and as a table. */
export class Reading {
  /** All values as a table, made when it is opened. */
  readonly table: HTMLDetailsElement;
  /** Whether a screen reader should announce the next point. */
  speak = false;
  readonly #kind: PlotKind;
  readonly #box = el('div', { class: 'reading', hidden: true });
  readonly #voice = el('div', { class: 'unseen', 'aria-live': 'polite' });
  readonly #inTable = el('div', { class: 'scroll' });
  #isActive = false;
  #items: readonly Item[] = [];
  #data: RunData | null = null;
  #axis: AxisData | null = null;
  #hasTotal = false;

  constructor(kind: PlotKind) {
    this.#kind = kind;
    const summary = el('summary', {}, `${kind.title} as a table`);
    this.table = el('details', { class: 'values' }, summary, this.#inTable, this.#voice);
    this.table.addEventListener('toggle', () => this.#fillTable());
  }

  show({ bands, lines, strip }: PlotContent, data: RunData, axis: AxisData): void {
    const throttled =
      strip === null ? [] : [{ label: strip.label, colour: 'bad' as const, values: strip.values }];
    this.#items = [...[...bands].reverse(), ...lines, ...(this.#kind.id === 'cpu' ? throttled : [])];
    this.#hasTotal = bands.length > 1;
    this.#data = data;
    this.#axis = axis;
    this.#box.hidden = true;
    this.#fillTable();
  }

  attach(host: HTMLElement): void {
    host.append(this.#box);
  }

  activate(isActive: boolean): void {
    this.#isActive = isActive;
    if (!isActive) this.#box.hidden = true;
  }

  /** Shows the values at the cursor. */
  at(plot: uPlot): void {
    const { idx, left = -1 } = plot.cursor;
    const data = this.#data;
    const point = typeof idx === 'number' ? (this.#axis?.points[idx] ?? -1) : -1;
    if (!this.#isActive || data === null || point < 0 || left < 0) {
      this.#box.hidden = true;
      return;
    }
    const time = pointTime(data.startMillis, data.endOf(point), data.points.stepSeconds);
    const known = this.#items
      .map((item) => ({ ...item, value: item.values[point] ?? Number.NaN }))
      .filter(({ value }) => !Number.isNaN(value));
    const told = known.filter(({ value }) => value > 0);
    const most =
      told.length > MOST_LINES ? [...told].sort((a, b) => b.value - a.value).slice(0, MOST_LINES) : told;
    const total = this.#totalAt(point);
    const marks = data.marks.filter((mark) => mark.point === point);
    fill(
      this.#box,
      el('div', { class: 'when' }, `${time} UTC`),
      ...(total === null ? [] : [this.#line(null, 'all together', total)]),
      ...most.map(({ label, colour, value }) => this.#line(colourOf(colour), label, value)),
      most.length < told.length
        ? el('div', { class: 'more' }, `and ${told.length - most.length} more`)
        : null,
      ...marks.map((mark) =>
        el(
          'div',
          { class: `mark ${MARK_COLOURS[mark.kind]}` },
          `${this.#unitName(mark.unit)} ${sayMark(mark)}`,
        ),
      ),
    );
    this.#box.hidden = false;
    const isRight = left > plot.over.clientWidth / 2;
    const place = plot.over.offsetLeft + left;
    this.#box.style.left = isRight ? '' : `${place + 14}px`;
    this.#box.style.right = isRight ? `${plot.width - place + 14}px` : '';
    if (!this.speak) return;
    this.speak = false;
    const spoken = most.slice(0, 4).map(({ label, value }) => `${label} ${this.#kind.format(value)}`);
    this.#voice.textContent = `${time}: ${total === null ? '' : `all ${this.#kind.format(total)}, `}${spoken.join(', ')}`;
  }

  /** The sum of the layers. */
  #totalAt(point: number): number | null {
    if (!this.#hasTotal) return null;
    let total = 0;
    for (const item of this.#items)
      if ('colour' in item && this.#isBand(item)) total += item.values[point] || 0;
    return total;
  }

  #isBand({ label, colour }: Item): boolean {
    return colour !== 'line' && colour !== 'bad' && label !== 'highest sample';
  }

  #unitName(key: number): string {
    return (this.#data?.units.size ?? 0) > 1 ? (this.#data?.units.get(key)?.info.totals.unit ?? '') : '';
  }

  #line(colour: string | null, label: string, value: number): HTMLElement {
    const swatch = el('span', { class: 'swatch' });
    if (colour !== null) swatch.style.background = colour;
    return el(
      'div',
      { class: 'line' },
      swatch,
      el('span', { class: 'what' }, label),
      el('span', { class: 'value' }, this.#kind.format(value)),
    );
  }

  #fillTable(): void {
    if (!this.table.open || this.#data === null) return;
    const { seconds } = this.#data;
    const rows = this.#items.map(({ label, values }) => {
      let min = Number.POSITIVE_INFINITY;
      let max = Number.NEGATIVE_INFINITY;
      let whole = 0;
      let covered = 0;
      for (const [point, value] of values.entries()) {
        if (Number.isNaN(value)) continue;
        min = Math.min(min, value);
        max = Math.max(max, value);
        whole += value * (seconds[point] ?? 0);
        covered += seconds[point] ?? 0;
      }
      const said = (value: number) => (Number.isFinite(value) ? this.#kind.format(value) : '-');
      return el(
        'tr',
        {},
        el('th', { scope: 'row' }, label),
        ...[min, covered > 0 ? whole / covered : Number.NaN, max].map((value) => el('td', {}, said(value))),
      );
    });
    const head = ['', 'lowest point', 'mean', 'highest point'].map((text) =>
      el('th', { scope: 'col' }, text),
    );
    fill(this.#inTable, el('table', {}, el('thead', {}, el('tr', {}, ...head)), el('tbody', {}, ...rows)));
  }
}
