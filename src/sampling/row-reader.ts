import type { Host } from '../host/host.ts';
import { hasEnded } from '../host/proc/stat.ts';
import { ROW_ALIVE, ROW_ENDED, ROW_FOREIGN_CHILD, ROW_ZOMBIE } from './process-columns.ts';
import type { ProcessReader } from './process-reader.ts';
import type { ProcessTable } from './process-table.ts';
import { type TrackedProcess, UNHELD, UNREAD } from './tracked-process.ts';

/** Ticks between two reads of a row whose CPU clock stands still: RSS and parent may still change. */
const SLOW_TICKS = 20;
/** Ticks after its last CPU use for which a row counts as active. */
const RECENT_TICKS = 4;
/** Ticks of idleness after which a row's counter files are closed; from then on also the ticks between two reads. */
const RESTING_TICKS = 120;
/** Ticks after its birth in which a process may still execute another program. */
const YOUNG_TICKS = 4;

/** Reads rows of the table into its current columns. */
export class RowReader {
  readonly #host: Host;
  readonly #reader: ProcessReader;
  readonly #table: ProcessTable;
  readonly #nanosPerTick: number;
  /** Rows whose `io` must be read in this tick. */
  readonly #moved: TrackedProcess[] = [];
  /** By slot: clock values that were read ahead in this tick. */
  #ahead = new Float64Array(0);

  constructor(host: Host, reader: ProcessReader, table: ProcessTable) {
    this.#host = host;
    this.#reader = reader;
    this.#table = table;
    this.#nanosPerTick = 1e9 / host.ticksPerSecond;
  }

  /**
   * Reads a row, unless its CPU clock stood still: then the process did not run, and its counters stand still too.
   * `full` reads it in any case; with `sparesIdle`, rows whose `stat` is not held, is up to date and whose clock stood still
   * are skipped.
   * Returns false if the process is gone.
   */
  read(row: TrackedProcess, full: boolean, sparesIdle = false): boolean {
    const { rows, tick } = this.#table.current;
    const { slot, activity } = row;
    const state = rows.state[slot];
    if (full && sparesIdle && row.statDescriptor === UNHELD && !row.statIsStale && state === ROW_ALIVE) {
      const nanos = this.#processNanos(row);
      if (nanos !== rows.cpuNanos[slot]!) return this.#readWhole(row, nanos, true, true);
      rows.stamp[slot] = 0;
      return true;
    }
    const slow = full || isTurnOf(row, tick);
    if (!slow) {
      if (state === ROW_ALIVE && (activity.passesOver || activity.isStill)) {
        const rests = isResting(row, tick);
        if (rests && !row.statIsStale) this.#table.dueAtTick[slot] = nextTurn(row, tick);
        if (activity.passesOver ? rests : !row.statIsStale) return true;
      }
      const before = rows.cpuNanos[slot]!;
      const nanos = row.readAheadAtTick === tick ? this.#ahead[slot]! : this.#processNanos(row);
      if (nanos === before && (state === ROW_ALIVE || state === ROW_FOREIGN_CHILD)) {
        rows.stamp[slot] = 0;
        if (activity.isQuiet || !row.statIsStale) return true;
      } else if (nanos > before && state === ROW_ALIVE && activity.isQuiet && !isYoung(row, tick)) {
        if (this.#readBriefly(row, nanos)) return true;
      }
      return this.#readWhole(row, nanos, false, false);
    }
    return this.#readWhole(row, this.#processNanos(row), true, full);
  }

  /** Reads the clock of a row before all other reads; `read` uses the value. */
  readAhead(row: TrackedProcess): void {
    const { rows, tick } = this.#table.current;
    const { slot } = row;
    if (this.#ahead.length < rows.capacity) this.#ahead = new Float64Array(rows.capacity);
    const nanos = this.#processNanos(row);
    this.#ahead[slot] = nanos;
    row.readAheadAtTick = tick;
    if (nanos > rows.cpuNanos[slot]!) row.activity.ranAhead(nanos - rows.cpuNanos[slot]!);
  }

  #readWhole(row: TrackedProcess, nanos: number, slow: boolean, full: boolean): boolean {
    // Without clocks, CPU comes from `stat`, which is read here.
    if (this.#host.clocks === null) this.#stamp(row);
    const outcome = this.#reader.readStat(row);
    this.#table.current.readTimes.noteFile();
    if (outcome === 'read') this.#take(row, nanos, slow, full);
    else row.statReadAtTick = -1;
    // After another failure the values stay, and the next successful read includes the missed part.
    return outcome !== 'gone';
  }

  /**
   * Reads `statm` of a row that ran, and defers `stat`, whose other changes can wait. Returns false if `stat` is
   * needed: the process may have ended, or runs another program. The held descriptor guarantees that the values belong
   * to this process.
   */
  #readBriefly(row: TrackedProcess, nanos: number): boolean {
    if (row.statmDescriptor === UNHELD || row.ioRefused) return false;
    const { statm } = this.#reader;
    const { textPages } = row;
    if (this.#reader.readStatm(row) !== 'read' || Number.isNaN(statm.residentPages)) return false;
    if (statm.textPages !== textPages) return false;
    this.#table.current.readTimes.noteFile();
    const { rows, tick } = this.#table.current;
    const { slot } = row;
    this.#noteRun(row, nanos - rows.cpuNanos[slot]!);
    this.#table.touch(slot);
    rows.cpuNanos[slot] = nanos;
    rows.memoryBytes[slot] = statm.residentPages * this.#host.pageBytes;
    row.statIsStale = true;
    row.movedAtTick = tick;
    this.#moved.push(row);
    return true;
  }

  /** Fills a new row from the `stat` that `open` has just read. */
  readFirst(row: TrackedProcess): void {
    this.#table.rows.cpuNanos[row.slot] = Number.NaN;
    this.#take(row, this.#processNanos(row), true, true);
  }

  /**
   * Discards the CPU that a row which left used since the previous tick: it may have been used elsewhere. The part used
   * here is in the cgroup's counter.
   */
  disown(row: TrackedProcess): void {
    this.#table.takeBack(row);
    const at = this.#moved.lastIndexOf(row);
    if (at >= 0) this.#moved.splice(at, 1);
  }

  /** Reads `io` of the rows that ran. Called last, because the read can block on an exec. */
  readPendingIo(): void {
    const { rows } = this.#table;
    for (const row of this.#moved) {
      const { slot } = row;
      if (rows.state[slot] === ROW_ENDED || this.#reader.readIo(row) !== 'read') continue;
      // Bytes never decrease, but while a process is being reaped, older kernels show those of its first thread only.
      if (!rows.exceedsIo(slot, this.#reader.io)) rows.takeIo(slot, this.#reader.io);
    }
    this.#moved.length = 0;
  }

  #processNanos(row: TrackedProcess): number {
    this.#stamp(row);
    return this.#host.clocks === null ? Number.NaN : this.#host.clocks.readProcessNanos(row.pid);
  }

  #noteRun({ activity, slot }: TrackedProcess, nanos: number): void {
    const { rows, readTimes } = this.#table.current;
    activity.ran(nanos, readTimes.micros[rows.stamp[slot]!]!);
  }

  /** Stamps the CPU read that follows. */
  #stamp({ slot }: TrackedProcess): void {
    const { rows, readTimes } = this.#table.current;
    rows.stamp[slot] = readTimes.beforeClock();
  }

  /** Fills the row from the `stat` just read, and reads the files that depend on it. */
  #take(row: TrackedProcess, nanos: number, slow: boolean, full: boolean): void {
    const { stat } = this.#reader;
    const { rows, tick } = this.#table.current;
    const { slot } = row;
    this.#table.touch(slot);
    this.#reader.noteLeader(row);
    if (this.#reader.refreshNames(row, slow)) this.#table.noteChange(slot);
    const ended = hasEnded(stat);
    const before = rows.cpuNanos[slot]!;
    const cpuNanos = this.#cpuNanos(nanos, before);
    if (rows.state[slot] !== ROW_FOREIGN_CHILD) {
      if (ended !== (rows.state[slot] === ROW_ZOMBIE)) {
        row.activity.changed();
        this.#table.familiesChanged = true;
      }
      rows.state[slot] = ended ? ROW_ZOMBIE : ROW_ALIVE;
      if (cpuNanos > before) this.#noteRun(row, cpuNanos - before);
    }
    // An ended process does not run again.
    if (cpuNanos > before && !ended) row.hasRun = true;
    row.statIsStale = false;
    row.statReadAtTick = tick;
    if (rows.ppid[slot] !== stat.ppid) this.#table.familiesChanged = true;
    rows.ppid[slot] = stat.ppid;
    rows.threads[slot] = stat.threads;
    this.#table.details?.takeStat(slot, stat, tick);
    rows.cpuNanos[slot] = cpuNanos;
    rows.userTicks[slot] = stat.userTicks;
    rows.systemTicks[slot] = stat.systemTicks;
    rows.reapedNanos[slot] = (stat.childrenUserTicks + stat.childrenSystemTicks) * this.#nanosPerTick;
    const ran = this.#host.clocks === null || cpuNanos !== before;
    // RSS of a process that did not run changes by reclaim only, which the approximate value in `stat` shows.
    if (ended) rows.memoryBytes[slot] = Number.NaN;
    else if (
      ran ||
      full ||
      stat.rssPages !== row.rssPages ||
      // `stat` shows no RSS then.
      (slow && row.isLeaderless) ||
      Number.isNaN(rows.memoryBytes[slot])
    )
      rows.memoryBytes[slot] = this.#memoryBytes(row);
    row.rssPages = stat.rssPages;
    if (ran) row.movedAtTick = tick;
    if (ran ? !row.ioRefused || slow : slow && row.ioRefused) this.#moved.push(row);
    else if (slow && tick - row.movedAtTick > RESTING_TICKS) this.#reader.closeResting(row);
  }

  /** A process that has just ended has no clock: the previous value stays. */
  #cpuNanos(nanos: number, before: number): number {
    if (!Number.isNaN(nanos)) return nanos;
    if (this.#host.clocks !== null && !Number.isNaN(before)) return before;
    return (this.#reader.stat.userTicks + this.#reader.stat.systemTicks) * this.#nanosPerTick;
  }

  #memoryBytes(row: TrackedProcess): number {
    if (this.#reader.readStatm(row) !== 'read') return Number.NaN;
    const { residentPages, textPages } = this.#reader.statm;
    // 0 before the kernel has loaded the program, and after the process has released its memory.
    const isOther = textPages !== row.textPages && textPages > 0 && row.textPages !== UNREAD;
    if (isOther && this.#reader.refreshProgram(row)) this.#table.noteChange(row.slot);
    row.textPages = textPages;
    return residentPages * this.#host.pageBytes;
  }
}

/** Whether a row need not be read: it has not run recently, and is not due. */
export function isResting(row: TrackedProcess, tick: number): boolean {
  return tick - row.movedAtTick > RECENT_TICKS && !isTurnOf(row, tick);
}

/** Whether a row is due for a whole read: at a slow pace, and at a slower one after long idleness. Rows take turns. */
function isTurnOf(row: TrackedProcess, tick: number): boolean {
  return (tick + row.slot) % paceOf(row, tick) === 0;
}

/** The next tick in which it is the turn of a row that stays idle. */
function nextTurn(row: TrackedProcess, tick: number): number {
  const pace = paceOf(row, tick);
  return tick + pace - ((tick + row.slot) % pace);
}

function paceOf(row: TrackedProcess, tick: number): number {
  return tick - row.movedAtTick > RESTING_TICKS ? RESTING_TICKS : SLOW_TICKS;
}

function isYoung(row: TrackedProcess, tick: number): boolean {
  return tick - row.foundAtTick < YOUNG_TICKS;
}
