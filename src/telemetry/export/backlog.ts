import type { Clock } from '../../host/clock.ts';
import { printable } from '../../text/printable.ts';
import { DROP_REASONS, type DropReason } from './delivery.ts';
import type { EncodingName } from './otlp-encoding.ts';
import type { SignalName } from './signal.ts';
import type { SpoolDirectory } from './spool/spool-directory.ts';
import { type StoredWindow, storedWindow } from './spool/stored-window.ts';

/** Windows on disk that were refused for good: kept for people, as long as there is room. */
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

  /** Keeps a window that waited until now; false where the disk does not let it. */
  take(window: StoredWindow): boolean {
    try {
      this.#spool.setAside(window);
    } catch {
      // Gone already, or a disk that cannot even do this.
      return false;
    }
    this.#windows.push(window);
    this.#bytes += window.bytes;
    return true;
  }

  /** Deletes the oldest, as long as it `isToGo`. */
  dropWhile(isToGo: (oldest: StoredWindow) => boolean): void {
    for (let oldest = this.#windows[0]; oldest !== undefined && isToGo(oldest); oldest = this.#windows[0]) {
      this.#windows.shift();
      this.#bytes -= oldest.bytes;
      this.#spool.removeAside(oldest);
    }
  }
}

/** A window that waits to be delivered. */
export interface WaitingWindow {
  readonly stored: StoredWindow;
  /** When it was made, on the monotonic clock. */
  readonly madeAtSeconds: number;
  onDisk: boolean;
  /** Kept where it is not on disk, and of the one that is sent next. */
  body: Uint8Array | null;
  /** How often the collector failed at it. */
  failures: number;
  /** What is still to be sent of it, in this run; null if nothing of it was sent yet. */
  parts: Uint8Array[] | null;
}

export interface BacklogLimits {
  /** Of windows in memory: all of them without a spool, and those that the disk does not take. */
  readonly memoryBytes: number;
  /** Of windows on disk, including quarantined ones. */
  readonly diskBytes: number;
  readonly ageSeconds: number;
}

/** What the backlog does by itself. */
interface BacklogNotes {
  dropped(reason: DropReason, windows: number): void;
  /** A window in the spool is torn or cannot be read. */
  unreadable(reason: string): void;
  diskFailed(reason: string): void;
  diskWorks(): void;
}

interface BacklogOptions {
  readonly limits: BacklogLimits;
  readonly encoding: EncodingName;
  readonly signal: SignalName;
  /** Its own from now on; null: everything waits in memory. */
  readonly spool: SpoolDirectory | null;
  readonly clock: Clock;
  readonly notes: BacklogNotes;
}

/**
 * Windows that wait, oldest first, within limits of size and age: the oldest go first when there is no room. With a spool
 * each is on disk before anything else happens to it, those of earlier runs come first, and the disk's failure
 * only means that windows wait in memory.
 */
export class Backlog {
  readonly #options: BacklogOptions;
  readonly #windows: WaitingWindow[] = [];
  readonly #aside: SetAside | null;
  #memoryBytes = 0;
  #diskBytes = 0;
  #lastSequence = 0;
  #diskWorks = true;
  /** On its way: it is not dropped, since its answer may come any moment. */
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

  /** Bytes of windows that wait, wherever they are. */
  get bytes(): number {
    return this.#memoryBytes + this.#diskBytes;
  }

  /** Whether all that waits would outlive this process. */
  get isSafe(): boolean {
    return this.#windows.every(({ onDisk }) => onDisk);
  }

  /** Takes a window; for want of room it may be dropped at once. */
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

  /** Lets go of what is too old, or more than there is room for. */
  makeRoom(): void {
    const { limits, clock, notes } = this.#options;
    const isFull = () => this.#diskBytes + (this.#aside?.bytes ?? 0) > limits.diskBytes;
    const oldestUnixMillis = clock.unixMillis() - limits.ageSeconds * 1000;
    // What nobody will send goes before what somebody could.
    this.#aside?.dropWhile(({ madeAtUnixMillis }) => isFull() || madeAtUnixMillis < oldestUnixMillis);
    const oldestSeconds = clock.monotonicSeconds() - limits.ageSeconds;
    const dropped: Readonly<Record<DropReason, number>> = {
      age: this.#dropWhile(ofAnyKind, ({ madeAtSeconds }) => madeAtSeconds < oldestSeconds),
      disk: this.#dropWhile(({ onDisk }) => onDisk, isFull),
      memory: this.#dropWhile(
        ({ onDisk }) => !onDisk,
        // One that is larger than the room for all is sent at least once.
        () => this.#memoryBytes > limits.memoryBytes && this.#windows.length > 1,
      ),
    };
    for (const reason of DROP_REASONS) if (dropped[reason] > 0) notes.dropped(reason, dropped[reason]);
  }

  /** The oldest with its bytes, which is now on its way; null when nothing waits. */
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

  /** The window on its way waits on. */
  putBack(): void {
    this.#inFlight = null;
  }

  /** The window on its way has arrived. */
  settle(): void {
    this.#inFlight = null;
    this.#remove(0);
  }

  /** The window on its way will never be taken: it is kept on disk where that can be, and is never sent again. */
  setAside(): void {
    this.#inFlight = null;
    this.#remove(0, 'aside');
  }

  /** Leaves what waits to the next run, and returns how many windows it could not leave: they are lost. */
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
    // What is from the future was made before the clock was set: it is as good as new.
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

  /** Brings what is in memory to disk, in order; at the first failure the rest stays. */
  #toDisk(): void {
    const { spool, notes } = this.#options;
    if (spool === null) return;
    for (const window of this.#windows) {
      if (window.onDisk || window.body === null) continue;
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

  /** Of what is on disk, only the window that is sent next is kept in memory too. */
  #letGoOfBodies(): void {
    for (const window of this.#windows) {
      if (window.onDisk && window !== this.#windows[0]) window.body = null;
    }
  }

  /** Null where there is nothing to be read any more, which is then noted. */
  #read(stored: StoredWindow): Uint8Array | null {
    const { spool, notes } = this.#options;
    try {
      const body = spool!.read(stored);
      if (body === null) notes.unreadable('it was torn when it was written');
      return body;
    } catch (error) {
      notes.unreadable(reasonOf(error));
      return null;
    }
  }

  /** The end of a run may have torn the window that was being written. */
  #checkLast(): void {
    const last = this.#windows.at(-1);
    if (last === undefined || this.#read(last.stored) !== null) return;
    this.#remove(this.#windows.length - 1, 'aside');
  }

  /** Of those that are `ofKind`, drops the oldest as long as it `isToGo`, and returns how many went. */
  #dropWhile(ofKind: (window: WaitingWindow) => boolean, isToGo: (oldest: WaitingWindow) => boolean): number {
    for (let dropped = 0; ; dropped++) {
      const place = this.#windows.findIndex((window) => window !== this.#inFlight && ofKind(window));
      if (place < 0 || !isToGo(this.#windows[place]!)) return dropped;
      this.#remove(place);
    }
  }

  #remove(place: number, to: 'nowhere' | 'aside' = 'nowhere'): void {
    const [window] = this.#windows.splice(place, 1) as [WaitingWindow];
    this.#count(window, -1);
    if (!window.onDisk || (to === 'aside' && this.#aside!.take(window.stored))) return;
    this.#options.spool!.remove(window.stored);
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
