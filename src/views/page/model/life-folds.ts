import { OTHER_NAMES } from '../../../ledger/accounts/other.ts';
import type { PageFold } from './page-model.ts';

/** Lines that one unit may have; what is beyond them shares one. */
const MOST_FOLDS = 300;
/** Stretches of one line; beyond, those that are nearest to each other become one. */
const MOST_STRETCHES = 64;
/** In seconds: half a millisecond is less than a pixel of any run. */
const FIRST_GAP_SECONDS = 0.0005;

/** A process that has ended, without a row of its own. Times on the monotonic clock. */
export interface FoldedLife {
  /** Key of the row that it descends from; null where that is none. */
  readonly parent: number | null;
  /** Hostile text. */
  readonly name: string;
  readonly bornAtSeconds: number;
  readonly endedAtSeconds: number;
  readonly exitCode: number | null;
}

/** Processes of a unit that have no rows of their own, by parent and name: how many, how they ended, when some of them lived. */
export class LifeFolds {
  readonly #folds = new Map<string, Fold>();

  add(life: FoldedLife): void {
    const fold = this.#foldOf(life);
    fold.count++;
    if (life.exitCode !== null && life.exitCode !== 0) fold.failed++;
    fold.stretches.add(life.bornAtSeconds, life.endedAtSeconds);
  }

  addAll(other: LifeFolds): void {
    for (const each of other.#folds.values()) {
      const fold = this.#foldOf(each);
      fold.count += each.count;
      fold.failed += each.failed;
      for (const [from, to] of each.stretches.all) fold.stretches.add(from, to);
    }
  }

  /** Those with most processes first. `secondsAt`: of a moment, since the time axis begins. */
  lines(secondsAt: (atSeconds: number) => number): PageFold[] {
    return [...this.#folds.values()]
      .sort((a, b) => b.count - a.count)
      .map(({ parent, name, count, failed, stretches }) => ({
        ...{ parent, name, count, failed },
        stretches: stretches.all.map(([from, to]) => [secondsAt(from), secondsAt(to)] as const),
      }));
  }

  #foldOf({ parent, name }: Pick<FoldedLife, 'parent' | 'name'>): Fold {
    const key = `${parent} ${name}`;
    const known = this.#folds.get(key);
    if (known !== undefined) return known;
    if (this.#folds.size >= MOST_FOLDS && name !== OTHER_NAMES)
      return this.#foldOf({ parent: null, name: OTHER_NAMES });
    const fold = { parent, name, count: 0, failed: 0, stretches: new Stretches() };
    this.#folds.set(key, fold);
    return fold;
  }
}

interface Fold {
  readonly parent: number | null;
  readonly name: string;
  count: number;
  failed: number;
  readonly stretches: Stretches;
}

type Stretch = readonly [from: number, to: number];

/** When at least one of several was there: in bounded memory, so that short gaps may be closed. */
class Stretches {
  /** In the order of time, apart from each other. */
  #all: Stretch[] = [];
  #gapSeconds = FIRST_GAP_SECONDS;

  get all(): readonly Stretch[] {
    return this.#all;
  }

  add(from: number, to: number): void {
    // Most come last.
    let at = this.#all.length;
    while (at > 0 && this.#all[at - 1]![0] > from) at--;
    this.#all.splice(at, 0, [from, to]);
    this.#join(Math.max(0, at - 1));
    while (this.#all.length > MOST_STRETCHES) {
      this.#gapSeconds *= 2;
      this.#join(0);
    }
  }

  /** Joins what is no further apart than the gap, from `first` on. */
  #join(first: number): void {
    const joined = this.#all.slice(0, first);
    for (const stretch of this.#all.slice(first)) {
      const last = joined.at(-1);
      if (last === undefined || stretch[0] > last[1] + this.#gapSeconds) joined.push(stretch);
      else joined[joined.length - 1] = [last[0], Math.max(last[1], stretch[1])];
    }
    this.#all = joined;
  }
}
