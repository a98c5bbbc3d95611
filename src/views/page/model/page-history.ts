import type { ProcessAccount } from '../../../ledger/accounts/process-account.ts';
import { cpuOf } from '../../../ledger/document/exited-rows.ts';
import type { Ledger } from '../../../ledger/ledger.ts';
import type { Usage } from '../../../ledger/measuring/usage.ts';
import { Life, lifeFigure } from './life.ts';
import { Points } from './points.ts';
import type { Track } from './track.ts';
import { UnitHistory } from './unit-history.ts';

/** Limits of a history. */
export interface HistoryBounds {
  /** Points of the time axis. */
  readonly points: number;
  /** Processes with tracks of their own; beyond it, the lightest are folded into their units' others. */
  readonly lives: number;
  /** Numbers in all tracks together, 4 bytes each. */
  readonly numbers: number;
}

const BOUNDS: HistoryBounds = { points: 1_800, lives: 4_000, numbers: 16e6 };
/** Minimum points of the time axis, however many processes there are. */
const FEWEST_POINTS = 200;
/** Ticks between two checks of the limits. */
const LOOK_EVERY = 64;

/**
 * A run over time for the page, in bounded memory: fed with every booked tick, of a run in progress
 * or of a replay.
 */
export class PageHistory {
  readonly points: Points;
  /** Units without slots any more are in the histories of their patterns. */
  readonly units: UnitHistory[] = [];
  readonly #ledger: Ledger;
  readonly #bounds: HistoryBounds;
  #mostPoints: number;
  readonly #living = new Map<ProcessAccount, Life>();
  /** Live processes by unit and PID. */
  readonly #byPid = new Map<string, Life>();
  #lives = 0;
  #ticks = 0;
  #changedFrom = Number.POSITIVE_INFINITY;

  constructor(ledger: Ledger, tickSeconds: number, bounds: HistoryBounds = BOUNDS) {
    this.#ledger = ledger;
    this.#bounds = bounds;
    this.#mostPoints = bounds.points;
    this.points = new Points(tickSeconds);
  }

  /** The first point that changed since the last call; Infinity if none did. */
  takeChangedFrom(): number {
    const changedFrom = Math.min(this.#changedFrom, ...this.units.map((unit) => unit.takeChangedFrom()));
    this.#changedFrom = Number.POSITIVE_INFINITY;
    return changedFrom;
  }

  /** Adds the tick that was just booked. */
  take(usage: Usage): void {
    const { points } = this;
    if (!points.hasBegun) points.begin(usage.atSeconds, usage.wallMillis);
    this.#meetUnits();
    let point = points.of(usage.atSeconds);
    while (point >= this.#mostPoints) {
      this.halve();
      point = points.of(usage.atSeconds);
    }
    points.cover(point, usage.intervalSeconds);
    this.#changedFrom = Math.min(this.#changedFrom, point);
    this.#takeLiving(usage, point);
    this.#takeLeft(usage, point);
    this.#takeEnded(usage, point);
    this.#takeUnseen();
    for (const [place, unit] of this.units.entries()) {
      unit.takeUnseen(point, this.#ledger.unseen.rowsOf(place));
      unit.take(point, usage, points);
    }
    if (++this.#ticks % LOOK_EVERY === 0) this.#keepBounds();
  }

  #meetUnits(): void {
    const { units, retired } = this.#ledger;
    for (const { place, account } of retired) {
      const gone = this.units[place];
      const rest = this.units[account.origin.pattern!];
      if (gone?.account !== account || rest === undefined) continue;
      this.#lives -= gone.lives.length;
      rest.fold(gone);
    }
    for (const [place, account] of units.entries()) {
      if (this.units[place]?.account !== account) this.units[place] = new UnitHistory(account);
    }
  }

  #takeLiving(usage: Usage, point: number): void {
    const { liveSlots, liveCount, intervalSeconds } = usage;
    const { accounts } = this.#ledger;
    for (let i = 0; i < liveCount; i++) {
      const account = accounts[liveSlots[i]!];
      if (account === undefined) continue;
      const unit = this.units[account.unit]!;
      const life = this.#living.get(account) ?? this.#meet(account, unit, point, intervalSeconds > 0);
      unit.takeRow(life.take(point, usage, unit.others));
    }
  }

  #meet(account: ProcessAccount, unit: UnitHistory, point: number, isBorn: boolean): Life {
    const parent = this.#byPid.get(`${account.unit} ${account.ppid}`);
    const life = new Life(account, parent?.key ?? null);
    this.#living.set(account, life);
    this.#byPid.set(`${account.unit} ${account.identity.pid}`, life);
    unit.lives.push(life);
    this.#lives++;
    if (isBorn) unit.count('born', point);
    return life;
  }

  #takeEnded(usage: Usage, point: number): void {
    const { intervalSeconds } = usage;
    for (const account of this.#ledger.ended) {
      const unit = this.units[account.unit]!;
      const life = this.#living.get(account) ?? this.#meet(account, unit, point, intervalSeconds > 0);
      life.hasEnded = true;
      unit.takeRow(life.take(point, usage, unit.others));
      unit.count('ended', point);
      this.#living.delete(account);
      const pid = `${account.unit} ${account.identity.pid}`;
      if (this.#byPid.get(pid) === life) this.#byPid.delete(pid);
    }
  }

  /** Processes that left their units, and may come back: their last use is of this tick. */
  #takeLeft(usage: Usage, point: number): void {
    for (const account of this.#ledger.left) {
      const unit = this.units[account.unit]!;
      const life = this.#living.get(account) ?? this.#meet(account, unit, point, usage.intervalSeconds > 0);
      unit.takeRow(life.take(point, usage, unit.others));
    }
  }

  /** Those that ended unseen, where events tell when they lived. */
  #takeUnseen(): void {
    const { unseen, accounts } = this.#ledger;
    for (const { exit, unit, slot, bornAtSeconds, endedAtSeconds } of unseen.placed) {
      const parent = accounts[slot]?.identity.serial ?? null;
      const { name, exitCode } = exit;
      this.units[unit]?.folds.add({ parent, name, exitCode, bornAtSeconds, endedAtSeconds });
    }
  }

  /** Two points become one. */
  halve(): void {
    this.#changedFrom = 0;
    this.points.halve();
    for (const unit of this.units) unit.halve();
  }

  #keepBounds(): void {
    if (this.#lives > this.#bounds.lives) this.#foldLightest();
    while (this.#size() > this.#bounds.numbers && this.#mostPoints > FEWEST_POINTS) {
      this.#mostPoints = Math.floor(this.#mostPoints / 2);
      while (this.points.count > this.#mostPoints) this.halve();
    }
  }

  #size(): number {
    let size = 0;
    for (const unit of this.units) {
      size += unit.track.size + unit.others.size;
      for (const { track } of unit.lives) size += track?.size ?? 0;
    }
    return size;
  }

  /** Ended processes are folded first, lightest first. */
  #foldLightest(): void {
    this.#changedFrom = 0;
    const kept = Math.floor(0.75 * this.#bounds.lives);
    const all = this.units.flatMap((unit) => unit.lives.map((life) => ({ unit, life })));
    all.sort((a, b) => weightOf(b.life) - weightOf(a.life));
    for (const { unit, life } of all.slice(kept)) life.foldInto(unit.others);
    this.#lives = 0;
    for (const unit of this.units) {
      const own = unit.lives.filter(({ track, hasEnded }) => track !== undefined || !hasEnded);
      unit.lives.splice(0, Infinity, ...own);
      this.#lives += own.filter(({ track }) => track !== undefined).length;
    }
  }
}

/** Limit of processes with series of their own on a page: the heaviest. */
export const MOST_SERIES = 1_000;

/** The weight of a process for a track of its own. */
export function weightOf({ account, hasEnded }: Life): number {
  const { peakMemoryBytes } = account;
  const bytes = account.diskBytes ?? 0;
  // A second of CPU, 64 MiB held and 16 MiB moved weigh the same.
  const used = cpuOf(account) + (peakMemoryBytes || 0) / 2 ** 26 + bytes / 2 ** 24;
  return hasEnded ? used : 2 * used + 1e-9;
}

/** Limit, over all units, on names with series for their processes without series of their own. */
export const MOST_NAMES = 300;

/** The heaviest names by unit, at most this many over all units. */
export function heaviestNames(history: PageHistory, most: number): Map<UnitHistory, Set<string>> {
  const weights = history.units.flatMap((unit) =>
    [...nameWeights(unit)].map(([name, weight]) => ({ unit, name, weight })),
  );
  weights.sort((a, b) => b.weight - a.weight);
  const chosen = new Map<UnitHistory, Set<string>>();
  for (const { unit, name } of weights.slice(0, most)) {
    const names = chosen.get(unit) ?? new Set();
    chosen.set(unit, names.add(name));
  }
  return chosen;
}

function nameWeights(unit: UnitHistory): Map<string, number> {
  const weights = new Map<string, number>();
  const add = (name: string, weight: number) => weights.set(name, (weights.get(name) ?? 0) + weight);
  for (const [name, track] of unit.others.entries()) if (name !== null) add(name, usedIn(track));
  for (const life of unit.lives) if (life.track !== undefined) add(life.account.name, weightOf(life));
  return weights;
}

/** By the scale of `weightOf`: a second of CPU and 16 MiB moved weigh the same; memory counts by its highest sum. */
function usedIn(track: Track): number {
  let weight = 0;
  let memory = 0;
  for (let point = track.from; point < track.end; point++) {
    weight += (lifeFigure(track, 'cpu', point) || 0) + (lifeFigure(track, 'reaped', point) || 0);
    weight += (lifeFigure(track, 'disk', point) || 0) / 2 ** 24;
    memory = Math.max(memory, lifeFigure(track, 'memory', point) || 0);
  }
  return weight + memory / 2 ** 26;
}
