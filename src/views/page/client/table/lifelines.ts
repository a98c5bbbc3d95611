import { signalOfExitCode } from '../../../../host/wait-status.ts';
import { byteCount, counted, duration, seconds } from '../../../format.ts';
import { clockTime } from '../clock.ts';
import { el, fill } from '../dom.ts';
import { nameOf, shortNameOf } from '../names.ts';
import { type FoldData, type ProcessData, type RunData, sumOf } from '../run/run-data.ts';
import { cpuSecondsOf, selectionOf } from '../run/selection.ts';
import type { ViewState } from '../run/view-state.ts';
import { MoreRows } from './more-rows.ts';
import { type Branch, type FoldedBranch, treeOf } from './process-tree.ts';

const FIRST_ROWS = 60;
const MORE_ROWS = 500;
/** Deeper levels are drawn at this level. */
const MOST_LEVELS = 12;
/** Bars that are closer than this share of the line are merged. */
const LEAST_GAP = 0.002;

/** The visible part of the run, in milliseconds since 1970. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** Start and end of a process. */
interface LifeSpan {
  readonly began: number;
  /** Null while it is running. */
  readonly ended: number | null;
}

/** The tree of processes, each with a line from its birth to its end, on the time axis of the plots. */
export class Lifelines {
  readonly element: HTMLElement;
  readonly #data: RunData;
  readonly #state: ViewState;
  readonly #open = new Set<string>();
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
    this.#more.follow(state, ['filter', 'data', 'zoom']);
  }

  draw(): void {
    const { shown, folds } = selectionOf(this.#data, this.#state);
    const branches = treeOf(shown, (id) => this.#open.has(id), folds);
    const span = {
      from: this.#data.startMillis + 1000 * (this.#state.zoom?.from ?? 0),
      to: this.#data.startMillis + 1000 * (this.#state.zoom?.to ?? this.#data.spanSeconds),
    };
    fill(this.#span, el('span', {}, `${clockTime(span.from)} UTC`), el('span', {}, clockTime(span.to)));
    const most = Math.max(...shown.map(({ info }) => info.totals.cpuPercent?.avg ?? 0), 1e-9);
    const focused = document.activeElement?.getAttribute('data-branch') ?? null;
    const lines = this.#more
      .of(branches)
      .map((branch) =>
        'folds' in branch ? this.#foldedLineOf(branch, span) : this.#lineOf(branch, span, most),
      );
    fill(this.#list, ...lines);
    if (focused === null) return;
    for (const button of this.#list.querySelectorAll<HTMLElement>('[data-branch]'))
      if (button.dataset.branch === focused) button.focus();
  }

  #lineOf(branch: Branch, span: Span, most: number): HTMLElement {
    const { members, level } = branch;
    const [first] = members;
    const isOpen = members.length > 1 && this.#open.has(branch.id);
    const said = members.length === 1 ? this.#lifeOf(first) : this.#lifeOfAll(members);
    const label = nameOf(first.info.totals);
    const many = members.length === 1 ? String(first.info.totals.pid) : `×${members.length}`;
    const bars = isOpen ? [] : [...this.#barsOf(members, span, most), ...this.#execsOf(members, span)];
    const buttons = [this.#foldButton(branch, isOpen), this.#pickButton(branch, many)];
    return lineOf(`${label} ${many}`, level, said, buttons, bars);
  }

  /** Processes without rows: there is nothing to unfold, nor to pick. */
  #foldedLineOf({ folds, level }: FoldedBranch, { from, to }: Span): HTMLElement {
    const [first] = folds;
    const count = sumOf(folds.map((fold) => fold.count));
    const failed = sumOf(folds.map((fold) => fold.failed));
    const millisOf = (after: number) => this.#data.startMillis + 1000 * after;
    const stretches = folds.flatMap((fold) =>
      fold.stretches.map(([began, ended]) => [millisOf(began), millisOf(ended)]),
    );
    const bars = stretches
      .map(([began, ended]) => ({
        left: (began! - from) / (to - from),
        right: (ended! - from) / (to - from),
      }))
      .filter(({ left, right }) => right > 0 && left < 1)
      .map(({ left, right }) => barOf(left, right, `bar folded${failed > 0 ? ' failed' : ''}`));
    const born = clockTime(Math.min(...stretches.map(([began]) => began!)));
    const ended = clockTime(Math.max(...stretches.map((stretch) => stretch[1]!)));
    const failures = failed === 0 ? '' : `, ${failed} failed`;
    const used = this.#cpuOf(first, count);
    const said = `${counted(count, 'process', 'processes')} without a row, first born ${born}, last ended ${ended}${failures}${used}`;
    const name = el(
      'span',
      { class: 'name-of-fold' },
      `${shortNameOf(first)} `,
      el('span', { class: 'details' }, `×${count}`),
    );
    return lineOf(`${nameOf(first)} ×${count}`, level, said, [indentOf(level), name], bars);
  }

  /** CPU of processes without rows is known by name: it is theirs where they are all of the name. */
  #cpuOf({ unit, name }: FoldData, count: number): string {
    const rows = this.#data.units.get(unit)?.info.totals.exited.filter((row) => row.name === name) ?? [];
    if (sumOf(rows.map((row) => row.count)) !== count) return '';
    return `, ${seconds(sumOf(rows.map((row) => row.cpuSeconds)))} s of CPU together`;
  }

  #foldButton({ id, members, level }: Branch, isOpen: boolean): HTMLElement {
    if (members.length === 1) return indentOf(level);
    const [first] = members;
    const button = el(
      'button',
      {
        type: 'button',
        class: 'fold',
        'data-branch': id,
        'aria-expanded': String(isOpen),
        'aria-label': `${isOpen ? 'Fold' : 'Unfold'} ${nameOf(first.info.totals)} ×${members.length}`,
        onclick: () => {
          if (!this.#open.delete(id)) this.#open.add(id);
          this.draw();
        },
      },
      isOpen ? '▾' : '▸',
    );
    button.style.marginInlineStart = indentAt(level);
    return button;
  }

  #pickButton({ members }: Branch, many: string): HTMLElement {
    const keys = members.map(({ key }) => key);
    return el(
      'button',
      {
        type: 'button',
        'aria-pressed': String(keys.every((key) => this.#state.picked.has(key))),
        onclick: () => this.#state.toggle(keys),
      },
      `${shortNameOf(members[0].info.totals)} `,
      el('span', { class: 'details' }, many),
    );
  }

  /** A bar for each process; bars that overlap or nearly touch are merged. */
  #barsOf(members: readonly ProcessData[], { from, to }: Span, most: number): HTMLElement[] {
    const lives = members
      .map((process) => ({
        ...this.#spanOf(process, from),
        weight: process.info.totals.cpuPercent?.avg ?? 0,
        failed: hasFailed(process),
      }))
      .map(({ began, ended, weight, failed }) => ({
        left: (began - from) / (to - from),
        right: ((ended ?? to) - from) / (to - from),
        isAlive: ended === null,
        weight,
        failed,
      }))
      .filter(({ left, right }) => right > 0 && left < 1)
      .sort((a, b) => a.left - b.left);
    const joined: typeof lives = [];
    for (const life of lives) {
      const last = joined.at(-1);
      if (last === undefined || life.left > last.right + LEAST_GAP) {
        joined.push(life);
        continue;
      }
      joined[joined.length - 1] = {
        left: last.left,
        right: Math.max(last.right, life.right),
        isAlive: last.isAlive || life.isAlive,
        weight: Math.max(last.weight, life.weight),
        failed: last.failed || life.failed,
      };
    }
    return joined.map(({ left, right, isAlive, weight, failed }) => {
      const kinds = [isAlive ? ' alive' : '', left > 0 ? ' born' : '', failed ? ' failed' : ''];
      const bar = barOf(left, right, `bar${kinds.join('')}`);
      bar.style.opacity = String(0.35 + 0.65 * Math.sqrt(weight / most));
      return bar;
    });
  }

  /** A stroke for each program that a single process executed. */
  #execsOf(members: readonly ProcessData[], { from, to }: Span): HTMLElement[] {
    const [process] = members;
    if (members.length !== 1 || process === undefined) return [];
    const { began } = this.#spanOf(process, from);
    const execs = process.info.execsAfterSeconds ?? [];
    const shares = execs.map((after) => (began + 1000 * after - from) / (to - from));
    return shares
      .filter((share) => share >= 0 && share <= 1)
      .map((share) => {
        const stroke = el('span', { class: 'exec' });
        stroke.style.left = `${100 * share}%`;
        return stroke;
      });
  }

  /** `unknown`: start time for a process of unknown age. */
  #spanOf({ info }: ProcessData, unknown: number): LifeSpan {
    const { endedAt, livedSeconds } = info.totals;
    const ended = endedAt === null ? null : Date.parse(endedAt);
    const livedUntil = ended ?? Date.parse(this.#data.run.endedAt);
    return { began: livedSeconds === null ? unknown : livedUntil - 1000 * livedSeconds, ended };
  }

  #lifeOf(process: ProcessData): string {
    const { began, ended } = this.#spanOf(process, this.#data.startMillis - 1);
    const birth = began < this.#data.startMillis ? 'running at the start' : `born ${clockTime(began)}`;
    const used = usedBy(process);
    if (ended === null) return `${birth}, ${this.#data.run.goesOn ? 'alive' : 'alive at the end'}; ${used}`;
    const { exitCode } = process.info.totals;
    const exit = exitCode === null ? '' : `, ${exitText(exitCode)}`;
    return `${birth}, ended ${clockTime(ended)}, lived ${duration((ended - began) / 1000)}${exit}; ${used}`;
  }

  #lifeOfAll(members: readonly ProcessData[]): string {
    const spans = members.map((process) => this.#spanOf(process, this.#data.startMillis - 1));
    const first = Math.min(...spans.map(({ began }) => began));
    const alive = spans.filter(({ ended }) => ended === null).length;
    const peak = Math.max(...members.map(({ info }) => info.totals.memoryBytes?.max ?? 0));
    const failed = members.filter(hasFailed).length;
    const failures = failed === 0 ? '' : `, ${failed} failed`;
    const birth =
      first < this.#data.startMillis ? 'first running at the start' : `first born ${clockTime(first)}`;
    const end = `${counted(alive, 'process', 'processes')} ${this.#data.run.goesOn ? 'alive' : 'alive at the end'}`;
    return `${birth}, ${end}${failures}, ${seconds(sumOf(members.map(cpuSecondsOf)))} s of CPU together, highest RSS of one ${byteCount(peak)}`;
  }
}

/** What a line is called, and what it shows of the time: said as well, to those who do not see it. */
function lineOf(
  label: string,
  level: number,
  said: string,
  branch: readonly HTMLElement[],
  bars: readonly HTMLElement[],
): HTMLElement {
  return el(
    'li',
    { 'aria-label': `${label}, level ${level + 1}: ${said}` },
    el('span', { class: 'branch' }, ...branch),
    el('span', { class: 'track', title: said }, ...bars, el('span', { class: 'unseen' }, said)),
  );
}

/** From one share of the line to another. */
function barOf(left: number, right: number, kind: string): HTMLElement {
  const bar = el('span', { class: kind });
  bar.style.left = `${100 * clamped(left)}%`;
  bar.style.width = `${Math.max(0.15, 100 * (clamped(right) - clamped(left)))}%`;
  return bar;
}

function indentAt(level: number): string {
  return `${0.2 + Math.min(level, MOST_LEVELS)}em`;
}

/** Instead of the button that folds. */
function indentOf(level: number): HTMLElement {
  const space = el('span', { class: 'fold' });
  space.style.marginInlineStart = indentAt(level);
  return space;
}

/** Whether it exited with a code other than 0 or by a signal. */
function hasFailed({ info }: ProcessData): boolean {
  const { exitCode } = info.totals;
  return exitCode !== null && exitCode !== 0;
}

/** `exit code 1`, `signal 9`: shells report signals as 128 plus their number. */
function exitText(exitCode: number): string {
  const signal = signalOfExitCode(exitCode);
  return signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
}

/** Known values of one process: CPU, memory and bytes. */
function usedBy(process: ProcessData): string {
  const { memoryBytes, diskBytes, transferBytes } = process.info.totals;
  const parts = [`${seconds(cpuSecondsOf(process))} s of CPU`];
  if (memoryBytes !== null) parts.push(`highest RSS ${byteCount(memoryBytes.max)}`);
  if (diskBytes !== null) parts.push(`${byteCount(diskBytes)} disk`);
  if (transferBytes !== null) parts.push(`${byteCount(transferBytes)} transferred`);
  return parts.join(', ');
}

function clamped(share: number): number {
  return Math.min(1, Math.max(0, share));
}
