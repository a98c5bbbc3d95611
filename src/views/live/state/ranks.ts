import type { LiveFrame, LiveName, LiveUnit } from '../model/frame.ts';
import { keyOfName, keyOfSubCgroup, keyOfUnit } from './row.ts';
import type { RowKey, SortKey, ViewState } from './view-state.ts';

/** Figures of single ticks count for about so long. */
const SMOOTHED_SECONDS = 3;
/** A rank changes when the smoothed figure is so much higher or lower. */
const CLEAR_SHARE = 0.2;
/** Smaller differences are none, and smaller figures are 0, by what rows are sorted by: percent of a core, bytes, bytes a second, seconds. */
const CLEAR_LEAST: Partial<Record<SortKey, number>> = {
  cpu: 0.3,
  reaped: 0.3,
  memory: 1_048_576,
  peak: 1_048_576,
  disk: 4096,
  transfer: 4096,
  seconds: 0.05,
};

interface Rank {
  smoothed: number;
  /** What it is sorted by. */
  value: number;
  seenAtSeconds: number;
}

/**
 * What units and names are sorted by. A rank follows its figure only when that has clearly changed, so that rows do not
 * change places with every tick.
 */
export class Ranks {
  readonly #byRow = new Map<RowKey, Rank>();
  #sort: SortKey | undefined;
  #frame: LiveFrame | undefined;
  /** What the next figure counts for. */
  #weight = 1;

  /** Takes the frame that is shown. */
  take(frame: LiveFrame, { sort }: ViewState): void {
    if (frame === this.#frame && sort === this.#sort) return;
    if (sort !== this.#sort) this.#byRow.clear();
    const passed = frame.atSeconds - (this.#frame?.atSeconds ?? frame.atSeconds);
    this.#weight = passed > 0 ? 1 - Math.exp(-passed / SMOOTHED_SECONDS) : 1;
    this.#sort = sort;
    this.#frame = frame;
    for (const unit of frame.units) {
      this.#follow(keyOfUnit(unit), unitValueOf(unit, sort));
      for (const named of unit.names) this.#follow(keyOfName(unit, named), nameValueOf(named, sort));
      for (const named of unit.subCgroups)
        this.#follow(keyOfSubCgroup(unit, named), nameValueOf(named, sort));
    }
    for (const [key, { seenAtSeconds }] of this.#byRow)
      if (seenAtSeconds !== frame.atSeconds) this.#byRow.delete(key);
  }

  /** NaN where it is not known. */
  of(key: RowKey): number {
    return this.#byRow.get(key)?.value ?? Number.NaN;
  }

  #follow(key: RowKey, figure: number): void {
    const { atSeconds } = this.#frame!;
    const least = CLEAR_LEAST[this.#sort!] ?? 0;
    const rank = this.#byRow.get(key);
    if (rank === undefined || Number.isNaN(rank.value) || Number.isNaN(figure)) {
      const value = Math.abs(figure) < least ? 0 : figure;
      this.#byRow.set(key, { smoothed: figure, value, seenAtSeconds: atSeconds });
      return;
    }
    rank.smoothed += this.#weight * (figure - rank.smoothed);
    rank.seenAtSeconds = atSeconds;
    if (Math.abs(rank.smoothed) < least) rank.value = 0;
    else if (Math.abs(rank.smoothed - rank.value) > Math.max(least, CLEAR_SHARE * Math.abs(rank.value)))
      rank.value = rank.smoothed;
  }
}

/** Units that have no such figure keep the order they were asked for in. */
function unitValueOf(unit: LiveUnit, sort: SortKey): number {
  const value = {
    cpu: unit.cpuPercent,
    reaped: unit.reapedPercent,
    seconds: unit.totalCpuSeconds,
    memory: unit.memoryBytes,
    peak: unit.memoryPeakBytes,
    disk: unit.diskBytesPerSecond,
    transfer: unit.transferBytesPerSecond,
    threads: unit.threads,
    running: unit.processCount,
  }[sort as string];
  return value ?? Number.NaN;
}

function nameValueOf(named: LiveName, sort: SortKey): number {
  const value = {
    cpu: named.cpuPercent,
    seconds: named.cpuSeconds,
    memory: named.memoryBytes,
    peak: named.peakMemoryBytes,
    disk: named.diskBytesPerSecond,
    transfer: named.transferBytesPerSecond,
    threads: named.threads,
    count: named.count,
    running: named.running,
  }[sort as string];
  return value ?? Number.NaN;
}
