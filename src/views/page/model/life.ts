import type { ProcessAccount } from '../../../ledger/accounts/process-account.ts';
import type { Usage } from '../../../ledger/measuring/usage.ts';
import { type Join, Track } from './track.ts';

/** What is kept of a process by point: amounts, and the highest of its samples. */
const FIGURES = ['cpu', 'reaped', 'memory', 'disk', 'transfer', 'cpuMax', 'memoryMax'] as const;
const JOINS: readonly Join[] = ['sum', 'sum', 'sum', 'sum', 'sum', 'max', 'max'];
type LifeFigure = (typeof FIGURES)[number];

export function processTrack(): Track {
  return new Track(JOINS);
}

/** A figure of a process as a track has it: CPU seconds, byte seconds, bytes; the highest of rates and of RSS. */
export function lifeFigure(track: Track, figure: LifeFigure, point: number): number {
  return track.at(PLACE[figure], point);
}

/** Adds what processes without rows used in a tick: CPU seconds and bytes. */
export function addUsed(
  track: Track,
  point: number,
  { cpuSeconds, diskBytes, transferBytes }: { cpuSeconds: number; diskBytes: number; transferBytes: number },
): void {
  track.add(PLACE.cpu, point, cpuSeconds);
  track.add(PLACE.disk, point, diskBytes);
  track.add(PLACE.transfer, point, transferBytes);
}

const PLACE = Object.fromEntries(FIGURES.map((figure, at) => [figure, at])) as Record<LifeFigure, number>;

/** Where processes without tracks of their own are summed. */
interface TracksByName {
  of(name: string): Track;
}

/** Of a tick: its length, and the least that makes a rate. */
export type TickLength = Pick<Usage, 'intervalSeconds' | 'leastRateSeconds'>;

/** One process over time, by what its account grew by: so that what is drawn adds up to what the table says. */
export class Life {
  readonly account: ProcessAccount;
  /** Key of its parent when it was first seen; null where that was no row. */
  readonly parent: number | null;
  /** Whether its row is gone: it has ended, or left. */
  hasEnded = false;
  /** Undefined where it was folded into its unit's others. */
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
   * Takes what was booked in a tick, into `rest` by its name where it has no track of its own. Returns the CPU seconds
   * that it shows as its own.
   */
  take(point: number, { intervalSeconds, leastRateSeconds }: TickLength, rest: TracksByName): number {
    const { account } = this;
    const track = this.track ?? rest.of(account.name);
    // What is charged late is shown in the next tick: threads use no more than there is time for.
    const most =
      intervalSeconds > 0 && account.threads > 0 && !this.hasEnded
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
    const isThere = !this.hasEnded && !Number.isNaN(account.memoryBytes);
    if (isThere) track.add(PLACE.memory, point, account.memoryBytes * seconds);
    // Of several together the highest are at different times.
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
