import { printable } from '../../../../text/printable.ts';
import { counted, ratio, seconds } from '../../../format.ts';
import { runSeconds, runSentence, unitSentences } from '../../../summary/sentences.ts';
import { pointTime } from '../clock.ts';
import { el, fill } from '../dom.ts';
import { shortNameOf } from '../names.ts';
import { MARK_COLOURS, sayMark } from '../plots/marks.ts';
import { type RunData, summedOf, sumOf, type UnitData, unitsOf, usedBy, wasSeen } from '../run/run-data.ts';
import { namesOf } from '../run/selection.ts';
import type { ViewState } from '../run/view-state.ts';
import { cardsOf } from './cards.ts';
import { topNames, topSubCgroups } from './top-names.ts';

/** The top of the page: totals and top consumers. */
export class Answer {
  readonly element = el('section', { class: 'answer', 'aria-labelledby': 'answer-title' });
  readonly #data: RunData;
  readonly #state: ViewState;

  constructor(data: RunData, state: ViewState) {
    this.#data = data;
    this.#state = state;
    state.onChange((change) => {
      if (change === 'data' || change === 'filter') this.draw();
    });
  }

  draw(): void {
    const units = unitsOf(this.#data);
    const summed = summedOf(units);
    const shared = sumOf([...this.#data.units.values()].map(usedBy)) - sumOf(units.map(usedBy));
    const [only] = units;
    const title =
      units.length === 1 && only !== undefined
        ? printable(only.info.totals.unit)
        : counted(units.length, 'unit');
    const { run } = this.#data;
    const length = runSeconds(run);
    const isSeen = units.some(wasSeen);
    const focused = focusedName(this.element);
    fill(
      this.element,
      el('h1', { id: 'answer-title' }, title),
      el(
        'p',
        { class: 'when' },
        runSentence(run, run.hostName === null ? '' : ` on ${printable(run.hostName)}`),
      ),
      ...run.missing.map((sentence) =>
        el('p', { class: 'missing', role: 'note' }, `Incomplete run: ${sentence}.`),
      ),
      el('p', { class: 'lead' }, leadSentence(units, summed, length)),
      shared >= 0.005
        ? el(
            'p',
            {},
            `Another ${seconds(shared)} s is CPU of removed cgroups that cannot be assigned to a unit.`,
          )
        : null,
      units.length > 1 && isSeen ? el('h2', {}, `All ${units.length} units together`) : null,
      summed.length < units.length ? el('p', {}, 'A unit inside another one is counted once.') : null,
      isSeen ? el('div', { class: 'cards' }, ...cardsOf(this.#data, summed, length)) : null,
      topNames(this.#data, this.#state),
      topSubCgroups(this.#data, this.#state),
      units.length === 1 && only !== undefined && isSeen
        ? el('div', { class: 'told' }, ...sentencesOf(this.#data, only).map((text) => el('p', {}, text)))
        : null,
      eventsList(this.#data),
    );
    if (focused === null) return;
    for (const button of this.element.querySelectorAll<HTMLElement>('[data-name]'))
      if (button.dataset.name === focused) button.focus();
  }
}

/** The name of the focused button, so that its replacement can get the focus. */
function focusedName(within: HTMLElement): string | null {
  const { activeElement } = document;
  return within.contains(activeElement) ? (activeElement?.getAttribute('data-name') ?? null) : null;
}

/** The unit as in the summary. */
function sentencesOf(data: RunData, { key, info }: UnitData): readonly string[] {
  const own = [...data.processes.values()].filter((process) => process.info.unit === key);
  const processes = own.map((process) => process.info.totals);
  return unitSentences({ ...info.totals, processes }, data.run.endedAt, printable);
}

/** The top consumer by name, in one sentence. */
function leadSentence(units: readonly UnitData[], summed: readonly UnitData[], length: number): string {
  if (!units.some(wasSeen)) return 'Not found in this run: check the name, and that it is running.';
  const total = sumOf(summed.map(usedBy));
  const who = units.length === 1 ? 'The unit' : 'All units together';
  const cores = length > 0 ? ` (${(total / length).toFixed(2)} cores on average)` : '';
  const [heaviest] = [...units].sort((a, b) => usedBy(b) - usedBy(a));
  const unit =
    units.length > 1 && heaviest !== undefined && total > 0
      ? `, ${ratio(usedBy(heaviest) / total)} of it by ${printable(heaviest.info.totals.unit)}`
      : '';
  const [first] = namesOf(summed);
  const name =
    first !== undefined && total > 0 && first.cpuSeconds > 0
      ? ` ${shortNameOf(first)}${first.count > 1 ? ` ×${first.count}` : ''} used most: ${ratio(first.cpuSeconds / total)}.`
      : '';
  return `${who} used ${seconds(total)} s of CPU${cores}${unit}.${name}`;
}

const MOST_EVENTS = 100;

/** The events of the run: the marks of the plots in words. */
function eventsList(data: RunData): HTMLElement | null {
  if (data.marks.length === 0) return null;
  const items = data.marks.slice(0, MOST_EVENTS).map((mark) => {
    const time = pointTime(data.startMillis, data.endOf(mark.point), data.points.stepSeconds);
    const unit = printable(data.units.get(mark.unit)?.info.totals.unit ?? '');
    return el(
      'li',
      { class: `event ${MARK_COLOURS[mark.kind]}` },
      el(
        'time',
        { datetime: new Date(data.startMillis + 1000 * data.endOf(mark.point)).toISOString() },
        time,
      ),
      ` ${unit} ${sayMark(mark)}`,
    );
  });
  const left = data.marks.length - items.length;
  return el(
    'details',
    { class: 'events', open: data.marks.length <= 12 },
    el('summary', {}, `Events (${data.marks.length})`),
    el('ol', {}, ...items, left > 0 ? el('li', {}, `and ${left} more, marked in the plots`) : null),
  );
}
