import { OTHER } from '../accounts/other.ts';
import { restOf, unitsOfPattern } from '../accounts/pattern-units.ts';
import type { ProcessAccount } from '../accounts/process-account.ts';
import { SeriesBudget } from '../accounts/series-budget.ts';
import type { UnitAccount } from '../accounts/unit-account.ts';
import type { Ledger } from '../ledger.ts';
import type { ExportWindow, UnitWindow } from './export-window.ts';
import { UnitWindows } from './unit-windows.ts';
import type { Closing } from './windowed-process.ts';

/** One unit in the window that closes. */
interface Shown extends Accounts {
  readonly unit: UnitAccount;
  readonly place: number;
  readonly own: UnitWindows;
  /** Processes that could have series of their own. */
  readonly candidates: number;
}

/** How much has series of its own. No limit where one is not given. */
export interface SeriesLimits {
  /** Processes of one unit: those that use most. */
  readonly processesOfUnit?: number;
  /** Of the whole program; the ledger's. */
  readonly budget?: SeriesBudget;
}

/** Closes export windows on the ledger's clock: each holds what changed since the one before. */
export class WindowBuilder {
  readonly #ledger: Ledger;
  readonly #mostProcesses: number;
  readonly #budget: SeriesBudget;
  readonly #units: (UnitWindows | undefined)[] = [];
  /** Those that ended or left since the window before was closed. */
  readonly #gone = new Set<ProcessAccount>();
  #sequence = 0;
  #startUnixMillis: number;
  #startSeconds: number;
  /** Since the window before was closed. */
  #ticks = 0;

  constructor(
    ledger: Ledger,
    startUnixMillis: number,
    startSeconds: number,
    { processesOfUnit = Number.POSITIVE_INFINITY, budget = new SeriesBudget() }: SeriesLimits = {},
  ) {
    this.#budget = budget;
    this.#ledger = ledger;
    this.#mostProcesses = processesOfUnit;
    this.#startUnixMillis = startUnixMillis;
    this.#startSeconds = startSeconds;
  }

  /** Takes over what ended in the tick that was just booked: its last points go out with this window. */
  gather(): void {
    this.#ticks++;
    for (const account of this.#ledger.ended) this.#gone.add(account);
    for (const account of this.#ledger.left) this.#gone.add(account);
    for (const { place } of this.#ledger.retired) this.#units[place] = undefined;
  }

  /** Closes the window at the time of the tick last booked. */
  close(unixMillis: number, atSeconds: number): ExportWindow {
    const seconds = atSeconds - this.#startSeconds;
    const { units } = this.#ledger;
    // Those that left and came back are among the living.
    const ended = [...this.#gone].filter(({ isClosed }) => isClosed);
    const accounts = accountsByUnit(units.length, this.#ledger.accounts, ended);
    const closing = {
      cgroup: null,
      startUnixMillis: this.#startUnixMillis,
      endUnixMillis: unixMillis,
      endSeconds: atSeconds,
      seconds,
      ticks: this.#ticks,
    };
    const shown = units.flatMap((unit, place) => {
      if (!this.#isShown(unit, place, accounts[place]!)) return [];
      const own = this.#windowsOf(place);
      const { living, ended } = accounts[place]!;
      const candidates = own.processes.measure(living, ended, { ...closing, cgroup: unit.cgroup });
      return [{ unit, place, own, living, ended, candidates }];
    });
    const most = this.#processesOfEach(shown);
    const windows = shown.map(({ own, unit, living }) =>
      own.close(unit, living, isWhole(unit) ? most : 0, closing),
    );
    const window: ExportWindow = {
      sequence: ++this.#sequence,
      startUnixMillis: this.#startUnixMillis,
      endUnixMillis: unixMillis,
      seconds,
      units: this.#withFolded(shown, windows, closing),
      folded: this.#foldedOf(shown, most),
    };
    for (const { executables, ranges } of units) {
      executables.windowClosed(unixMillis);
      ranges?.reset();
    }
    this.#gone.clear();
    this.#ticks = 0;
    this.#startUnixMillis = unixMillis;
    this.#startSeconds = atSeconds;
    return window;
  }

  /**
   * What was asked for is in every window, there or not. A unit that was found by a pattern leaves with the window that
   * says that it is gone, unless something is booked to it after that; a pattern is there while none of its units is.
   */
  #isShown(unit: UnitAccount, place: number, { ended }: Accounts): boolean {
    const { units } = this.#ledger;
    if (unit.origin.kind === 'named' || unit.origin.kind === 'shared') return true;
    if (unit.isEmptyPattern) return !unitsOfPattern(units, place).some(({ present }) => present);
    const own = this.#windowsOf(place);
    const isNews = ended.length > 0 || own.isNews(unit);
    own.isGone = !unit.present;
    return isNews;
  }

  /** As many as were asked for, or as there is room for, the same for every unit. */
  #processesOfEach(shown: readonly Shown[]): number {
    const wanted = shown.flatMap(({ unit, candidates }) => (isWhole(unit) ? [candidates] : []));
    let left = this.#budget.processesLeft;
    let each = 0;
    wanted.sort((a, b) => a - b);
    for (const [i, candidates] of wanted.entries()) {
      const step = Math.min(candidates, this.#mostProcesses) - each;
      const units = wanted.length - i;
      if (step * units > left) return each + Math.floor(left / units);
      left -= step * units;
      each += step;
    }
    return this.#mostProcesses;
  }

  /** Puts those that have no series of their own together, each in the place of its pattern. */
  #withFolded(shown: readonly Shown[], windows: readonly UnitWindow[], closing: Closing): UnitWindow[] {
    const { units } = this.#ledger;
    const folded = new Map<number, UnitWindow[]>();
    const whole: (UnitWindow | undefined)[] = [];
    for (const [i, { unit, place }] of shown.entries()) {
      const pattern = unit.isRest ? place : unit.foldedAs === null ? null : unit.origin.pattern;
      if (pattern === null) whole[place] = windows[i];
      else folded.set(pattern, [...(folded.get(pattern) ?? []), windows[i]!]);
    }
    for (const [pattern, each] of folded) {
      const { folded: together } = this.#windowsOf(pattern);
      whole[pattern] = together.fold(each, restOf(units[pattern]!.asked), closing);
    }
    return whole.filter((window) => window !== undefined);
  }

  #foldedOf(shown: readonly Shown[], most: number): ExportWindow['folded'] {
    const there = shown.flatMap(({ unit, living }) => (unit.foldedAs === null ? living : []));
    let own = 0;
    let couldHave = 0;
    for (const { unit, candidates } of shown) {
      if (!isWhole(unit)) continue;
      own += Math.min(candidates, most);
      couldHave += Math.min(candidates, this.#mostProcesses);
    }
    const processes = shown.reduce((sum, { living }) => sum + living.length, 0);
    return {
      units: shown.filter(({ unit }) => unit.foldedAs !== null && unit.present).length,
      namedOther: there.filter(({ executable }) => executable.executable === OTHER).length,
      processes: processes - own,
      processesOverBudget: couldHave - own,
    };
  }

  #windowsOf(place: number): UnitWindows {
    this.#units[place] ??= new UnitWindows();
    return this.#units[place];
  }
}

/** It is exported as itself: neither for want of room with others, nor as what a pattern stands for. */
function isWhole({ foldedAs, origin }: UnitAccount): boolean {
  return foldedAs === null && origin.kind !== 'pattern';
}

/** The accounts of one unit that are of this window. */
interface Accounts {
  readonly living: ProcessAccount[];
  readonly ended: ProcessAccount[];
}

function accountsByUnit(
  units: number,
  living: readonly (ProcessAccount | undefined)[],
  ended: readonly ProcessAccount[],
): Accounts[] {
  const byUnit: Accounts[] = Array.from({ length: units }, () => ({ living: [], ended: [] }));
  for (const account of living) if (account !== undefined) byUnit[account.unit]!.living.push(account);
  for (const account of ended) byUnit[account.unit]!.ended.push(account);
  return byUnit;
}
