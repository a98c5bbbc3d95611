import { OTHER } from '../accounts/other.ts';
import { restOf, unitsOfPattern } from '../accounts/pattern-units.ts';
import type { ProcessAccount } from '../accounts/process-account.ts';
import { SeriesBudget } from '../accounts/series-budget.ts';
import type { UnitAccount } from '../accounts/unit-account.ts';
import type { Ledger } from '../ledger.ts';
import type { ExportWindow, UnitWindow } from './export-window.ts';
import { UnitWindows } from './unit-windows.ts';
import type { Closing } from './windowed-process.ts';

/** One unit in the window that is being closed. */
interface Shown extends Accounts {
  readonly unit: UnitAccount;
  readonly place: number;
  readonly own: UnitWindows;
  /** Number of processes that could have series of their own. */
  readonly candidates: number;
}

/** Limits of series; unlimited if not given. */
export interface SeriesLimits {
  /** Processes of one unit, those with most usage. */
  readonly processesOfUnit?: number;
  /** For the whole program; the same as the ledger's. */
  readonly budget?: SeriesBudget;
}

/** Closes export windows on the ledger's clock; each contains the changes since the previous one. */
export class WindowBuilder {
  readonly #ledger: Ledger;
  readonly #mostProcesses: number;
  readonly #budget: SeriesBudget;
  readonly #units: (UnitWindows | undefined)[] = [];
  /** Accounts that ended or left since the previous window. */
  readonly #gone = new Set<ProcessAccount>();
  #sequence = 0;
  #startUnixMillis: number;
  #startSeconds: number;
  /** Ticks since the previous window. */
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

  /** Collects what ended in the tick that was just booked; this window has its last points. */
  gather(): void {
    this.#ticks++;
    for (const account of this.#ledger.ended) this.#gone.add(account);
    for (const account of this.#ledger.left) this.#gone.add(account);
    for (const { place } of this.#ledger.retired) this.#units[place] = undefined;
  }

  /** Closes the window at the time of the last booked tick. */
  close(unixMillis: number, atSeconds: number): ExportWindow {
    const seconds = atSeconds - this.#startSeconds;
    const { units } = this.#ledger;
    // Rows that left and returned are among the living.
    const ended = [...this.#gone].filter(({ isClosed }) => isClosed);
    const accounts = accountsByUnit(units.length, this.#ledger.accounts, ended);
    for (const [place, each] of accounts.entries())
      if (each.ended.length > 0) each.ended = this.#windowsOf(place).processes.unreported(each.ended);
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
   * Requested units are in every window, present or not. A unit found by a pattern is dropped after the window that
   * reports it as gone, unless something is booked to it later; its series are then free for others. A pattern is
   * shown while none of its units is present.
   */
  #isShown(unit: UnitAccount, place: number, { ended }: Accounts): boolean {
    const { units } = this.#ledger;
    if (unit.origin.kind === 'named' || unit.origin.kind === 'shared') return true;
    if (unit.isEmptyPattern) return !unitsOfPattern(units, place).some(({ present }) => present);
    const own = this.#windowsOf(place);
    const isNews = ended.length > 0 || own.isNews(unit);
    own.isGone = !unit.present;
    if (unit.origin.kind !== 'matched') return isNews;
    // All its series have ended, or begin again.
    if (isNews) this.#ledger.resumeSeries(unit);
    else unit.release();
    return isNews;
  }

  /** Number of processes with series for each unit: as requested, or as the budget allows, equal for all units. */
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

  /** Combines units without series of their own, at the index of their pattern. */
  #withFolded(shown: readonly Shown[], windows: readonly UnitWindow[], closing: Closing): UnitWindow[] {
    const { units } = this.#ledger;
    const folded = new Map<number, UnitWindow[]>();
    const whole: (UnitWindow | undefined)[] = [];
    for (const [i, { unit, place, own }] of shown.entries()) {
      const pattern = unit.isRest ? place : unit.foldedAs === null ? null : unit.origin.pattern;
      if (pattern === null) {
        whole[place] = windows[i];
        if (own.isGone) this.#windowsOf(unit.origin.pattern!).folded.noteWhole(windows[i]!);
      } else folded.set(pattern, [...(folded.get(pattern) ?? []), windows[i]!]);
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

/** Whether the unit is exported as itself: neither folded nor a pattern. */
function isWhole({ foldedAs, origin }: UnitAccount): boolean {
  return foldedAs === null && origin.kind !== 'pattern';
}

/** The accounts of one unit in this window. */
interface Accounts {
  readonly living: ProcessAccount[];
  ended: ProcessAccount[];
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
