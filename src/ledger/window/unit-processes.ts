import type { ProcessAccount } from '../accounts/process-account.ts';
import type { ProcessDetails } from '../accounts/process-details.ts';
import { secondsOfCores, secondsOfThreads } from '../measuring/cpu-rate.ts';
import type { ProcessFigures, ProcessWindow } from './export-window.ts';
import { addGrowth, COUNTERS, countedOf, detailsOf, unknownCounters } from './process-counters.ts';
import { rank } from './process-ranking.ts';
import { type Closing, WindowedProcess } from './windowed-process.ts';

/**
 * Windows for which the counters of a process have series before it ends, so that these say how fast they rose. Prometheus
 * takes a series for going on half the time between two points after its last: what `increase()` adds by that is 2% of
 * 25 windows, and half of a single one.
 */
const SETTLED_WINDOWS = 25;

/** A unit is not expected to start short-lived processes any more once it has started none for so many windows. */
const FORGIVING_WINDOWS = 60;

/**
 * How old a process of a unit must be before its counters have series of their own. In a unit whose processes come and go,
 * such series would all be too short to be right, so there the age doubles with each that was.
 */
class CounterPatience {
  /** At least. */
  ageWindows = 0;
  #quietWindows = 0;

  /** A window closes. */
  closeWindow(): void {
    if (++this.#quietWindows < FORGIVING_WINDOWS) return;
    this.#quietWindows = 0;
    this.ageWindows = Math.floor(this.ageWindows / 2);
  }

  /** A process has ended at this age, whose counters had series for so many windows. */
  noteEnd(ageWindows: number, countedWindows: number): void {
    if (countedWindows >= SETTLED_WINDOWS) return;
    this.#quietWindows = 0;
    this.ageWindows = Math.min(SETTLED_WINDOWS, Math.max(this.ageWindows, 2 * Math.ceil(ageWindows)));
  }
}

/** The processes of one unit that share series, and what was ever booked to these. */
interface Others {
  readonly totals: Float64Array;
  readonly startUnixMillis: number;
}

/**
 * The processes of one unit, window by window: those that use most have series of their own, all others share some. A
 * process gets its own once it was there for a whole window and is among the heaviest, from the start of that window on;
 * what it used before, and what it uses once it is no longer among them, is in those that are shared. So what the unit's
 * rows use in a window is in the series of that window, once.
 */
export class UnitProcesses {
  readonly #known = new Map<ProcessAccount, WindowedProcess>();
  readonly #patience = new CounterPatience();
  #others: Others | null = null;
  #closing: Closing | null = null;
  #growth = new Float64Array(0);
  #entries: WindowedProcess[] = [];
  #ranked: WindowedProcess[] = [];

  /** Measures what was used in the window, and ranks who could have series; returns how many these are. */
  measure(living: readonly ProcessAccount[], ended: readonly ProcessAccount[], closing: Closing): number {
    this.#closing = closing;
    const room = (living.length + ended.length) * COUNTERS;
    if (this.#growth.length < room) this.#growth = new Float64Array(room);
    const candidates: WindowedProcess[] = [];
    this.#entries = [];
    for (const accounts of [living, ended]) {
      for (const account of accounts) {
        const entry = this.#entryOf(account);
        entry.measure(this.#growth, this.#entries.length * COUNTERS, closing);
        if (!entry.ended && entry.wasThereThroughout) candidates.push(entry);
        this.#entries.push(entry);
      }
    }
    this.#ranked = rank(candidates.sort(byAge));
    return this.#ranked.length;
  }

  /**
   * Closes the window that was measured: `most` of the living have series of their own. `readSeconds`: what lies between the
   * readings that the unit's CPU in this window comes from.
   */
  close(
    sinceUnixMillis: number,
    most: number,
    readSeconds: number,
  ): { own: ProcessWindow[]; others: ProcessFigures | null } {
    const heaviest = new Set(this.#ranked.slice(0, most));
    const own: ProcessWindow[] = [];
    const rest: WindowedProcess[] = [];
    this.#patience.closeWindow();
    for (const entry of this.#entries) {
      if (!entry.ended) entry.isOwn = heaviest.has(entry);
      if (entry.isOwn) own.push(this.#ownWindow(entry));
      else rest.push(entry);
      entry.account.ranges?.reset();
      // One that is away may come back, and then goes on from here.
      if (entry.ended && !entry.account.isAway) this.#forget(entry);
    }
    const others = this.#othersWindow(rest, sinceUnixMillis, readSeconds);
    this.#entries = [];
    this.#ranked = [];
    return { own, others };
  }

  #entryOf(account: ProcessAccount): WindowedProcess {
    let entry = this.#known.get(account);
    if (entry === undefined) {
      entry = new WindowedProcess(account);
      this.#known.set(account, entry);
    }
    return entry;
  }

  #forget({ account, own, ageWindows }: WindowedProcess): void {
    this.#known.delete(account);
    if (own?.counted) this.#patience.noteEnd(ageWindows, own.counted.windows);
  }

  #ownWindow(entry: WindowedProcess): ProcessWindow {
    const closing = this.#closing!;
    const { account, at, ended, ageWindows } = entry;
    const own = entry.takeSeries(closing);
    const isPartial = ended || entry.cameWithin(closing);
    if (isPartial) account.ranges?.addAbsence();
    if (!ended && ageWindows >= this.#patience.ageWindows) entry.count(closing);
    const { counted, process } = own;
    if (counted !== null) {
      counted.windows++;
      addGrowth(counted.totals, this.#growth, at);
    }
    // What was not there used nothing: the means of all processes add up to that of the unit.
    const seconds = isPartial ? closing.seconds : entry.observedSeconds;
    const rate = (used: number) => (seconds > 0 && !Number.isNaN(used) ? used / seconds : null);
    return {
      process,
      ended,
      startUnixMillis: counted?.startUnixMillis ?? own.startUnixMillis,
      ...(counted === null ? NO_COUNTERS : countedOf(counted.totals)),
      cpuCores:
        seconds > 0 ? entry.cpuSeconds / secondsOfThreads(entry.cpuSeconds, seconds, account.threads) : null,
      memoryBytes: ended || Number.isNaN(account.memoryBytes) ? null : account.memoryBytes,
      diskBytesPerSecond: rate(entry.diskBytes),
      transferBytesPerSecond: rate(entry.transferBytes),
      ranges: account.ranges?.now ?? null,
      details: detailsOfOwn(entry, closing),
    };
  }

  #othersWindow(
    rest: readonly WindowedProcess[],
    sinceUnixMillis: number,
    readSeconds: number,
  ): ProcessFigures | null {
    // Processes whose counters have no series yet, though all else has.
    const uncounted = this.#entries.filter(({ isOwn, own }) => isOwn && own!.counted === null);
    if (rest.length === 0 && uncounted.length === 0 && this.#others === null) return null;
    this.#others ??= { totals: unknownCounters(), startUnixMillis: sinceUnixMillis };
    const { totals, startUnixMillis } = this.#others;
    for (const entries of [rest, uncounted])
      for (const { at } of entries) addGrowth(totals, this.#growth, at);
    const { seconds } = this.#closing!;
    const living = rest.filter(({ ended }) => !ended);
    const rate = (read: (entry: WindowedProcess) => number) => {
      const used = sumOf(rest, read);
      return used !== null && seconds > 0 ? used / seconds : null;
    };
    return {
      startUnixMillis,
      ...countedOf(totals),
      cpuCores: coresOf(
        sumOf(rest, ({ cpuSeconds }) => cpuSeconds),
        readSeconds,
      ),
      memoryBytes: sumOf(living, ({ memoryBytes }) => memoryBytes),
      diskBytesPerSecond: rate(({ diskBytes }) => diskBytes),
      transferBytesPerSecond: rate(({ transferBytes }) => transferBytes),
      details: this.#detailsOfOthers(living),
      ranges: null,
    };
  }

  #detailsOfOthers(living: readonly WindowedProcess[]): ProcessFigures['details'] {
    const details = living.flatMap(({ account }) => account.details?.now(0) ?? []);
    if (details.length === 0) return null;
    const sum = (figure: 'threads' | 'openDescriptors' | 'pssBytes') =>
      sumOf(details, (each) => each[figure] ?? Number.NaN);
    return detailsOf(this.#others!.totals, {
      threads: sum('threads'),
      openDescriptors: sum('openDescriptors'),
      pssBytes: sum('pssBytes'),
      // Of several processes together these say nothing.
      uptimeSeconds: null,
      descriptorLimit: null,
    });
  }
}

/** Of a process whose counters are among those of the others. */
const NO_COUNTERS = countedOf(null);

/** Counters go on in the window in which the process ended; what it had then, nobody has any more. */
function detailsOfOwn({ account, ended, own }: WindowedProcess, closing: Closing): ProcessDetails | null {
  if (account.details === null) return null;
  const totals = own?.counted?.totals ?? NOTHING_KNOWN;
  return detailsOf(totals, ended ? NO_GAUGES : account.details.now(closing.endSeconds));
}

/** Mean cores of several processes; null where their CPU is not known. */
function coresOf(cpuSeconds: number | null, seconds: number): number | null {
  return cpuSeconds === null || !(seconds > 0) ? null : cpuSeconds / secondsOfCores(cpuSeconds, seconds);
}

const NOTHING_KNOWN = unknownCounters();
const NO_GAUGES = {
  threads: null,
  uptimeSeconds: null,
  openDescriptors: null,
  descriptorLimit: null,
  pssBytes: null,
} as const;

function byAge(a: WindowedProcess, b: WindowedProcess): number {
  const { identity: one } = a.account;
  const { identity: other } = b.account;
  return one.startTicks - other.startTicks || one.pid - other.pid;
}

/** Sum of what is known; 0 of nothing, null where there is something and none of it is known. */
function sumOf<T>(all: readonly T[], read: (each: T) => number): number | null {
  let sum = 0;
  let isKnown = all.length === 0;
  for (const each of all) {
    const value = read(each);
    if (Number.isNaN(value)) continue;
    sum += value;
    isKnown = true;
  }
  return isKnown ? sum : null;
}
