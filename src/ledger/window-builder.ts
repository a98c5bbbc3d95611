import type { ExecutableAccount } from './executable-account.ts';
import type { ExecutableWindow, ExportWindow, ProcessWindow, UnitWindow } from './export-window.ts';
import type { Ledger } from './ledger.ts';
import type { ProcessAccount } from './process-account.ts';
import type { UnitAccount } from './unit-account.ts';

/** A process's figures when the window before closed, and what never changes in its series. */
interface ProcessMark {
  readonly createdAt: string;
  readonly executable: string;
  readonly title: string | null;
  cpuSeconds: number;
  diskBytes: number;
  transferBytes: number;
  observedSeconds: number;
  userTicks: number;
  systemTicks: number;
  /** Cumulative own CPU by mode: each window's is split as its ticks are. */
  userSeconds: number;
  systemSeconds: number;
}

interface UnitMark {
  totalSeconds: number;
  attributedSeconds: number;
  /** Unattributed CPU is a difference and may sink a little; what is exported never does. */
  unattributedSeconds: number;
  readonly executableCpuSeconds: Map<ExecutableAccount, number>;
}

/** Closes export windows on the ledger's clock: each holds what changed since the one before. */
export class WindowBuilder {
  readonly #ledger: Ledger;
  readonly #marks = new Map<ProcessAccount, ProcessMark>();
  readonly #unitMarks: UnitMark[] = [];
  #ended: ProcessAccount[] = [];
  #sequence = 0;
  #startUnixMillis: number;
  #startSeconds: number;

  constructor(ledger: Ledger, startUnixMillis: number, startSeconds: number) {
    this.#ledger = ledger;
    this.#startUnixMillis = startUnixMillis;
    this.#startSeconds = startSeconds;
  }

  /** Takes over what ended in the tick that was just booked: its last points go out with this window. */
  gather(): void {
    for (const account of this.#ledger.ended) this.#ended.push(account);
  }

  /** Closes the window at the time of the tick last booked. */
  close(unixMillis: number, atSeconds: number): ExportWindow {
    const seconds = atSeconds - this.#startSeconds;
    const living = this.#ledger.accounts.filter((account) => account !== undefined);
    const window: ExportWindow = {
      sequence: ++this.#sequence,
      startUnixMillis: this.#startUnixMillis,
      endUnixMillis: unixMillis,
      seconds,
      units: this.#ledger.units.map((unit, index) => this.#unit(unit, index, living, seconds, unixMillis)),
    };
    for (const account of this.#ended) this.#marks.delete(account);
    this.#ended = [];
    this.#startUnixMillis = unixMillis;
    this.#startSeconds = atSeconds;
    return window;
  }

  #unit(
    unit: UnitAccount,
    index: number,
    living: readonly ProcessAccount[],
    seconds: number,
    unixMillis: number,
  ): UnitWindow {
    const mark = this.#unitMark(index);
    const mine = living.filter((account) => account.unit === index);
    const ended = this.#ended.filter((account) => account.unit === index);
    const totalKnown = !Number.isNaN(unit.totalSeconds);
    const used = (totalKnown ? unit.totalSeconds : unit.attributedSeconds) - mark.totalSeconds;
    const attributed = unit.attributedSeconds - mark.attributedSeconds;
    mark.unattributedSeconds = Math.max(mark.unattributedSeconds, unit.unattributedSeconds ?? 0);
    mark.totalSeconds += used;
    mark.attributedSeconds += attributed;
    return {
      unit: unit.unit,
      startUnixMillis: unit.sinceUnixMillis ?? unixMillis,
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
      processes: [...mine, ...ended].map((account) => this.#process(account, unixMillis)),
    };
  }

  #unitMark(index: number): UnitMark {
    this.#unitMarks[index] ??= {
      totalSeconds: 0,
      attributedSeconds: 0,
      unattributedSeconds: 0,
      executableCpuSeconds: new Map(),
    };
    return this.#unitMarks[index];
  }

  #executables(
    unit: UnitAccount,
    mark: UnitMark,
    mine: readonly ProcessAccount[],
    seconds: number,
  ): ExecutableWindow[] {
    return [...unit.executables.all()].map((account) => {
      const members = mine.filter((process) => process.executable === account);
      const used = account.cpuSeconds - (mark.executableCpuSeconds.get(account) ?? 0);
      mark.executableCpuSeconds.set(account, account.cpuSeconds);
      return {
        executable: account.executable,
        title: account.title,
        cpuSeconds: account.cpuSeconds,
        diskReadBytes: account.bytesKnown ? account.readBytes : null,
        diskWriteBytes: account.bytesKnown ? account.writeBytes : null,
        transferReadBytes: account.bytesKnown ? account.readChars : null,
        transferWriteBytes: account.bytesKnown ? account.writeChars : null,
        cpuCores: seconds > 0 ? used / seconds : 0,
        memoryBytes: sumOfKnown(members),
        processCount: members.length,
      };
    });
  }

  #process(account: ProcessAccount, unixMillis: number): ProcessWindow {
    const { identity, bytes } = account;
    const mark = this.#mark(account);
    const cpuSeconds = account.cpuSeconds - mark.cpuSeconds;
    const diskBytes = (account.diskBytes ?? 0) - mark.diskBytes;
    const transferBytes = (account.transferBytes ?? 0) - mark.transferBytes;
    const seconds = account.observedSeconds - mark.observedSeconds;
    const userShare = shareOf(
      account.userTicks - mark.userTicks,
      account.systemTicks - mark.systemTicks,
      account,
    );
    mark.userSeconds += cpuSeconds * userShare;
    mark.systemSeconds += cpuSeconds * (1 - userShare);
    mark.cpuSeconds += cpuSeconds;
    mark.diskBytes += diskBytes;
    mark.transferBytes += transferBytes;
    mark.observedSeconds += seconds;
    mark.userTicks = account.userTicks;
    mark.systemTicks = account.systemTicks;
    return {
      pid: identity.pid,
      createdAt: mark.createdAt,
      executable: mark.executable,
      title: mark.title,
      command: identity.command,
      startUnixMillis: account.sinceUnixMillis,
      ended: account.endedUnixMillis !== null,
      userSeconds: mark.userSeconds,
      systemSeconds: mark.systemSeconds,
      cpuCores: seconds > 0 ? cpuSeconds / seconds : null,
      memoryBytes: Number.isNaN(account.memoryBytes) ? null : account.memoryBytes,
      diskReadBytes: bytes?.readBytes ?? null,
      diskWriteBytes: bytes?.writeBytes ?? null,
      transferReadBytes: bytes?.readChars ?? null,
      transferWriteBytes: bytes?.writeChars ?? null,
      diskBytesPerSecond: bytes !== null && seconds > 0 ? diskBytes / seconds : null,
      transferBytesPerSecond: bytes !== null && seconds > 0 ? transferBytes / seconds : null,
      details: account.details?.now(account.endedUnixMillis ?? unixMillis) ?? null,
    };
  }

  #mark(account: ProcessAccount): ProcessMark {
    let mark = this.#marks.get(account);
    if (mark === undefined) {
      mark = {
        createdAt: new Date(account.identity.startedUnixMillis).toISOString(),
        executable: account.identity.executable,
        title: account.identity.title,
        cpuSeconds: 0,
        diskBytes: 0,
        transferBytes: 0,
        observedSeconds: 0,
        userTicks: 0,
        systemTicks: 0,
        userSeconds: 0,
        systemSeconds: 0,
      };
      this.#marks.set(account, mark);
    }
    return mark;
  }
}

/** Share of user mode: of this window's ticks, of all its ticks where this window had none, else all of it. */
function shareOf(userTicks: number, systemTicks: number, account: ProcessAccount): number {
  const user = userTicks + systemTicks > 0 ? userTicks : account.userTicks;
  const system = userTicks + systemTicks > 0 ? systemTicks : account.systemTicks;
  return user + system > 0 ? Math.min(1, Math.max(0, user / (user + system))) : 1;
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
