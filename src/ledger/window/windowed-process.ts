import { containerPlaceOf } from '../../host/cgroup/container-path.ts';
import type { ProcessAccount } from '../accounts/process-account.ts';
import type { SeriesProcess } from './export-window.ts';
import { CountersMark, cpuOf, diskOf, transferOf, unknownCounters } from './process-counters.ts';
import type { Candidate } from './process-ranking.ts';

/** Series of one process while it runs one program; kept over windows in which it has none. */
export interface OwnSeries {
  readonly process: SeriesProcess;
  readonly startUnixMillis: number;
  /** Growth of its counters since they have series; null before. */
  counted: { readonly totals: number[]; readonly startUnixMillis: number; windows: number } | null;
}

/** A process from window to window. Each window reuses the same object, so that it allocates nothing. */
export class WindowedProcess implements Candidate {
  readonly account: ProcessAccount;
  own: OwnSeries | null = null;
  isOwn = false;
  score = Number.NaN;
  /** Index of its growth in the shared array. */
  at = 0;
  ended = false;
  /** No earlier window contains the process. */
  isNew = true;
  /** Age of the process, or of its program since that changed, in units of the windows that contain the process. */
  ageWindows = 0;
  /** Whether its program or title has changed. */
  hasChanged = false;
  /** Whether it existed in every tick of the window. */
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

  /**
   * Measures its usage since the previous window; the growth of its counters is stored in `growth`, starting at index
   * `at`.
   */
  measure(growth: Float64Array, at: number, { ticks, endSeconds, seconds }: Closing): void {
    const { account } = this;
    this.#mark.measure(account, growth, at);
    this.at = at;
    this.ended = account.isClosed;
    const { samples, observedSeconds } = account;
    this.isNew = this.#samplesBefore === 0;
    if (this.isNew) {
      const ageSeconds = Math.max(0, endSeconds - account.identity.bornAtSeconds);
      this.ageWindows = seconds > 0 ? ageSeconds / seconds : 0;
    } else this.ageWindows++;
    this.wasThereThroughout = samples - this.#samplesBefore >= ticks;
    this.#samplesBefore = samples;
    this.observedSeconds = observedSeconds - this.#observedSecondsBefore;
    this.#observedSecondsBefore = observedSeconds;
    this.cpuSeconds = cpuOf(growth, at);
    this.memoryBytes = account.memoryBytes;
    this.diskBytes = diskOf(growth, at);
    this.transferBytes = transferOf(growth, at);
  }

  /** Whether an earlier window has reported its end, and nothing was booked since. */
  get isReported(): boolean {
    return this.ended && this.account.samples === this.#samplesBefore;
  }

  /**
   * Whether the process began, or was first watched, after the window began. The birth is compared as well, because
   * series start at the sample before the birth, which can be the start of the window.
   */
  cameWithin({ startUnixMillis, endSeconds, seconds }: Closing): boolean {
    const { sinceUnixMillis, identity } = this.account;
    return this.isNew && (sinceUnixMillis > startUnixMillis || identity.bornAtSeconds > endSeconds - seconds);
  }

  /** Its series in this window: new if it has none, or if it executed another program since the previous window. */
  takeSeries({ cgroup, startUnixMillis }: Closing): OwnSeries {
    const { account, isNew } = this;
    if (this.own === null || !isStillOf(this.own.process, account)) {
      this.own = {
        process: seriesProcessOf(account, cgroup),
        startUnixMillis: isNew ? account.sinceUnixMillis : startUnixMillis,
        counted: null,
      };
    }
    return this.own;
  }

  /** Starts the series of its counters with this window. */
  count({ startUnixMillis }: Closing): void {
    const own = this.own!;
    own.counted ??= {
      totals: unknownCounters(),
      // From the beginning, if they start together with the other series.
      startUnixMillis: Math.max(own.startUnixMillis, startUnixMillis),
      windows: 0,
    };
  }
}

/** The window that is being closed. */
export interface Closing {
  readonly startUnixMillis: number;
  readonly endUnixMillis: number;
  /** End and length of the window on the monotonic clock. */
  readonly endSeconds: number;
  readonly seconds: number;
  /** Cgroup of the unit; null if unknown or none. */
  readonly cgroup: string | null;
  /** Number of ticks in the window. */
  readonly ticks: number;
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
    container: containerOf(`${cgroup ?? ''}${identity.subCgroup}`),
  };
}

/** The last path with its container: most processes are in the cgroup of the one before. */
let last = { path: '', container: containerPlaceOf('') };

function containerOf(path: string): SeriesProcess['container'] {
  if (path !== last.path) last = { path, container: containerPlaceOf(path) };
  return last.container;
}

/** Whether the process still runs the program of its series. */
function isStillOf(process: SeriesProcess, { identity }: ProcessAccount): boolean {
  return (
    process.executable === identity.executable &&
    process.title === identity.title &&
    process.command === identity.command
  );
}
