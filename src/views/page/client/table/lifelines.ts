import { duration } from '../../../format.ts';
import { clockTime } from '../clock.ts';
import { el, fill, oncePerFrame } from '../dom.ts';
import { nameOf, shortNameOf } from '../names.ts';
import type { ProcessData, RunData } from '../run/run-data.ts';
import { selectionOf } from '../run/selection.ts';
import type { ViewState } from '../run/view-state.ts';
import { MoreRows } from './more-rows.ts';

const FIRST_ROWS = 60;
const MORE_ROWS = 500;
/** Deeper levels are drawn at this one. */
const MOST_LEVELS = 12;

interface Branch {
  readonly process: ProcessData;
  readonly level: number;
}

/** The tree of processes, each with a line from its birth to its end, on the time that the plots show. */
export class Lifelines {
  readonly element: HTMLElement;
  readonly #data: RunData;
  readonly #state: ViewState;
  readonly #list = el('ol', { class: 'lifelines' });
  readonly #more = new MoreRows(FIRST_ROWS, MORE_ROWS, () => this.draw());
  readonly #span = el('p', { class: 'span', 'aria-hidden': 'true' });

  constructor(data: RunData, state: ViewState) {
    this.#data = data;
    this.#state = state;
    this.element = el(
      'section',
      { class: 'tree', 'aria-labelledby': 'tree-title' },
      el('h2', { id: 'tree-title' }, 'Process tree and lifelines'),
      this.#span,
      this.#list,
      this.#more.button,
    );
    const draw = oncePerFrame(() => this.draw());
    state.onChange((change) => {
      if (change === 'filter') this.#more.begin();
      if (change !== 'theme' && change !== 'grouping') draw();
    });
  }

  draw(): void {
    const { shown } = selectionOf(this.#data, this.#state);
    const branches = treeOf(shown);
    const from = this.#data.startMillis + 1000 * (this.#state.zoom?.from ?? 0);
    const to = this.#data.startMillis + 1000 * (this.#state.zoom?.to ?? this.#data.spanSeconds);
    fill(this.#span, el('span', {}, `${clockTime(from)} UTC`), el('span', {}, clockTime(to)));
    const most = Math.max(...shown.map(({ info }) => info.totals.cpuPercent?.avg ?? 0), 1e-9);
    fill(this.#list, ...this.#more.of(branches).map((branch) => this.#lineOf(branch, from, to, most)));
  }

  #lineOf({ process, level }: Branch, from: number, to: number, most: number): HTMLElement {
    const { pid, endedAt, livedSeconds, cpuPercent } = process.info.totals;
    const ended = endedAt === null ? null : Date.parse(endedAt);
    const livedUntil = ended ?? Date.parse(this.#data.run.endedAt);
    const began = livedSeconds === null ? from : livedUntil - 1000 * livedSeconds;
    const isPicked = this.#state.picked.has(process.key);
    const label = el(
      'button',
      {
        type: 'button',
        'aria-pressed': String(isPicked),
        onclick: () => this.#state.toggle([process.key]),
      },
      `${shortNameOf(process.info.totals)} `,
      el('span', { class: 'details' }, String(pid)),
    );
    label.style.paddingInlineStart = `${0.4 + Math.min(level, MOST_LEVELS)}em`;
    const left = clamped((began - from) / (to - from));
    const right = clamped(((ended ?? to) - from) / (to - from));
    const bar = el('span', { class: `bar${ended === null ? ' alive' : ''}${began > from ? ' born' : ''}` });
    bar.style.left = `${100 * left}%`;
    bar.style.width = `${Math.max(0.15, 100 * (right - left))}%`;
    bar.style.opacity = String(0.35 + 0.65 * Math.sqrt((cpuPercent?.avg ?? 0) / most));
    const life =
      `${began < this.#data.startMillis ? 'there at the start' : `born ${clockTime(began)}`}, ` +
      `${ended === null ? (this.#data.run.goesOn ? 'alive' : 'alive at the end') : `ended ${clockTime(ended)}, lived ${duration((ended - began) / 1000)}`}`;
    const isOutside = right <= 0 || left >= 1;
    const line = el(
      'span',
      { class: 'track', title: life },
      isOutside ? null : bar,
      el('span', { class: 'unseen' }, life),
    );
    return el(
      'li',
      { 'aria-label': `${nameOf(process.info.totals)} ${pid}, level ${level + 1}: ${life}` },
      label,
      line,
    );
  }
}

function clamped(share: number): number {
  return Math.min(1, Math.max(0, share));
}

/** Parents before their children, brothers by age. */
function treeOf(processes: readonly ProcessData[]): Branch[] {
  const keys = new Set(processes.map(({ key }) => key));
  const children = Map.groupBy(processes, ({ key, info }) =>
    info.parent !== null && info.parent !== key && keys.has(info.parent) ? info.parent : null,
  );
  const branches: Branch[] = [];
  const seen = new Set<number>();
  const open: Branch[] = (children.get(null) ?? []).map((process) => ({ process, level: 0 })).reverse();
  // A loop in what the parents say has no root: what it holds stands at the end.
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next.process.key)) continue;
    seen.add(next.process.key);
    branches.push(next);
    const { level } = next;
    const below = children.get(next.process.key) ?? [];
    for (const process of [...below].reverse()) open.push({ process, level: level + 1 });
  }
  for (const process of processes) if (!seen.has(process.key)) branches.push({ process, level: 0 });
  return branches;
}
