import type { ProcessWindow } from './export-window.ts';
import type { ProcessAccount } from './process-account.ts';

/** A process's figures when the window before closed, and what never changes in its series. */
interface ProcessMark {
  readonly createdAt: string;
  readonly executable: string;
  readonly title: string | null;
  readonly subCgroup: string | null;
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

/** The windows of single processes: what each did since the one before. */
export class ProcessWindows {
  readonly #marks = new Map<ProcessAccount, ProcessMark>();

  /** What one process did in the window that closes at `unixMillis`. */
  close(account: ProcessAccount, unixMillis: number): ProcessWindow {
    const { identity, bytes } = account;
    const mark = this.#markOf(account);
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
      subCgroup: mark.subCgroup,
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

  #markOf(account: ProcessAccount): ProcessMark {
    let mark = this.#marks.get(account);
    if (mark === undefined) {
      mark = {
        createdAt: new Date(account.identity.startedUnixMillis).toISOString(),
        executable: account.identity.executable,
        title: account.identity.title,
        subCgroup: account.identity.subCgroup === '' ? null : account.identity.subCgroup,
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

  /** It has ended, and its last window is closed. */
  forget(account: ProcessAccount): void {
    this.#marks.delete(account);
  }
}

/** Share of user mode: of this window's ticks, of all its ticks where this window had none, else all of it. */
function shareOf(userTicks: number, systemTicks: number, account: ProcessAccount): number {
  const user = userTicks + systemTicks > 0 ? userTicks : account.userTicks;
  const system = userTicks + systemTicks > 0 ? systemTicks : account.systemTicks;
  return user + system > 0 ? Math.min(1, Math.max(0, user / (user + system))) : 1;
}
