import { byIoCounter } from '../../host/proc/io.ts';
import type { ExecutableAccount } from '../accounts/executable-account.ts';
import type { ProcessAccount } from '../accounts/process-account.ts';
import type { UnitAccount } from '../accounts/unit-account.ts';
import { secondsOfCores } from '../measuring/cpu-rate.ts';
import type { ExecutableWindow, UnitWindow } from './export-window.ts';
import { FoldedUnits } from './folded-units.ts';
import { TrailingCoverage } from './trailing-coverage.ts';
import { UnitProcesses } from './unit-processes.ts';
import type { Closing } from './windowed-process.ts';

/** Rounding error of window times, which are sums. */
const ONE_MOMENT_SECONDS = 1e-6;

/** One unit, window by window: the changes since the previous window. */
export class UnitWindows {
  /** Whether a window has reported the unit as gone. */
  isGone = false;
  readonly processes = new UnitProcesses();
  /** For a pattern: its units without series of their own. */
  readonly folded = new FoldedUnits();
  #usedSeconds = 0;
  #endedBookings = 0;
  /** Time of the CPU reading of the previous window. */
  #readAtSeconds = Number.NaN;
  /** End of its previous window. */
  #closedAtSeconds = Number.NaN;
  readonly #coverage = new TrailingCoverage();
  #executableCpuSeconds = new Map<ExecutableAccount, number>();

  /** Whether there is anything that no window has reported yet. */
  isNews(unit: UnitAccount): boolean {
    const isUsed = unit.usedSeconds > this.#usedSeconds;
    return unit.present || isUsed || unit.endedBookings > this.#endedBookings || !this.isGone;
  }

  /** Closes the window whose processes were measured; at most `most` of them have series of their own. */
  close(unit: UnitAccount, living: readonly ProcessAccount[], most: number, closing: Closing): UnitWindow {
    const { seconds, endUnixMillis } = closing;
    const { usedSeconds } = unit;
    const isShared = unit.origin.kind === 'shared';
    const used = usedSeconds - this.#usedSeconds;
    this.#usedSeconds = usedSeconds;
    this.#endedBookings = unit.endedBookings;
    // CPU readings are slightly off the times of the samples.
    const observed = unit.readAtSeconds - this.#readAtSeconds;
    // A unit without a previous window was last read before this window began.
    const isNext = Math.abs(closing.endSeconds - seconds - this.#closedAtSeconds) < ONE_MOMENT_SECONDS;
    const readSeconds = isNext ? observed : seconds;
    this.#readAtSeconds = unit.readAtSeconds;
    this.#closedAtSeconds = closing.endSeconds;
    const startUnixMillis =
      unit.sinceUnixMillis < endUnixMillis ? unit.sinceUnixMillis : closing.startUnixMillis;
    const { own, others } = this.processes.close(startUnixMillis, most, readSeconds);
    return {
      series: unit,
      unit: unit.unit,
      startUnixMillis,
      present: isShared ? null : unit.present,
      cpuSeconds: usedSeconds,
      bookedSeconds: {
        live: unit.liveSeconds,
        exited: unit.exitedSeconds,
        reaped: unit.reapedSeconds,
        shared: unit.sharedSeconds,
      },
      unattributedSeconds: unit.unattributedSeconds,
      coverage: isShared ? null : this.#coverage.add(closing, unit.attributedSeconds, unit.totalSeconds),
      cpuCores: !unit.wasThere || seconds <= 0 ? null : coresOf(used, readSeconds),
      memoryBytes: unit.present ? memoryOf(unit, living) : null,
      ranges: !unit.wasThere ? null : (unit.ranges?.of(closing.ticks) ?? null),
      cgroup: unit.cgroupFigures.figures,
      cancelledWriteBytes: unit.cancelledWriteBytes,
      processCount: unit.present ? unit.processCount : null,
      // Of several units, starts cannot be distinguished from restarts.
      restarts: isShared || unit.isRest ? null : Math.max(0, unit.instances - 1),
      executables: this.#executables(unit, living, { ...closing, seconds: readSeconds }, startUnixMillis),
      processes: own,
      otherProcesses: others,
    };
  }

  #executables(
    unit: UnitAccount,
    living: readonly ProcessAccount[],
    { seconds, endUnixMillis }: Closing,
    startUnixMillis: number,
  ): ExecutableWindow[] {
    const members = membersByExecutable(living);
    const before = this.#executableCpuSeconds;
    this.#executableCpuSeconds = new Map();
    return [...unit.executables.all()].flatMap((account) => {
      const { memoryBytes, count } = members.get(account) ?? NO_MEMBERS;
      const used = account.cpuSeconds - (before.get(account) ?? 0);
      if (count > 0 || used > 0) account.idleSinceUnixMillis = null;
      else account.idleSinceUnixMillis ??= endUnixMillis;
      if (count === 0 && !account.hasUsed) return [];
      this.#executableCpuSeconds.set(account, account.cpuSeconds);
      return {
        series: account,
        executable: account.executable,
        title: account.title,
        startUnixMillis: account.sinceUnixMillis ?? startUnixMillis,
        cpuSeconds: account.cpuSeconds,
        ...byIoCounter((counter) => (account.bytesKnown ? account.ioBytes(counter) : null)),
        cpuCores: seconds > 0 ? coresOf(used, seconds) : 0,
        memoryBytes,
        processCount: count,
      };
    });
  }
}

/** Mean cores of several processes. */
function coresOf(cpuSeconds: number, seconds: number): number {
  return cpuSeconds / secondsOfCores(cpuSeconds, seconds);
}

interface Members {
  memoryBytes: number;
  count: number;
}

const NO_MEMBERS: Readonly<Members> = { memoryBytes: 0, count: 0 };

function membersByExecutable(accounts: readonly ProcessAccount[]): Map<ExecutableAccount, Members> {
  const members = new Map<ExecutableAccount, Members>();
  for (const { executable, memoryBytes } of accounts) {
    const known = members.get(executable) ?? { ...NO_MEMBERS };
    known.count++;
    if (!Number.isNaN(memoryBytes)) known.memoryBytes += memoryBytes;
    members.set(executable, known);
  }
  return members;
}

/** One source for the whole run: RSS does not replace a value that could not be read once. */
function memoryOf(unit: UnitAccount, mine: readonly ProcessAccount[]): number | null {
  const { figures, knowsMemory } = unit.cgroupFigures;
  return knowsMemory ? (figures?.levels.memoryBytes ?? null) : sumOfKnown(mine);
}

function sumOfKnown(accounts: readonly ProcessAccount[]): number {
  let bytes = 0;
  for (const account of accounts) if (!Number.isNaN(account.memoryBytes)) bytes += account.memoryBytes;
  return bytes;
}
