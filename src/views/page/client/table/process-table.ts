import { QUANTITIES, type QuantityUnit } from '../../../../ledger/document/quantities.ts';
import { printable } from '../../../../text/printable.ts';
import { byteCount, counted, percent, seconds } from '../../../format.ts';
import { el, fill } from '../dom.ts';
import { nameOf } from '../names.ts';
import type { ProcessData, RunData } from '../run/run-data.ts';
import { cpuSecondsOf, selectionOf } from '../run/selection.ts';
import type { ViewState } from '../run/view-state.ts';
import { MoreRows } from './more-rows.ts';

const FIRST_ROWS = 100;

/** The table of processes: sortable by any column, with picking. */
export class ProcessTable {
  readonly element: HTMLElement;
  readonly #data: RunData;
  readonly #state: ViewState;
  readonly #head = el('thead');
  readonly #body = el('tbody');
  readonly #count = el('p', { class: 'count', role: 'status' });
  readonly #more = new MoreRows(FIRST_ROWS, 10 * FIRST_ROWS, () => this.draw());
  /** On a phone: all columns, or those that fit. */
  readonly #columns = el(
    'button',
    { type: 'button', class: 'columns', 'aria-pressed': 'false', onclick: () => this.#toggleColumns() },
    'All columns',
  );
  #order: Order = { column: COLUMNS.find(({ id }) => id === 'cpu')!, isDescending: true };

  constructor(data: RunData, state: ViewState) {
    this.#data = data;
    this.#state = state;
    this.element = el(
      'section',
      { class: 'processes', 'aria-labelledby': 'processes-title' },
      el('h2', { id: 'processes-title' }, 'Processes'),
      this.#count,
      this.#columns,
      el(
        'div',
        { class: 'scroll', tabindex: 0, role: 'region', 'aria-labelledby': 'processes-title' },
        el('table', { class: 'figures' }, this.#head, this.#body),
      ),
      this.#more.button,
    );
    this.#more.follow(state, ['filter', 'data']);
  }

  draw(): void {
    const { listed, shown } = selectionOf(this.#data, this.#state);
    this.#drawHead();
    const rows = sorted(listed, this.#order);
    fill(this.#body, ...this.#more.of(rows).map((process) => this.#rowOf(process)));
    const all = this.#data.processes.size;
    const of = listed.length === all ? '' : ` of ${all}`;
    const picked = this.#state.picked.size > 0 ? `, ${counted(shown.length, 'picked one')} in the plots` : '';
    const without = shown.filter(({ values }) => values === null).length;
    const hidden = without > 0 ? `; ${without} of the lightest are under others in the plots` : '';
    this.#count.textContent = `${counted(listed.length, 'process', 'processes')}${of}${picked}${hidden}`;
  }

  #toggleColumns(): void {
    const hasAll = this.element.classList.toggle('all');
    this.#columns.setAttribute('aria-pressed', String(hasAll));
  }

  #drawHead(): void {
    const hasFocus = this.#head.contains(document.activeElement);
    const focused = document.activeElement?.getAttribute('data-column');
    const groups: { title: string | null; span: number }[] = [];
    for (const { group } of COLUMNS) {
      const last = groups.at(-1);
      if (last !== undefined && last.title !== null && last.title === group) last.span++;
      else groups.push({ title: group, span: 1 });
    }
    fill(
      this.#head,
      el(
        'tr',
        { class: 'groups' },
        el('td', { colspan: 2, class: 'sticky' }),
        ...groups.map(({ title, span }) =>
          title === null ? el('td') : el('th', { colspan: span, scope: 'colgroup', class: 'group' }, title),
        ),
      ),
      el(
        'tr',
        {},
        el('th', { scope: 'col', class: 'pick' }, el('span', { class: 'unseen' }, 'Show only this')),
        this.#columnHead(NAME),
        ...COLUMNS.map((column) => this.#columnHead(column)),
      ),
    );
    if (hasFocus) this.#head.querySelector<HTMLElement>(`[data-column="${focused}"]`)?.focus();
  }

  #columnHead(column: Column): HTMLElement {
    const isSorted = this.#order.column === column;
    const direction = this.#order.isDescending ? 'descending' : 'ascending';
    const sort = () => {
      const isDescending = isSorted ? !this.#order.isDescending : column !== NAME;
      this.#order = { column, isDescending };
      this.draw();
    };
    const arrow = isSorted ? (this.#order.isDescending ? ' ▾' : ' ▴') : '';
    const title = column.group === null ? column.title : `${column.group}: ${column.title}`;
    const button = el(
      'button',
      { type: 'button', 'data-column': column.id, 'aria-label': `Sort by ${title}`, onclick: sort },
      el('span', { class: 'long' }, column.title),
      column.short === null ? null : el('span', { class: 'short' }, column.short),
      el('span', { 'aria-hidden': 'true' }, arrow),
    );
    const isFirst = column.title === 'min';
    return el(
      'th',
      {
        scope: 'col',
        class: `${column === NAME ? 'name sticky' : ''}${isFirst ? ' first' : ''}${column.short === null ? ' wide' : ''}`,
        'aria-sort': isSorted ? direction : 'none',
      },
      button,
    );
  }

  #rowOf(process: ProcessData): HTMLElement {
    const { key, info } = process;
    const { pid, command, subCgroup, endedAt, exitCode } = info.totals;
    const said = nameOf(info.totals);
    const pick = el('input', {
      type: 'checkbox',
      'aria-label': `Show ${said} ${pid} alone`,
      onchange: () => this.#state.toggle([key]),
    });
    pick.checked = this.#state.picked.has(key);
    const unit =
      this.#data.units.size > 1 ? printable(this.#data.units.get(info.unit)?.info.totals.unit ?? '') : '';
    const place = [unit, subCgroup === null ? '' : printable(subCgroup)].filter(Boolean).join(' ');
    const ending = (exitCode ?? 0) === 0 ? '' : `exit code ${exitCode}`;
    const details = [command === null ? '' : printable(command), place, ending].filter(Boolean).join(' · ');
    return el(
      'tr',
      { class: `${endedAt === null ? '' : 'ended'}${pick.checked ? ' picked' : ''}` },
      el('td', { class: 'pick' }, pick),
      el(
        'th',
        { scope: 'row', class: 'name sticky', title: details === '' ? said : details },
        said,
        details === '' ? null : el('span', { class: 'details' }, ` ${details}`),
      ),
      ...COLUMNS.map((column) =>
        el(
          'td',
          { class: `${column.title === 'min' ? 'first' : ''}${column.short === null ? ' wide' : ''}` },
          column.text(process),
        ),
      ),
    );
  }
}

/** A column of values, or of a text. */
interface Column {
  readonly id: string;
  readonly title: string;
  /** Columns with the same title are adjacent. */
  readonly group: string | null;
  /** Title on a phone, which shows only columns with one. */
  readonly short: string | null;
  /** Sort value; null is last in both directions. */
  value(process: ProcessData): number | string | null;
  text(process: ProcessData): string;
}

/** How a quantity looks, by its unit. */
const LOOKS: Readonly<Record<QuantityUnit, { readonly note: string; say(value: number | null): string }>> = {
  percent: { note: ', % of a core', say: percent },
  bytes: { note: ' (RSS)', say: byteCount },
  bytesPerSecond: { note: ', bytes per second', say: byteCount },
};
const STATISTICS = ['min', 'avg', 'p95', 'max'] as const;

/** The statistic that a phone shows. */
const SHORT: Readonly<Record<string, string>> = {
  'cpuPercent-avg': 'CPU %',
  'memoryBytes-max': 'RSS max',
};

function number(
  id: string,
  title: string,
  value: (process: ProcessData) => number | null,
  say: (value: number | null) => string,
  short: string | null = null,
): Column {
  return { id, title, group: null, short, value, text: (process) => say(value(process)) };
}

/** The value columns of the table, after the name. */
const COLUMNS: readonly Column[] = [
  number('pid', 'PID', ({ info }) => info.totals.pid, String),
  number('ppid', 'PPID', ({ info }) => info.totals.ppid, String),
  number('cpu', 'CPU s', cpuSecondsOf, seconds, 'CPU s'),
  number('reaped', 'of which reaped', ({ info }) => info.totals.reapedCpuSeconds, seconds),
  ...Object.values(QUANTITIES).flatMap(({ title, unit, field }) =>
    STATISTICS.map((statistic): Column => {
      const { note, say } = LOOKS[unit];
      const id = `${field}-${statistic}`;
      const column = number(id, statistic, ({ info }) => info.totals[field]?.[statistic] ?? null, say);
      return { ...column, group: `${title}${note}`, short: SHORT[id] ?? null };
    }),
  ),
  number('disk', 'Disk', ({ info }) => info.totals.diskBytes, byteCount),
  number('cancelled', 'Cancelled writes', ({ info }) => info.totals.cancelledWriteBytes, byteCount),
  number('transfer', 'Transfer', ({ info }) => info.totals.transferBytes, byteCount),
];

const NAME: Column = {
  id: 'name',
  title: 'Process',
  group: null,
  short: 'Process',
  value: ({ info }) => info.totals.name.toLowerCase(),
  text: ({ info }) => info.totals.name,
};

interface Order {
  readonly column: Column;
  readonly isDescending: boolean;
}

function sorted(rows: readonly ProcessData[], { column, isDescending }: Order): ProcessData[] {
  const sign = isDescending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [one, other] = [column.value(a), column.value(b)];
    if (one === null || other === null) return Number(one === null) - Number(other === null);
    if (one === other) return a.info.totals.pid - b.info.totals.pid;
    return sign * (one < other ? -1 : 1);
  });
}
