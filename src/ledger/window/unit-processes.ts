import type { ProcessAccount } from '../accounts/process-account.ts';
import { DETAILS, type ProcessDetails } from '../accounts/process-details.ts';
import { secondsOfCores, secondsOfThreads } from '../measuring/cpu-rate.ts';
import type { ProcessFigures, ProcessWindow } from './export-window.ts';
import {
  addGrowth,
  bytesIn,
  COUNTERS,
  countedOf,
  detailsOf,
  knowsDetails,
  systemSecondsOf,
  unknownCounters,
  userSecondsOf,
} from './process-counters.ts';
import { rank } from './process-ranking.ts';
import { type Closing, type OwnSeries, WindowedProcess } from './windowed-process.ts';

/**
 * Minimum windows of a counter series. Prometheus extrapolates a series by half the time between two points after its
 * end: for `increase()` this adds 2% to 25 windows, but half to a single one.
 */
const SETTLED_WINDOWS = 25;

/** After this many windows without new short-lived processes, the required age decreases. */
const FORGIVING_WINDOWS = 60;

/**
 * Minimum age of a process before its counters get series of their own. In a unit with many short-lived processes such
 * series would be too short to be accurate, so the age doubles with each of them.
 */
class CounterPatience {
  /** Minimum age in windows. */
  ageWindows = 0;
  #quietWindows = 0;

  closeWindow(): void {
    if (++this.#quietWindows < FORGIVING_WINDOWS) return;
    this.#quietWindows = 0;
    this.ageWindows = Math.floor(this.ageWindows / 2);
  }

  /** Records the end of a process at this age, after its counters had series for `countedWindows`. */
  noteEnd(ageWindows: number, countedWindows: number): void {
    if (countedWindows >= SETTLED_WINDOWS) return;
    this.#quietWindows = 0;
    this.ageWindows = Math.min(SETTLED_WINDOWS, Math.max(this.ageWindows, 2 * Math.ceil(ageWindows)));
  }
}

/** Processes of one unit that share series, and their totals. */
interface Others {
  readonly totals: number[];
  readonly startUnixMillis: number;
}

/**
 * Processes of one unit, window by window: those with most usage have series of their own, all others share some. A
 * process gets its own series if it existed for a whole window and is among the heaviest, from the start of that window
 * on; its usage before and after that is in the shared series. So the usage of the unit's rows in a window is in the
 * series of that window exactly once.
 */
export class UnitProcesses {
  readonly #known = new Map<ProcessAccount, WindowedProcess>();
  readonly #patience = new CounterPatience();
  #others: Others | null = null;
  #closing: Closing | null = null;
  #growth = new Float64Array(0);
  #entries: WindowedProcess[] = [];
  #ranked: WindowedProcess[] = [];

  /** The processes whose end no earlier window has reported: a process that left its unit may end much later. */
  unreported(ended: readonly ProcessAccount[]): ProcessAccount[] {
    return ended.filter((account) => {
      const entry = this.#known.get(account);
      if (entry === undefined || !entry.isReported) return true;
      if (!account.isAway) this.#forget(entry);
      return false;
    });
  }

  /** Measures the usage in the window and ranks the candidates for series; returns the number of candidates. */
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
   * Closes the measured window: at most `most` living processes have series of their own. `readSeconds`: time between
   * the readings of the unit's CPU for this window.
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
      // A process that left may return, and then continues from here.
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
    const { account, at, ended } = entry;
    const own = this.#seriesOf(entry, closing);
    const isPartial = ended || entry.cameWithin(closing);
    if (isPartial) account.ranges?.addAbsence();
    if (!ended && entry.ageWindows >= this.#patience.ageWindows) entry.count(closing);
    const { counted, process } = own;
    if (counted !== null) {
      counted.windows++;
      addGrowth(counted.totals, this.#growth, at);
    }
    // A process that did not exist used nothing, so that the means of all processes add up to that of the unit.
    const seconds = isPartial ? closing.seconds : entry.observedSeconds;
    const rate = (used: number) => (seconds > 0 && !Number.isNaN(used) ? used / seconds : null);
    const totals = counted?.totals ?? null;
    return {
      process,
      ended,
      startUnixMillis: counted?.startUnixMillis ?? own.startUnixMillis,
      // Property by property: copying an object for each process would double the memory of a window.
      userSeconds: userSecondsOf(totals),
      systemSeconds: systemSecondsOf(totals),
      readChars: bytesIn(totals, 'readChars'),
      writeChars: bytesIn(totals, 'writeChars'),
      readBytes: bytesIn(totals, 'readBytes'),
      writeBytes: bytesIn(totals, 'writeBytes'),
      cancelledWriteBytes: bytesIn(totals, 'cancelledWriteBytes'),
      cpuCores:
        seconds > 0 ? entry.cpuSeconds / secondsOfThreads(entry.cpuSeconds, seconds, account.threads) : null,
      memoryBytes: ended || Number.isNaN(account.memoryBytes) ? null : account.memoryBytes,
      diskBytesPerSecond: rate(entry.diskBytes),
      transferBytesPerSecond: rate(entry.transferBytes),
      ranges: account.ranges?.now ?? null,
      details: detailsOfOwn(entry, closing),
    };
  }

  /**
   * Series end with the program or title of a process, too: short ones count like those of a short-lived process. The first
   * change does not count: many services start as a shell script.
   */
  #seriesOf(entry: WindowedProcess, closing: Closing): OwnSeries {
    const before = entry.own;
    const own = entry.takeSeries(closing);
    if (before === null || before === own) return own;
    if (entry.hasChanged) {
      if (before.counted !== null) this.#patience.noteEnd(entry.ageWindows, before.counted.windows);
      entry.ageWindows = 0;
    }
    entry.hasChanged = true;
    return own;
  }

  #othersWindow(
    rest: readonly WindowedProcess[],
    sinceUnixMillis: number,
    readSeconds: number,
  ): ProcessFigures | null {
    // Processes with series, whose counters have none yet.
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

  /** Without a living process, the counters have the growth up to its end. */
  #detailsOfOthers(living: readonly WindowedProcess[]): ProcessFigures['details'] {
    const { totals } = this.#others!;
    if (living.every(({ account }) => account.details === null) && !knowsDetails(totals)) return null;
    const details = living.flatMap(({ account }) =>
      account.isZombie ? [] : (account.details?.now(0) ?? []),
    );
    return detailsOf(totals, (gauge) =>
      DETAILS[gauge].addsUp && living.length > 0 ? sumOf(details, (each) => each[gauge] ?? Number.NaN) : null,
    );
  }
}

/** Counters continue in the window in which the process ended; its gauges are unknown then, and those of a zombie. */
function detailsOfOwn({ account, ended, own }: WindowedProcess, closing: Closing): ProcessDetails | null {
  if (account.details === null) return null;
  const totals = own?.counted?.totals ?? NOTHING_KNOWN;
  const now = ended || account.isZombie ? null : account.details.now(closing.endSeconds);
  return detailsOf(totals, (gauge) => now?.[gauge] ?? null);
}

/** Mean cores of several processes; null if their CPU is unknown. */
function coresOf(cpuSeconds: number | null, seconds: number): number | null {
  return cpuSeconds === null || !(seconds > 0) ? null : cpuSeconds / secondsOfCores(cpuSeconds, seconds);
}

const NOTHING_KNOWN = unknownCounters();

function byAge(a: WindowedProcess, b: WindowedProcess): number {
  const { identity: one } = a.account;
  const { identity: other } = b.account;
  return one.startTicks - other.startTicks || one.pid - other.pid;
}

/** Sum of the known values; 0 without values, null if all values are unknown. */
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
