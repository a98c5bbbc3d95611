import { knownSum } from '../../../../ledger/accounts/known.ts';
import { isShared } from '../../../../ledger/document/shared-unit.ts';
import { printable } from '../../../../text/printable.ts';
import { byteCount, counted, duration, percent, ratio, seconds, utcDate, utcTime } from '../../../format.ts';
import { unitSentences } from '../../../summary/sentences.ts';
import { el, fill } from '../dom.ts';
import { nameOf, shortNameOf } from '../names.ts';
import type { RunData, UnitData } from '../run/run-data.ts';
import { cpuSecondsOf } from '../run/selection.ts';
import type { ViewState } from '../run/view-state.ts';
import { eventsList } from './events.ts';
import { unitsTable } from './units-table.ts';

const MOST_TOP = 6;

/** What the page opens with: who used what. */
export class Answer {
  readonly element = el('section', { class: 'answer', 'aria-labelledby': 'answer-title' });
  readonly #data: RunData;
  readonly #state: ViewState;

  constructor(data: RunData, state: ViewState) {
    this.#data = data;
    this.#state = state;
    state.onChange((change) => {
      if (change === 'data') this.draw();
    });
  }

  draw(): void {
    const units = [...this.#data.units.values()];
    const [only] = units;
    const title =
      units.length === 1 && only !== undefined
        ? printable(only.info.totals.unit)
        : counted(units.length, 'unit');
    const { run } = this.#data;
    const length = (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1000;
    fill(
      this.element,
      el('h1', { id: 'answer-title' }, title),
      el(
        'p',
        { class: 'when' },
        `${utcDate(run.startedAt)} to ${utcTime(run.endedAt, run.startedAt)} UTC, ${duration(length)}` +
          `${run.hostName === null ? '' : ` on ${printable(run.hostName)}`}: ${counted(run.samples, 'sample')}, one every ${run.intervalSeconds}s` +
          `${run.missedSamples > 0 ? `, ${run.missedSamples} missed` : ''}` +
          `${run.stretchedSamples > 0 ? `, ${run.stretchedSamples} left out for the CPU budget` : ''}`,
      ),
      ...run.missing.map((sentence) =>
        el('p', { class: 'missing', role: 'note' }, `Not the whole run: ${sentence}.`),
      ),
      el('p', { class: 'lead' }, leadSentence(this.#data, units, length)),
      el('div', { class: 'cards' }, ...cardsOf(this.#data, units, length)),
      topOf(this.#data, this.#state),
      units.length === 1 && only !== undefined
        ? el('div', { class: 'told' }, ...toldOf(this.#data, only).map((sentence) => el('p', {}, sentence)))
        : unitsTable(this.#data, this.#state),
      eventsList(this.#data),
    );
  }
}

/** The unit as the summary says it. */
function toldOf(data: RunData, { key, info }: UnitData): readonly string[] {
  const own = [...data.processes.values()].filter((process) => process.info.unit === key);
  const processes = own.map((process) => process.info.totals);
  return unitSentences({ ...info.totals, processes }, data.run.endedAt, printable);
}

/** Who used most, in one sentence. */
function leadSentence(data: RunData, units: readonly UnitData[], length: number): string {
  const total = sum(units.map(usedOf));
  const processes = [...data.processes.values()];
  if (units.every(({ info }) => info.totals.instances === 0 && !isShared(info.totals)))
    return 'Nothing of it was ever seen in this run: check the name, that it is running, and that it has processes.';
  const [first] = [...processes].sort((a, b) => cpuSecondsOf(b) - cpuSecondsOf(a));
  const who = units.length === 1 ? 'It' : 'Together they';
  const cores = length > 0 ? ` (${(total / length).toFixed(2)} cores on average)` : '';
  const [heaviest] = [...units].sort((a, b) => usedOf(b) - usedOf(a));
  const unit =
    units.length > 1 && heaviest !== undefined && total > 0
      ? `, ${ratio(usedOf(heaviest) / total)} of it by ${printable(heaviest.info.totals.unit)}`
      : '';
  const process =
    first !== undefined && total > 0 && cpuSecondsOf(first) > 0
      ? ` ${shortNameOf(first.info.totals)} (PID ${first.info.totals.pid}) used most: ${ratio(cpuSecondsOf(first) / total)}.`
      : '';
  return `${who} used ${seconds(total)} s of CPU${cores}${unit}.${process}`;
}

function usedOf({ info }: UnitData): number {
  return info.totals.cpu.totalSeconds ?? info.totals.cpu.attributedSeconds;
}

function cardsOf(data: RunData, units: readonly UnitData[], length: number): HTMLElement[] {
  const total = sum(units.map(usedOf));
  const attributed = sum(units.map(({ info }) => info.totals.cpu.attributedSeconds));
  const counting = units.filter(({ info }) => info.totals.cpu.totalSeconds !== null);
  const known = sum(counting.map(usedOf));
  const coverage =
    known > 0 ? sum(counting.map(({ info }) => info.totals.cpu.attributedSeconds)) / known : null;
  const peaks = units
    .map(({ info }) => info.totals.resources?.memoryPeakBytes ?? null)
    .filter((peak) => peak !== null);
  const kills = sum(units.map(({ info }) => info.totals.resources?.memoryEvents.oomKill ?? 0));
  const throttled = sum(units.map(({ info }) => info.totals.resources?.throttledSeconds ?? 0));
  const restarts = sum(units.map(({ info }) => Math.max(0, info.totals.instances - 1)));
  const rows = [...data.processes.values()];
  const disk = units.map(({ info }) => info.totals.totals.diskBytes).reduce(knownSum, null);
  const resident = highestOf(units);
  return [
    card('CPU', `${seconds(total)} s`, length > 0 ? `${(total / length).toFixed(2)} cores on average` : ''),
    card(
      'Attributed',
      ratio(coverage),
      coverage === null ? 'the total is not known' : `${seconds(attributed)} s to processes`,
    ),
    card(
      'Memory',
      resident === null ? '-' : byteCount(resident),
      peaks.length === 0
        ? 'resident at most'
        : `resident at most; ${byteCount(Math.max(...peaks))} charged at its peak`,
    ),
    card(
      'Disk',
      byteCount(disk),
      `${byteCount(units.map(({ info }) => info.totals.totals.transferBytes).reduce(knownSum, null))} transferred`,
    ),
    card(
      'Processes',
      String(sum(units.map(({ info }) => info.totals.totals.processesSeen))),
      `${rows.filter(({ info }) => info.totals.endedAt === null).length} alive ${data.run.goesOn ? 'now' : 'at the end'}`,
    ),
    card(
      'Restarts',
      String(restarts),
      restarts === 0 ? 'it ran on' : 'began anew while watched',
      restarts > 0 ? 'warn' : '',
    ),
    ...(kills > 0 ? [card('OOM kills', String(kills), 'by the kernel, for lack of memory', 'bad')] : []),
    ...(throttled > 0.005
      ? [card('Throttled', `${seconds(throttled)} s`, 'held back by a CPU limit', 'warn')]
      : []),
  ];
}

/** The most that one of the units had resident. */
function highestOf(units: readonly UnitData[]): number | null {
  const known = units.map(({ info }) => info.totals.totals.memoryBytes?.max ?? null);
  const heights = known.filter((height) => height !== null);
  return heights.length === 0 ? null : Math.max(...heights);
}

function card(title: string, figure: string, note: string, kind = ''): HTMLElement {
  return el(
    'div',
    { class: `card ${kind}` },
    el('div', { class: 'title' }, title),
    el('div', { class: 'figure' }, figure),
    el('div', { class: 'note' }, note),
  );
}

/** The processes that used most, as bars. */
function topOf(data: RunData, state: ViewState): HTMLElement | null {
  const all = [...data.processes.values()];
  const total = sum([...data.units.values()].map(usedOf)) || sum(all.map(cpuSecondsOf));
  const top = [...all].sort((a, b) => cpuSecondsOf(b) - cpuSecondsOf(a)).slice(0, MOST_TOP);
  if (top.length === 0) return null;
  const most = Math.max(cpuSecondsOf(top[0]!), 1e-9);
  return el(
    'div',
    { class: 'top' },
    el('h2', {}, 'Who used most CPU'),
    el(
      'ol',
      {},
      ...top.map((process) => {
        const { pid, cpuPercent, memoryBytes } = process.info.totals;
        const bar = el('span', { class: 'share' });
        bar.style.width = `${(100 * cpuSecondsOf(process)) / most}%`;
        const label = `${shortNameOf(process.info.totals)} ${pid}`;
        return el(
          'li',
          {},
          el(
            'button',
            {
              type: 'button',
              title: `Show ${nameOf(process.info.totals)} alone`,
              onclick: () => state.toggle([process.key]),
            },
            label,
          ),
          el('span', { class: 'bars' }, bar),
          el(
            'span',
            { class: 'value' },
            `${seconds(cpuSecondsOf(process))} s · ${ratio(total > 0 ? cpuSecondsOf(process) / total : null)}`,
          ),
          el('span', { class: 'note' }, noteOf(cpuPercent?.max ?? null, memoryBytes?.max ?? null)),
        );
      }),
    ),
  );
}

function noteOf(cpuPercent: number | null, memoryBytes: number | null): string {
  return `at most ${percent(cpuPercent)}% of a core, ${byteCount(memoryBytes)}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
