import { containerPlaceOf } from '../../host/cgroup/container-path.ts';
import type { ProcessAccount } from '../accounts/process-account.ts';
import type { ProcessFigures, ProcessWindow, SeriesProcess } from './export-window.ts';
import {
  addGrowth,
  COUNTERS,
  CountersMark,
  countedOf,
  cpuOf,
  detailsOf,
  diskOf,
  transferOf,
  unknownCounters,
} from './process-counters.ts';
import { type Candidate, rank } from './process-ranking.ts';

/** The series of one process, as long as it has any. */
interface OwnSeries {
  readonly process: SeriesProcess;
  /** What was booked to it while it had series; it goes on from there if it gets them again. */
  readonly totals: Float64Array;
  readonly startUnixMillis: number;
}

/** A process from window to window. The figures of a window are written over in the next, so that it allocates none. */
class WindowedProcess implements Candidate {
  readonly account: ProcessAccount;
  own: OwnSeries | null = null;
  isOwn = false;
  score = Number.NaN;
  /** Place of its growth among that of all. */
  at = 0;
  ended = false;
  /** No window before this one has anything of it. */
  isNew = true;
  /** It was seen in every tick of the window. */
  wasThereThroughout = false;
  observedSeconds = 0;
  cpuSeconds = 0;
  memoryBytes = Number.NaN;
  diskBytes = Number.NaN;
  transferBytes = Number.NaN;
  readonly #mark = new CountersMark();
  #samplesBefore = 0;
  #observedSecondsBefore = 0;

  constructor(account: ProcessAccount) {
    this.account = account;
  }

  /** Measures what it used since the window before; what its counters grew by goes into `growth`, from `at` on. */
  measure(growth: Float64Array, at: number, ticks: number): void {
    const { account } = this;
    this.#mark.measure(account, growth, at);
    this.at = at;
    this.ended = account.endedUnixMillis !== null;
    const { samples, observedSeconds } = account;
    this.isNew = this.#samplesBefore === 0;
    this.wasThereThroughout = samples - this.#samplesBefore >= ticks;
    this.#samplesBefore = samples;
    this.observedSeconds = observedSeconds - this.#observedSecondsBefore;
    this.#observedSecondsBefore = observedSeconds;
    this.cpuSeconds = cpuOf(growth, at);
    this.memoryBytes = account.memoryBytes;
    this.diskBytes = diskOf(growth, at);
    this.transferBytes = transferOf(growth, at);
  }
}

/** The processes of one unit that share series, and what was ever booked to these. */
interface Others {
  readonly totals: Float64Array;
  readonly startUnixMillis: number;
}

/** A window that closes. */
export interface Closing {
  readonly startUnixMillis: number;
  readonly endUnixMillis: number;
  readonly seconds: number;
  /** The unit's own; null where that is not known, or there is none. */
  readonly cgroup: string | null;
  /** Ticks that are in it. */
  readonly ticks: number;
}

/**
 * The processes of one unit, window by window: those that use most have series of their own, all others share some. A
 * process gets its own once it was there for a whole window and is among the heaviest, from the start of that window on;
 * what it used before, and what it uses once it is no longer among them, is in those that are shared. So what the unit's
 * rows use in a window is in the series of that window, once.
 */
export class UnitProcesses {
  readonly #known = new Map<ProcessAccount, WindowedProcess>();
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
        entry.measure(this.#growth, this.#entries.length * COUNTERS, closing.ticks);
        if (!entry.ended && entry.wasThereThroughout) candidates.push(entry);
        this.#entries.push(entry);
      }
    }
    this.#ranked = rank(candidates.sort(byAge));
    return this.#ranked.length;
  }

  /** Closes the window that was measured: `most` of the living have series of their own. */
  close(sinceUnixMillis: number, most: number): { own: ProcessWindow[]; others: ProcessFigures | null } {
    const heaviest = new Set(this.#ranked.slice(0, most));
    const own: ProcessWindow[] = [];
    const rest: WindowedProcess[] = [];
    for (const entry of this.#entries) {
      if (!entry.ended) entry.isOwn = heaviest.has(entry);
      if (entry.isOwn) own.push(this.#ownWindow(entry));
      else rest.push(entry);
      entry.account.ranges?.reset();
      // One that is away may come back, and then goes on from here.
      if (entry.ended && !entry.account.isAway) this.#known.delete(entry.account);
    }
    const others = this.#othersWindow(rest, sinceUnixMillis);
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

  #ownWindow(entry: WindowedProcess): ProcessWindow {
    const { account, at, observedSeconds, ended, isNew } = entry;
    const { startUnixMillis, endUnixMillis } = this.#closing!;
    entry.own ??= {
      process: seriesProcessOf(account, this.#closing!.cgroup),
      totals: unknownCounters(),
      startUnixMillis: isNew ? account.sinceUnixMillis : startUnixMillis,
    };
    const { totals, process, startUnixMillis: since } = entry.own;
    addGrowth(totals, this.#growth, at);
    const rate = (used: number) =>
      observedSeconds > 0 && !Number.isNaN(used) ? used / observedSeconds : null;
    return {
      process,
      ended,
      startUnixMillis: since,
      ...countedOf(totals),
      cpuCores: rate(entry.cpuSeconds),
      memoryBytes: Number.isNaN(account.memoryBytes) ? null : account.memoryBytes,
      diskBytesPerSecond: rate(entry.diskBytes),
      transferBytesPerSecond: rate(entry.transferBytes),
      ranges: account.ranges?.now ?? null,
      details:
        account.details === null
          ? null
          : detailsOf(totals, account.details.now(account.endedUnixMillis ?? endUnixMillis)),
    };
  }

  #othersWindow(rest: readonly WindowedProcess[], sinceUnixMillis: number): ProcessFigures | null {
    if (rest.length === 0 && this.#others === null) return null;
    this.#others ??= { totals: unknownCounters(), startUnixMillis: sinceUnixMillis };
    const { totals, startUnixMillis } = this.#others;
    for (const { at } of rest) addGrowth(totals, this.#growth, at);
    const { seconds } = this.#closing!;
    const living = rest.filter(({ ended }) => !ended);
    const rate = (read: (entry: WindowedProcess) => number) => {
      const used = sumOf(rest, read);
      return used !== null && seconds > 0 ? used / seconds : null;
    };
    return {
      startUnixMillis,
      ...countedOf(totals),
      cpuCores: rate(({ cpuSeconds }) => cpuSeconds),
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

function seriesProcessOf({ identity, ppid }: ProcessAccount, cgroup: string | null): SeriesProcess {
  return {
    pid: identity.pid,
    parentPid: ppid,
    createdAt: new Date(identity.startedUnixMillis).toISOString(),
    executable: identity.executable,
    title: identity.title,
    command: identity.command,
    subCgroup: identity.subCgroup === '' ? null : identity.subCgroup,
    container: containerPlaceOf(`${cgroup ?? ''}${identity.subCgroup}`),
  };
}

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
