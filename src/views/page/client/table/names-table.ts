import type { RunName } from '../../../../ledger/document/run-document.ts';
import { printable } from '../../../../text/printable.ts';
import { byteCount, counted, percent, seconds } from '../../../format.ts';
import { el, fill } from '../dom.ts';
import { nameOf } from '../names.ts';
import type { RunData, UnitData } from '../run/run-data.ts';
import type { ViewState } from '../run/view-state.ts';
import { MoreRows } from './more-rows.ts';

const FIRST_ROWS = 50;
const MORE_ROWS = 500;

const FIGURES = [
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

/** A group of processes of a unit. */
interface Row extends Omit<RunName, 'name'> {
  /** Printable. */
  readonly label: string;
  /** Name of the unit. */
  readonly of: string;
}

/** Options of a table of sums. */
interface Content {
  /** ID of the section; its heading has the same with `-title`. */
  readonly id: string;
  readonly title: string;
  /** Names of a row: the title of the first column, and the noun for counts. */
  readonly column: string;
  readonly noun: string;
  rowsOf(unit: UnitData, state: ViewState): Row[];
}

/** By process name: live, exited and short-lived together. */
export function namesTable(data: RunData, state: ViewState): SumsTable {
  return new SumsTable(data, state, {
    id: 'names',
    title: 'By name',
    column: 'Name',
    noun: 'name',
    rowsOf: ({ info: { totals } }, { names }) =>
      totals.names
        .filter(({ name }) => names.size === 0 || names.has(name))
        .map((row) => ({ ...row, label: nameOf(row), of: totals.unit })),
  });
}

/** By cgroup, for units with several. */
export function subCgroupsTable(data: RunData, state: ViewState): SumsTable {
  return new SumsTable(data, state, {
    id: 'cgroups',
    title: 'By cgroup',
    column: 'Cgroup below the unit',
    noun: 'cgroup',
    rowsOf: ({ info: { totals } }) =>
      totals.subCgroups.map((row) => ({
        ...row,
        apportioned: false,
        label: printable(row.subCgroup ?? '/'),
        of: totals.unit,
      })),
  });
}

/** Sums of processes of each unit: one row per group, most CPU first. */
class SumsTable {
  readonly element: HTMLElement;
  readonly #data: RunData;
  readonly #state: ViewState;
  readonly #content: Content;
  readonly #body = el('tbody');
  readonly #count = el('p', { class: 'count', role: 'status' });
  readonly #more = new MoreRows(FIRST_ROWS, MORE_ROWS, () => this.draw());

  constructor(data: RunData, state: ViewState, content: Content) {
    this.#data = data;
    this.#state = state;
    this.#content = content;
    const titleId = `${content.id}-title`;
    const head = [content.column, ...FIGURES].map((title, at) =>
      el('th', { scope: 'col', class: at === 0 ? 'name' : '' }, title),
    );
    this.element = el(
      'section',
      { class: `names ${content.id}`, 'aria-labelledby': titleId },
      el('h2', { id: titleId }, content.title),
      this.#count,
      el(
        'div',
        { class: 'scroll', tabindex: 0, role: 'region', 'aria-labelledby': titleId },
        el('table', { class: 'figures' }, el('thead', {}, el('tr', {}, ...head)), this.#body),
      ),
      this.#more.button,
    );
    this.#more.follow(state, ['filter', 'data']);
  }

  draw(): void {
    const { unit, search } = this.#state;
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = [...this.#data.units.values()]
      .filter(({ key }) => unit === null || key === unit)
      .flatMap((each) => this.#content.rowsOf(each, this.#state))
      .filter(({ label, of }) => words.every((word) => `${label}\n${of}`.toLowerCase().includes(word)))
      .sort((a, b) => b.cpuSeconds - a.cpuSeconds);
    this.element.hidden = rows.length === 0;
    const estimated = rows.some(({ apportioned }) => apportioned)
      ? '; ~: a share of the exact CPU that parents waited for'
      : '';
    this.#count.textContent = `${counted(rows.length, this.#content.noun)}, ended processes included${estimated}`;
    fill(this.#body, ...this.#more.of(rows).map((row) => this.#rowOf(row)));
  }

  #rowOf(row: Row): HTMLElement {
    const failed = Object.values(row.exitCodes ?? {}).reduce((sum, count) => sum + count, 0);
    const place =
      this.#data.units.size > 1 ? el('span', { class: 'details' }, ` ${printable(row.of)}`) : null;
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
      el('th', { scope: 'row', class: 'name' }, row.label, place),
      ...cells.map((text) => el('td', {}, text)),
    );
  }
}
