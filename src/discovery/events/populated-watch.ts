import { parsePopulated } from '../../host/cgroup/cgroup-events.ts';
import type { FigureReader } from '../../host/cgroup/figure-reader.ts';
import type { FileEvents, FileWatch, NoEventsReason } from '../../host/cgroup/file-events.ts';

/** A cgroup whose final CPU reading is needed. */
export interface WatchedCgroup {
  /** Path of its directory. */
  readonly directory: string;
  /** Reads its CPU counter through a held descriptor; NaN after the removal of the cgroup. */
  readCpuSeconds(): number;
  /** Its last process has ended; it may be removed at any time. */
  emptied?(): void;
}

/**
 * Reads the CPU counter of a cgroup after its last process has ended (`populated 0` in `cgroup.events`) and before
 * systemd removes the directory.
 */
export class PopulatedWatch {
  readonly #cgroup: WatchedCgroup;
  readonly #reader: FigureReader;
  readonly #watch: FileWatch | undefined;
  #wasPopulated: boolean;
  #seconds = Number.NaN;
  #isFinal = false;

  /**
   * `failed` is called with the reason if the cgroup cannot be watched, unless it has no `cgroup.events` (v1, removed).
   */
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

  /** CPU seconds at the last event; NaN before the first. */
  get seconds(): number {
    return this.#seconds;
  }

  /** Whether the CPU was read after the last process had ended. */
  get isFinal(): boolean {
    return this.#isFinal;
  }

  close(): void {
    this.#watch?.close();
  }

  #changed(): void {
    // CPU first: the cgroup may be removed before the other files are read.
    const atOnce = this.#cgroup.readCpuSeconds();
    // Earlier readings are not final: a process existed after them.
    this.#isFinal = false;
    if (Number.isNaN(atOnce)) return;
    this.#seconds = atOnce;
    const populated = this.#reader.read(`${this.#cgroup.directory}/cgroup.events`, parsePopulated);
    if (typeof populated === 'string') {
      // The cgroup has been removed: the event for `populated 0` came before the removal.
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
