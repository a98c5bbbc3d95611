import { orNull } from '../../host/nullable.ts';
import { byIoCounter, IO_COUNTERS, IO_INDEX, type IoCounter } from '../../host/proc/io.ts';
import type { ProcessAccount } from '../accounts/process-account.ts';
import {
  COUNTED_DETAILS,
  detailsFrom,
  type GaugeDetail,
  type ProcessDetails,
} from '../accounts/process-details.ts';
import type { ProcessFigures } from './export-window.ts';

/** Indexes of the cumulative values of a process in a row of numbers. */
const USER_SECONDS = 0;
const SYSTEM_SECONDS = 1;
const FIRST_BYTES = 2;
const FIRST_DETAIL = FIRST_BYTES + IO_COUNTERS.length;
/** Length of a row. */
export const COUNTERS = FIRST_DETAIL + COUNTED_DETAILS.length;

/** A row of unknown counters. A plain array, like `CountersMark`. */
export function unknownCounters(): number[] {
  return new Array(COUNTERS).fill(Number.NaN);
}

/** Counters of a process at the end of the previous window. */
export class CountersMark {
  #cpuSeconds = 0;
  #userTicks = 0;
  #systemTicks = 0;
  /** A plain array: there are ten thousand of these, and a typed array takes three times as much memory. */
  readonly #last: number[] = new Array(FIRST_DETAIL).fill(Number.NaN);

  /** Stores the growth of all counters since the last call in `growth`, starting at index `at`; NaN if unknown. */
  measure(account: ProcessAccount, growth: Float64Array, at: number): void {
    const cpuSeconds = account.cpuSeconds - this.#cpuSeconds;
    const userShare = shareOf(
      account.userTicks - this.#userTicks,
      account.systemTicks - this.#systemTicks,
      account,
    );
    growth[at + USER_SECONDS] = cpuSeconds * userShare;
    growth[at + SYSTEM_SECONDS] = cpuSeconds * (1 - userShare);
    this.#cpuSeconds = account.cpuSeconds;
    this.#userTicks = account.userTicks;
    this.#systemTicks = account.systemTicks;
    const { details } = account;
    for (let i = 0; i < IO_COUNTERS.length; i++) {
      growth[at + FIRST_BYTES + i] = this.#grown(FIRST_BYTES + i, account.ioBytes(IO_COUNTERS[i]!));
    }
    if (details === null) {
      growth.fill(Number.NaN, at + FIRST_DETAIL, at + COUNTERS);
      return;
    }
    for (const [i, counter] of COUNTED_DETAILS.entries()) {
      growth[at + FIRST_DETAIL + i] = this.#grown(FIRST_DETAIL + i, details.counted(counter) ?? Number.NaN);
    }
  }

  #grown(index: number, now: number): number {
    if (Number.isNaN(now)) return Number.NaN;
    const last = this.#last[index] ?? Number.NaN;
    this.#last[index] = now;
    return now - (Number.isNaN(last) ? 0 : last);
  }
}

/** Adds `growth`, starting at index `at`, to `totals`. Unknown growth leaves a total unchanged. */
export function addGrowth(totals: number[], growth: Float64Array, at: number): void {
  for (let i = 0; i < COUNTERS; i++) {
    const grown = growth[at + i]!;
    if (Number.isNaN(grown)) continue;
    totals[i] = (Number.isNaN(totals[i]!) ? 0 : totals[i]!) + grown;
  }
}

/** Own CPU in a row of growth. */
export function cpuOf(growth: Float64Array, at = 0): number {
  return growth[at + USER_SECONDS]! + growth[at + SYSTEM_SECONDS]!;
}

/** Bytes submitted to the block layer; NaN if unknown. */
export function diskOf(growth: Float64Array, at = 0): number {
  return bytesOf(growth, 'readBytes', at) + bytesOf(growth, 'writeBytes', at);
}

/** Bytes through read and write calls; NaN if unknown. */
export function transferOf(growth: Float64Array, at = 0): number {
  return bytesOf(growth, 'readChars', at) + bytesOf(growth, 'writeChars', at);
}

function bytesOf(row: ArrayLike<number>, counter: IoCounter, at = 0): number {
  return row[at + FIRST_BYTES + IO_INDEX[counter]]!;
}

type Counted = Pick<ProcessFigures, 'userSeconds' | 'systemSeconds' | IoCounter>;

/** The totals by their names in a window, without details. */
export function countedOf(totals: readonly number[]): Counted {
  return {
    userSeconds: userSecondsOf(totals),
    systemSeconds: systemSecondsOf(totals),
    ...byIoCounter((counter) => bytesIn(totals, counter)),
  };
}

/** Null without totals: they are part of the `other` series. */
export function userSecondsOf(totals: readonly number[] | null): number | null {
  return totals && (orNull(totals[USER_SECONDS]!) ?? 0);
}

export function systemSecondsOf(totals: readonly number[] | null): number | null {
  return totals && (orNull(totals[SYSTEM_SECONDS]!) ?? 0);
}

/** Also null while a counter is unknown. */
export function bytesIn(totals: readonly number[] | null, counter: IoCounter): number | null {
  return totals && orNull(bytesOf(totals, counter));
}

/** Whether any counted detail is in the totals. */
export function knowsDetails(totals: readonly number[]): boolean {
  return totals.some((total, at) => at >= FIRST_DETAIL && !Number.isNaN(total));
}

/** The counted details in the totals, combined with gauges. */
export function detailsOf(
  totals: readonly number[],
  gaugeOf: (name: GaugeDetail) => number | null,
): ProcessDetails {
  return detailsFrom((name) => orNull(totals[FIRST_DETAIL + COUNTED_DETAILS.indexOf(name)]!), gaugeOf);
}

/** Share of user mode: in this window's ticks, or in all ticks if this window has none; without any, 1. */
function shareOf(userTicks: number, systemTicks: number, account: ProcessAccount): number {
  const user = userTicks + systemTicks > 0 ? userTicks : account.userTicks;
  const system = userTicks + systemTicks > 0 ? systemTicks : account.systemTicks;
  return user + system > 0 ? Math.min(1, Math.max(0, user / (user + system))) : 1;
}
