import type { ExecutableAccount } from './executable-account.ts';
import type { ExecutableWindow, ExportWindow, UnitWindow } from './export-window.ts';
import type { Ledger } from './ledger.ts';
import { unitsOfPattern } from './pattern-units.ts';
import type { ProcessAccount } from './process-account.ts';
import type { UnitAccount } from './unit-account.ts';
import { type Closing, UnitProcesses } from './unit-processes.ts';

interface UnitMark {
  /** Whether a window has said that the unit is gone. */
  isGone: boolean;
  totalSeconds: number;
  attributedSeconds: number;
  /** Unattributed CPU is a difference and may sink a little; what is exported never does. */
  unattributedSeconds: number;
  readonly executableCpuSeconds: Map<ExecutableAccount, number>;
  readonly processes: UnitProcesses;
}

/** How much has series of its own. No limit where one is not given. */
export interface SeriesLimits {
  /** Processes of one unit: those that use most. */
  readonly processesOfUnit?: number;
}

/** Closes export windows on the ledger's clock: each holds what changed since the one before. */
export class WindowBuilder {
  readonly #ledger: Ledger;
  readonly #mostProcesses: number;
  readonly #unitMarks: (UnitMark | undefined)[] = [];
  #ended: ProcessAccount[] = [];
  #sequence = 0;
  #startUnixMillis: number;
  #startSeconds: number;
  /** Since the window before was closed. */
  #ticks = 0;

  constructor(
    ledger: Ledger,
    startUnixMillis: number,
    startSeconds: number,
    { processesOfUnit = Number.POSITIVE_INFINITY }: SeriesLimits = {},
  ) {
    this.#ledger = ledger;
    this.#mostProcesses = processesOfUnit;
    this.#startUnixMillis = startUnixMillis;
    this.#startSeconds = startSeconds;
  }

  /** Takes over what ended in the tick that was just booked: its last points go out with this window. */
  gather(): void {
    this.#ticks++;
    for (const account of this.#ledger.ended) this.#ended.push(account);
    for (const { place } of this.#ledger.retired) this.#unitMarks[place] = undefined;
  }

  /** Closes the window at the time of the tick last booked. */
  close(unixMillis: number, atSeconds: number): ExportWindow {
    const seconds = atSeconds - this.#startSeconds;
    const { units } = this.#ledger;
    const accounts = accountsByUnit(units.length, this.#ledger.accounts, this.#ended);
    const closing = {
      startUnixMillis: this.#startUnixMillis,
      endUnixMillis: unixMillis,
      seconds,
      ticks: this.#ticks,
    };
    const window: ExportWindow = {
      sequence: ++this.#sequence,
      startUnixMillis: this.#startUnixMillis,
      endUnixMillis: unixMillis,
      seconds,
      units: units.flatMap((unit, place) =>
        this.#isShown(unit, place, accounts[place]!)
          ? [this.#unit(unit, place, accounts[place]!, closing)]
          : [],
      ),
    };
    this.#ended = [];
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
    if (unit.origin.kind === 'named') return true;
    if (unit.origin.kind === 'pattern' && unit.instances === 0)
      return !unitsOfPattern(units, place).some(({ present }) => present);
    const mark = this.#unitMark(place);
    const used = Number.isNaN(unit.totalSeconds) ? unit.attributedSeconds : unit.totalSeconds;
    const isNews = unit.present || ended.length > 0 || used > mark.totalSeconds || !mark.isGone;
    mark.isGone = !unit.present;
    return isNews;
  }

  #unit(unit: UnitAccount, index: number, { living: mine, ended }: Accounts, closing: Closing): UnitWindow {
    const { seconds, endUnixMillis } = closing;
    const mark = this.#unitMark(index);
    const totalKnown = !Number.isNaN(unit.totalSeconds);
    const used = (totalKnown ? unit.totalSeconds : unit.attributedSeconds) - mark.totalSeconds;
    const attributed = unit.attributedSeconds - mark.attributedSeconds;
    mark.unattributedSeconds = Math.max(mark.unattributedSeconds, unit.unattributedSeconds ?? 0);
    mark.totalSeconds += used;
    mark.attributedSeconds += attributed;
    const startUnixMillis = unit.sinceUnixMillis ?? endUnixMillis;
    mark.processes.measure(mine, ended, closing);
    const { own, others } = mark.processes.close(startUnixMillis, this.#mostProcesses);
    return {
      series: unit,
      unit: unit.unit,
      startUnixMillis,
      present: unit.present,
      cpuSeconds: {
        live: unit.liveSeconds,
        exited: unit.exitedSeconds,
        reaped: unit.reapedSeconds,
        unattributed: totalKnown ? mark.unattributedSeconds : null,
      },
      coverage: totalKnown && used > 0 ? attributed / used : null,
      cpuCores: unit.sinceUnixMillis === null || seconds <= 0 ? null : used / seconds,
      memoryBytes: unit.present ? memoryOf(unit, mine) : null,
      cgroup: unit.cgroupFigures.figures,
      processCount: unit.present ? unit.processCount : null,
      restarts: Math.max(0, unit.instances - 1),
      executables: this.#executables(unit, mark, mine, seconds),
      processes: own,
      otherProcesses: others,
    };
  }

  #unitMark(index: number): UnitMark {
    this.#unitMarks[index] ??= {
      isGone: false,
      totalSeconds: 0,
      attributedSeconds: 0,
      unattributedSeconds: 0,
      executableCpuSeconds: new Map(),
      processes: new UnitProcesses(),
    };
    return this.#unitMarks[index];
  }

  #executables(
    unit: UnitAccount,
    mark: UnitMark,
    mine: readonly ProcessAccount[],
    seconds: number,
  ): ExecutableWindow[] {
    const members = membersByExecutable(mine);
    return [...unit.executables.all()].map((account) => {
      const { memoryBytes, count } = members.get(account) ?? NO_MEMBERS;
      const used = account.cpuSeconds - (mark.executableCpuSeconds.get(account) ?? 0);
      mark.executableCpuSeconds.set(account, account.cpuSeconds);
      return {
        series: account,
        executable: account.executable,
        title: account.title,
        cpuSeconds: account.cpuSeconds,
        diskReadBytes: account.bytesKnown ? account.readBytes : null,
        diskWriteBytes: account.bytesKnown ? account.writeBytes : null,
        transferReadBytes: account.bytesKnown ? account.readChars : null,
        transferWriteBytes: account.bytesKnown ? account.writeChars : null,
        cpuCores: seconds > 0 ? used / seconds : 0,
        memoryBytes,
        processCount: count,
      };
    });
  }
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

/** One source for all of a run: RSS does not take the place of a figure that could not be read once. */
function memoryOf(unit: UnitAccount, mine: readonly ProcessAccount[]): number | null {
  const { figures, knowsMemory } = unit.cgroupFigures;
  return knowsMemory ? (figures?.levels.memoryBytes ?? null) : sumOfKnown(mine);
}

function sumOfKnown(accounts: readonly ProcessAccount[]): number {
  let bytes = 0;
  for (const account of accounts) if (!Number.isNaN(account.memoryBytes)) bytes += account.memoryBytes;
  return bytes;
}
