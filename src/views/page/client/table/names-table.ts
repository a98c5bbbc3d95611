import type { RunName } from '../../../../ledger/document/run-document.ts';
import { printable } from '../../../../text/printable.ts';
import { byteCount, counted, percent, seconds } from '../../../format.ts';
import { el, fill, oncePerFrame } from '../dom.ts';
import { nameOf } from '../names.ts';
import type { RunData } from '../run/run-data.ts';
import type { ViewState } from '../run/view-state.ts';
import { MoreRows } from './more-rows.ts';

const FIRST_ROWS = 50;
const MORE_ROWS = 500;

const HEAD = [
  'Name',
  'Count',
  'Running',
  'CPU s',
  'CPU %',
  'Peak RSS',
  'Disk',
  'Cancelled writes',
  'Transfer',
  'Failed',
];

/** All processes of each unit by executable name: live, exited and short-lived together. */
export class NamesTable {
  readonly element: HTMLElement;
  readonly #data: RunData;
  readonly #state: ViewState;
  readonly #body = el('tbody');
  readonly #count = el('p', { class: 'count', role: 'status' });
  readonly #more = new MoreRows(FIRST_ROWS, MORE_ROWS, () => this.draw());

  constructor(data: RunData, state: ViewState) {
    this.#data = data;
    this.#state = state;
    const head = HEAD.map((title, at) => el('th', { scope: 'col', class: at === 0 ? 'name' : '' }, title));
    this.element = el(
      'section',
      { class: 'names', 'aria-labelledby': 'names-title' },
      el('h2', { id: 'names-title' }, 'By name'),
      this.#count,
      el(
        'div',
        { class: 'scroll', tabindex: 0, role: 'region', 'aria-labelledby': 'names-title' },
        el('table', { class: 'figures' }, el('thead', {}, el('tr', {}, ...head)), this.#body),
      ),
      this.#more.button,
    );
    const draw = oncePerFrame(() => this.draw());
    state.onChange((change) => {
      if (change === 'filter') this.#more.begin();
      if (change === 'filter' || change === 'data') draw();
    });
  }

  draw(): void {
    const { unit, search, names } = this.#state;
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = [...this.#data.units.values()]
      .filter(({ key }) => unit === null || key === unit)
      .flatMap(({ info }) => info.totals.names.map((row) => ({ row, of: info.totals.unit })))
      .filter(({ row }) => names.size === 0 || names.has(row.name))
      .filter(({ row, of }) => words.every((word) => `${row.name}\n${of}`.toLowerCase().includes(word)))
      .sort((a, b) => b.row.cpuSeconds - a.row.cpuSeconds);
    this.element.hidden = rows.length === 0;
    const estimated = rows.some(({ row }) => row.apportioned)
      ? '; ~: CPU of processes that ended unseen is their share of the counters of their parents'
      : '';
    this.#count.textContent = `${counted(rows.length, 'name')}, ended processes included${estimated}`;
    fill(this.#body, ...this.#more.of(rows).map(({ row, of }) => this.#rowOf(row, of)));
  }

  #rowOf(row: RunName, unit: string): HTMLElement {
    const failed = Object.values(row.exitCodes ?? {}).reduce((sum, count) => sum + count, 0);
    const place = this.#data.units.size > 1 ? el('span', { class: 'details' }, ` ${printable(unit)}`) : null;
    const cells = [
      String(row.count),
      String(row.running),
      `${row.apportioned ? '~' : ''}${seconds(row.cpuSeconds)}`,
      percent(row.cpuPercent),
      byteCount(row.peakMemoryBytes),
      byteCount(row.diskBytes),
      byteCount(row.cancelledWriteBytes),
      byteCount(row.transferBytes),
      row.exitCodes === null ? '-' : String(failed),
    ];
    return el(
      'tr',
      {},
      el('th', { scope: 'row', class: 'name' }, nameOf(row), place),
      ...cells.map((text) => el('td', {}, text)),
    );
  }
}
