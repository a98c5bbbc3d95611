import { parsePopulated } from '../../host/cgroup/cgroup-events.ts';
import type { FigureReader } from '../../host/cgroup/figure-reader.ts';
import type { FileEvents, FileWatch, NoEventsReason } from '../../host/cgroup/file-events.ts';

/** A cgroup whose last reading is wanted. */
export interface WatchedCgroup {
  /** Path of its directory. */
  readonly directory: string;
  /** Reads its CPU counter by a held descriptor; NaN once the cgroup was removed. */
  readCpuSeconds(): number;
  /** Its last process has ended, and it may be removed at any moment. */
  emptied?(): void;
}

/**
 * Reads the CPU counter of a cgroup when its last process has ended (`populated 0` in `cgroup.events`), before systemd
 * removes the directory.
 */
export class PopulatedWatch {
  readonly #cgroup: WatchedCgroup;
  readonly #reader: FigureReader;
  readonly #watch: FileWatch | undefined;
  #wasPopulated: boolean;
  #seconds = Number.NaN;
  #isFinal = false;

  /** `failed` is called with the reason if the cgroup cannot be watched any more, unless it has no `cgroup.events` (v1, removed). */
  constructor(
    cgroup: WatchedCgroup,
    wasPopulated: boolean,
    events: FileEvents | null,
    reader: FigureReader,
    failed: (reason: NoEventsReason) => void,
  ) {
    this.#cgroup = cgroup;
    this.#wasPopulated = wasPopulated;
    this.#reader = reader;
    if (events === null) return;
    const ended = (reason: NoEventsReason) => {
      if (reason !== 'gone') failed(reason);
    };
    const watch = events.watch(`${cgroup.directory}/cgroup.events`, () => this.#changed(), ended);
    if (typeof watch !== 'string') this.#watch = watch;
    else ended(watch);
  }

  /** CPU seconds as of the last event; NaN before. */
  get seconds(): number {
    return this.#seconds;
  }

  /** Whether no process was there any more when the CPU was read. */
  get isFinal(): boolean {
    return this.#isFinal;
  }

  close(): void {
    this.#watch?.close();
  }

  #changed(): void {
    // The CPU first: the cgroup may be removed before the other files are read.
    const atOnce = this.#cgroup.readCpuSeconds();
    // Whatever was read earlier is not final: there was a process after that.
    this.#isFinal = false;
    if (Number.isNaN(atOnce)) return;
    this.#seconds = atOnce;
    const populated = this.#reader.read(`${this.#cgroup.directory}/cgroup.events`, parsePopulated);
    if (typeof populated === 'string') {
      // Removed since: the event that there are processes no more came before the removal.
      this.#isFinal = this.#wasPopulated;
      return;
    }
    this.#wasPopulated = populated.populated;
    if (populated.populated) return;
    const seconds = this.#cgroup.readCpuSeconds();
    if (!Number.isNaN(seconds)) this.#seconds = seconds;
    this.#isFinal = true;
    this.#cgroup.emptied?.();
  }
}
