import type { ProcessAccount } from '../../../ledger/accounts/process-account.ts';
import type { Usage } from '../../../ledger/measuring/usage.ts';
import { PROCESS_FIGURE_NAMES, PROCESS_FIGURES, type ProcessFigure } from './series.ts';
import { type Join, Track } from './track.ts';

const JOINS: readonly Join[] = Object.values(PROCESS_FIGURES).map(({ join }) => join);

export function processTrack(): Track {
  return new Track(JOINS);
}

/** A figure of a process in a track: CPU seconds, byte seconds, bytes; maxima of rates and of RSS. */
export function lifeFigure(track: Track, figure: ProcessFigure, point: number): number {
  return track.at(PLACE[figure], point);
}

/** Adds the use of processes without rows in a tick: CPU seconds and bytes. */
export function addUsed(
  track: Track,
  point: number,
  { cpuSeconds, diskBytes, transferBytes }: { cpuSeconds: number; diskBytes: number; transferBytes: number },
): void {
  track.add(PLACE.cpu, point, cpuSeconds);
  track.add(PLACE.disk, point, diskBytes);
  track.add(PLACE.transfer, point, transferBytes);
}

const PLACE = Object.fromEntries(PROCESS_FIGURE_NAMES.map((figure, at) => [figure, at])) as Record<
  ProcessFigure,
  number
>;

/** Sums of processes without tracks of their own. */
interface TracksByName {
  of(name: string): Track;
}

/** The length of a tick, and the minimum length for a rate. */
export type TickLength = Pick<Usage, 'intervalSeconds' | 'leastRateSeconds'>;

/** One process over time, from the growth of its account, so that plots add up to the table. */
export class Life {
  readonly account: ProcessAccount;
  /** Key of its parent when it was first seen; null if the parent had no row. */
  readonly parent: number | null;
  /** Whether its row is gone: the process has ended, or left. */
  hasEnded = false;
  /** Undefined after it was folded into its unit's others. */
  track: Track | undefined = processTrack();
  #cpuSeconds = 0;
  #reapedSeconds = 0;
  #diskBytes = 0;
  #transferBytes = 0;
  #observedSeconds = 0;

  constructor(account: ProcessAccount, parent: number | null) {
    this.account = account;
    this.parent = parent;
  }

  get key(): number {
    return this.account.identity.serial;
  }

  /**
   * Adds the bookings of a tick, to `rest` by name without a track of its own. Returns the CPU seconds
   * that it shows as own CPU.
   */
  take(point: number, { intervalSeconds, leastRateSeconds }: TickLength, rest: TracksByName): number {
    const { account } = this;
    const track = this.track ?? rest.of(account.name);
    // CPU that is charged late is shown in the next tick: threads use no more CPU than they have time.
    const isGone = this.hasEnded || account.isAway;
    const most =
      intervalSeconds > 0 && account.threads > 0 && !isGone
        ? account.threads * intervalSeconds
        : Number.POSITIVE_INFINITY;
    const cpuSeconds = Math.min(account.cpuSeconds - this.#cpuSeconds, most);
    const observedSeconds = account.observedSeconds - this.#observedSeconds;
    track.add(PLACE.cpu, point, cpuSeconds);
    const reapedSeconds = account.reapedCpuSeconds - this.#reapedSeconds;
    if (reapedSeconds !== 0) track.add(PLACE.reaped, point, reapedSeconds);
    this.#cpuSeconds += cpuSeconds;
    this.#reapedSeconds = account.reapedCpuSeconds;
    this.#observedSeconds = account.observedSeconds;
    this.#takeBytes(point, track);
    const seconds = observedSeconds > 0 ? observedSeconds : intervalSeconds;
    const isThere = !isGone && !Number.isNaN(account.memoryBytes);
    if (isThere) track.add(PLACE.memory, point, account.memoryBytes * seconds);
    // Maxima of several processes are at different times.
    if (this.track === undefined) return cpuSeconds;
    if (observedSeconds > 0 && observedSeconds >= leastRateSeconds)
      track.add(PLACE.cpuMax, point, cpuSeconds / observedSeconds);
    if (isThere) track.add(PLACE.memoryMax, point, account.memoryBytes);
    return cpuSeconds;
  }

  #takeBytes(point: number, track: Track): void {
    const { diskBytes, transferBytes } = this.account;
    if (diskBytes === null || transferBytes === null) return;
    track.add(PLACE.disk, point, diskBytes - this.#diskBytes);
    track.add(PLACE.transfer, point, transferBytes - this.#transferBytes);
    this.#diskBytes = diskBytes;
    this.#transferBytes = transferBytes;
  }

  /** Folds it into its unit's others, by name. */
  foldInto(rest: TracksByName): void {
    if (this.track !== undefined) rest.of(this.account.name).addAll(this.track);
    this.track = undefined;
  }
}
