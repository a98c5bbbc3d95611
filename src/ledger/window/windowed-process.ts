import { containerPlaceOf } from '../../host/cgroup/container-path.ts';
import type { ProcessAccount } from '../accounts/process-account.ts';
import type { SeriesProcess } from './export-window.ts';
import { CountersMark, cpuOf, diskOf, transferOf, unknownCounters } from './process-counters.ts';
import type { Candidate } from './process-ranking.ts';

/** The series of one process as long as it runs one program; it has them again after windows in which it had none. */
export interface OwnSeries {
  readonly process: SeriesProcess;
  readonly startUnixMillis: number;
  /** Its counters, once they have series: what they rose by since then, … */
  counted: { readonly totals: Float64Array; readonly startUnixMillis: number; windows: number } | null;
}

/** A process from window to window. The figures of a window are written over in the next, so that it allocates none. */
export class WindowedProcess implements Candidate {
  readonly account: ProcessAccount;
  own: OwnSeries | null = null;
  isOwn = false;
  score = Number.NaN;
  /** Place of its growth among that of all. */
  at = 0;
  ended = false;
  /** No window before this one has anything of it. */
  isNew = true;
  /** Windows since its birth, as long as those that it was seen in. */
  ageWindows = 0;
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

  /**
   * Whether the process began, or was first watched, after the window began. Its birth is compared as well, because its
   * series start at the sample before its birth, which can be the start of the window.
   */
  cameWithin({ startUnixMillis, endSeconds, seconds }: Closing): boolean {
    const { sinceUnixMillis, identity } = this.account;
    return this.isNew && (sinceUnixMillis > startUnixMillis || identity.bornAtSeconds > endSeconds - seconds);
  }

  /** Its series in this window: new ones at the first, and where it runs another program since the window before. */
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

  /** Its counters have series from this window on, whenever it has series of its own. */
  count({ startUnixMillis }: Closing): void {
    const own = this.own!;
    own.counted ??= {
      totals: unknownCounters(),
      // From the beginning, if they begin with the other series.
      startUnixMillis: Math.max(own.startUnixMillis, startUnixMillis),
      windows: 0,
    };
  }
}

/** A window that closes. */
export interface Closing {
  readonly startUnixMillis: number;
  readonly endUnixMillis: number;
  /** Its end and its length on the monotonic clock. */
  readonly endSeconds: number;
  readonly seconds: number;
  /** The unit's own; null where that is not known, or there is none. */
  readonly cgroup: string | null;
  /** Ticks that are in it. */
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
    container: containerPlaceOf(`${cgroup ?? ''}${identity.subCgroup}`),
  };
}

/** Whether the process still runs the program that its series say. */
function isStillOf(process: SeriesProcess, { identity }: ProcessAccount): boolean {
  return (
    process.executable === identity.executable &&
    process.title === identity.title &&
    process.command === identity.command
  );
}
