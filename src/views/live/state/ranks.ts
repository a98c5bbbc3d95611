import { isQuantity, QUANTITIES } from '../../../ledger/document/quantities.ts';
import type { LiveFrame, LiveName, LiveUnit } from '../model/frame.ts';
import { keyOfName, keyOfSubCgroup, keyOfUnit } from './row.ts';
import type { RowKey, SortKey, ViewState } from './view-state.ts';

/** Seconds over which values are smoothed. */
const SMOOTHED_SECONDS = 3;
/** A rank changes when the smoothed value changes by this factor. */
const CLEAR_SHARE = 0.2;
/** Smaller differences are ignored and smaller values are 0, by column: percent of a core, bytes, bytes a second, seconds. */
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
  /** The column of the ranks. */
  value: number;
  seenAtSeconds: number;
}

/**
 * Ranks by which units and names are sorted. A rank follows its value only after a clear change, so that rows do not
 * change places with every tick.
 */
export class Ranks {
  readonly #byRow = new Map<RowKey, Rank>();
  #sort: SortKey | undefined;
  #frame: LiveFrame | undefined;
  /** Weight of the next value. */
  #weight = 1;

  /** Adds the displayed frame. */
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

  /** NaN if unknown. */
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

/** Units without this value keep the order of the options. */
function unitValueOf(unit: LiveUnit, sort: SortKey): number {
  if (isQuantity(sort)) return unit[QUANTITIES[sort].field] ?? Number.NaN;
  const value = {
    reaped: unit.reapedPercent,
    seconds: unit.totalCpuSeconds,
    peak: unit.memoryPeakBytes,
    threads: unit.threads,
    running: unit.processCount,
  }[sort as string];
  return value ?? Number.NaN;
}

function nameValueOf(named: LiveName, sort: SortKey): number {
  if (isQuantity(sort)) return named[QUANTITIES[sort].field] ?? Number.NaN;
  const value = {
    seconds: named.cpuSeconds,
    peak: named.peakMemoryBytes,
    threads: named.threads,
    count: named.count,
    running: named.running,
  }[sort as string];
  return value ?? Number.NaN;
}
