import type { Clock } from '../../host/clock.ts';
import { printable } from '../../text/printable.ts';
import { DROP_REASONS, type DropReason } from './delivery.ts';
import type { EncodingName } from './otlp-encoding.ts';
import type { SignalName } from './signal.ts';
import type { SpoolDirectory } from './spool/spool-directory.ts';
import { type StoredWindow, storedWindow } from './spool/stored-window.ts';

/** Quarantined windows on disk, kept for people as long as there is room. */
class SetAside {
  readonly #spool: SpoolDirectory;
  /** Oldest first. */
  readonly #windows: StoredWindow[];
  #bytes = 0;

  constructor(spool: SpoolDirectory) {
    this.#spool = spool;
    this.#windows = [...spool.found.aside];
    for (const { bytes } of this.#windows) this.#bytes += bytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Moves a buffered window to quarantine; false if the disk fails. */
  take(window: StoredWindow): boolean {
    try {
      this.#spool.setAside(window);
    } catch {
      // The file is gone already, or the disk fails.
      return false;
    }
    this.#windows.push(window);
    this.#bytes += window.bytes;
    return true;
  }

  /** Deletes the oldest windows while `isToGo` holds. */
  dropWhile(isToGo: (oldest: StoredWindow) => boolean): void {
    for (let oldest = this.#windows[0]; oldest !== undefined && isToGo(oldest); oldest = this.#windows[0]) {
      this.#windows.shift();
      this.#bytes -= oldest.bytes;
      this.#spool.removeAside(oldest);
    }
  }
}

/** A buffered window. */
export interface WaitingWindow {
  readonly stored: StoredWindow;
  /** Time of its creation on the monotonic clock. */
  readonly madeAtSeconds: number;
  onDisk: boolean;
  /** Kept if it is not on disk, and for the window that is sent next. */
  body: Uint8Array | null;
  /** Number of failures of the collector with this window. */
  failures: number;
  /** Parts still to send in this run; null if nothing was sent yet. */
  parts: Uint8Array[] | null;
}

export interface BacklogLimits {
  /** Limit in memory: all windows without a spool, and those that the disk does not accept. */
  readonly memoryBytes: number;
  /** Limit on disk, including quarantined windows. */
  readonly diskBytes: number;
  readonly ageSeconds: number;
}

/** Events of the backlog. */
interface BacklogNotes {
  dropped(reason: DropReason, windows: number): void;
  /** A window in the spool is incomplete or unreadable. */
  unreadable(reason: string): void;
  diskFailed(reason: string): void;
  diskWorks(): void;
}

interface BacklogOptions {
  readonly limits: BacklogLimits;
  readonly encoding: EncodingName;
  readonly signal: SignalName;
  /** Owned by the backlog from now on; null: everything is buffered in memory. */
  readonly spool: SpoolDirectory | null;
  readonly clock: Clock;
  readonly notes: BacklogNotes;
}

/**
 * Buffers windows, oldest first, within limits of size and age: without room, the oldest are dropped first. With a spool,
 * each window is on disk before anything else happens to it, windows of earlier runs come first, and a failure of the disk
 * only means that windows are buffered in memory.
 */
export class Backlog {
  readonly #options: BacklogOptions;
  readonly #windows: WaitingWindow[] = [];
  readonly #aside: SetAside | null;
  #memoryBytes = 0;
  #diskBytes = 0;
  #lastSequence = 0;
  #diskWorks = true;
  /** The window being sent: it is not dropped, because its answer may arrive at any moment. */
  #inFlight: WaitingWindow | null = null;

  constructor(options: BacklogOptions) {
    this.#options = options;
    this.#aside = options.spool && new SetAside(options.spool);
    if (options.spool === null) return;
    const { waiting, aside } = options.spool.found;
    for (const { sequence } of aside) this.#lastSequence = Math.max(this.#lastSequence, sequence);
    for (const stored of waiting) this.#push(this.#entryOf(stored, null));
    this.#checkLast();
    this.makeRoom();
  }

  get length(): number {
    return this.#windows.length;
  }

  /** Bytes of all buffered windows. */
  get bytes(): number {
    return this.#memoryBytes + this.#diskBytes;
  }

  /** Whether all buffered windows would outlive this process. */
  get isSafe(): boolean {
    return this.#windows.every(({ onDisk }) => onDisk);
  }

  /** Adds a window; without room it may be dropped at once. */
  add(body: Uint8Array): void {
    const { clock, encoding, signal } = this.#options;
    const about = {
      sequence: this.#lastSequence + 1,
      madeAtUnixMillis: clock.unixMillis(),
      encoding,
      signal,
    };
    this.#push(this.#entryOf(storedWindow(body, about), body));
    this.#toDisk();
    this.makeRoom();
    this.#letGoOfBodies();
  }

  /** Drops windows that are too old or exceed the limits. */
  makeRoom(): void {
    const { limits, clock, notes } = this.#options;
    const isFull = () => this.#diskBytes + (this.#aside?.bytes ?? 0) > limits.diskBytes;
    const oldestUnixMillis = clock.unixMillis() - limits.ageSeconds * 1000;
    // Quarantined windows are dropped before those that can still be sent.
    this.#aside?.dropWhile(({ madeAtUnixMillis }) => isFull() || madeAtUnixMillis < oldestUnixMillis);
    const oldestSeconds = clock.monotonicSeconds() - limits.ageSeconds;
    const dropped: Readonly<Record<DropReason, number>> = {
      age: this.#dropWhile(ofAnyKind, ({ madeAtSeconds }) => madeAtSeconds < oldestSeconds),
      disk: this.#dropWhile(({ onDisk }) => onDisk, isFull),
      memory: this.#dropWhile(
        ({ onDisk }) => !onDisk,
        // A window that exceeds the limit by itself is tried at least once.
        () => this.#memoryBytes > limits.memoryBytes && this.#windows.length > 1,
      ),
    };
    for (const reason of DROP_REASONS) if (dropped[reason] > 0) notes.dropped(reason, dropped[reason]);
  }

  /** The oldest window with its bytes, to be sent now; null if there is none. */
  take(): { readonly window: WaitingWindow; readonly body: Uint8Array } | null {
    for (let window = this.#windows[0]; window !== undefined; window = this.#windows[0]) {
      window.body ??= this.#read(window.stored);
      if (window.body !== null) {
        this.#inFlight = window;
        return { window, body: window.body };
      }
      this.#remove(0, 'aside');
    }
    return null;
  }

  /** The window being sent stays buffered. */
  putBack(): void {
    this.#inFlight = null;
  }

  /** The window being sent was delivered. */
  settle(): void {
    this.#inFlight = null;
    this.#remove(0);
  }

  /** The window being sent was refused, and is never sent again. Returns whether it is quarantined on disk. */
  setAside(): boolean {
    this.#inFlight = null;
    return this.#remove(0, 'aside');
  }

  /** Leaves buffered windows to the next run, and returns the number of windows that are lost because they are not on disk. */
  close(): number {
    this.#inFlight = null;
    this.#toDisk();
    const left = this.#windows.filter(({ onDisk }) => !onDisk);
    for (const window of left) this.#remove(this.#windows.indexOf(window));
    this.#options.spool?.close();
    return left.length;
  }

  #entryOf(stored: StoredWindow, body: Uint8Array | null): WaitingWindow {
    const { clock } = this.#options;
    // A window from the future was created before the clock was set back: it counts as new.
    const ageSeconds = Math.max((clock.unixMillis() - stored.madeAtUnixMillis) / 1000, 0);
    const madeAtSeconds = clock.monotonicSeconds() - ageSeconds;
    return { stored, madeAtSeconds, onDisk: body === null, body, failures: 0, parts: null };
  }

  #push(window: WaitingWindow): void {
    this.#windows.push(window);
    this.#count(window, 1);
    this.#lastSequence = Math.max(this.#lastSequence, window.stored.sequence);
  }

  #count({ onDisk, stored }: WaitingWindow, sign: 1 | -1): void {
    if (onDisk) this.#diskBytes += sign * stored.bytes;
    else this.#memoryBytes += sign * stored.bytes;
  }

  /** Moves windows from memory to disk, in order; at the first failure the rest stays. One that exceeds the limit stays, too. */
  #toDisk(): void {
    const { spool, notes, limits } = this.#options;
    if (spool === null) return;
    for (const window of this.#windows) {
      if (window.onDisk || window.body === null || window.stored.bytes > limits.diskBytes) continue;
      try {
        spool.write(window.stored, window.body);
      } catch (error) {
        this.#diskWorks = false;
        notes.diskFailed(reasonOf(error));
        return;
      }
      this.#count(window, -1);
      window.onDisk = true;
      this.#count(window, 1);
    }
    if (!this.#diskWorks) notes.diskWorks();
    this.#diskWorks = true;
  }

  /** Of the windows on disk, only the next one is kept in memory as well. */
  #letGoOfBodies(): void {
    for (const window of this.#windows) {
      if (window.onDisk && window !== this.#windows[0]) window.body = null;
    }
  }

  /** Null if the window cannot be read any more, which is reported. */
  #read(stored: StoredWindow): Uint8Array | null {
    const { spool, notes } = this.#options;
    try {
      const body = spool!.read(stored);
      if (body === null) notes.unreadable('it is incomplete');
      return body;
    } catch (error) {
      notes.unreadable(reasonOf(error));
      return null;
    }
  }

  /** The end of a run may have interrupted the writing of a window. */
  #checkLast(): void {
    const last = this.#windows.at(-1);
    if (last === undefined || this.#read(last.stored) !== null) return;
    this.#remove(this.#windows.length - 1, 'aside');
  }

  /** Drops the oldest windows `ofKind` while `isToGo` holds, and returns their number. */
  #dropWhile(ofKind: (window: WaitingWindow) => boolean, isToGo: (oldest: WaitingWindow) => boolean): number {
    for (let dropped = 0; ; dropped++) {
      const place = this.#windows.findIndex((window) => window !== this.#inFlight && ofKind(window));
      if (place < 0 || !isToGo(this.#windows[place]!)) return dropped;
      this.#remove(place);
    }
  }

  /** Returns whether the window is in quarantine. */
  #remove(place: number, to: 'nowhere' | 'aside' = 'nowhere'): boolean {
    const [window] = this.#windows.splice(place, 1) as [WaitingWindow];
    this.#count(window, -1);
    if (!window.onDisk) return false;
    const isKept = to === 'aside' && this.#aside!.take(window.stored);
    if (!isKept) this.#options.spool!.remove(window.stored);
    return isKept;
  }
}

function ofAnyKind(): boolean {
  return true;
}

/** `ENOSPC`, or the message. */
function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return printable(code ?? message);
}
