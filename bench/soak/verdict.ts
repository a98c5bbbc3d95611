import { type Spread, spreadOf } from '../spread.ts';
import type { SoakRecord } from './record.ts';

/** Rows of ended processes fill up (10,000 by default), code is compiled: growth until then is none. */
export const WARM_UP_SHARE = 1 / 6;
/** RSS counts as flat up to this. */
const FLAT_GROWTH = 0.05;
/** Goal of coverage, which is never above 1. */
export const LEAST_COVERAGE = 0.98;

/** What a soak comes to. */
export interface SoakVerdict {
  /** Resident bytes in the sixth of the run after the warm-up, and in its last sixth. */
  readonly early: Spread;
  readonly late: Spread;
  /** Of the medians; 0.01 is one percent. */
  readonly growth: number;
  /** The same from the third quarter to the last. */
  readonly lateGrowth: number;
  readonly missedTicks: number;
  /** Of all windows but the first, which holds the start. */
  readonly coverage: Spread;
  readonly windows: number;
  readonly coveredWindows: number;
  /** Cores that the program used after the warm-up. */
  readonly cpuCores: number;
}

/** Undefined where the run was too short to tell. */
export function verdictOn({ sightings, windows, end }: SoakRecord): SoakVerdict | undefined {
  const last = sightings.at(-1)?.minutes ?? 0;
  const between = (from: number, to: number) =>
    sightings
      .filter(({ minutes }) => minutes >= from * last && minutes <= to * last)
      .map(({ residentBytes }) => residentBytes);
  const [early, late] = [between(WARM_UP_SHARE, 2 * WARM_UP_SHARE), between(1 - WARM_UP_SHARE, 1)];
  const covered = windows.slice(1).flatMap(({ coverage }) => (coverage === null ? [] : [coverage]));
  const warm = sightings.find(({ minutes }) => minutes >= WARM_UP_SHARE * last);
  if (early.length < 2 || late.length < 2 || covered.length === 0 || warm === undefined) return undefined;
  const [earlySpread, lateSpread] = [spreadOf(early), spreadOf(late)];
  return {
    early: earlySpread,
    late: lateSpread,
    growth: lateSpread.median / earlySpread.median - 1,
    lateGrowth: spreadOf(between(3 / 4, 1)).median / spreadOf(between(1 / 2, 3 / 4)).median - 1,
    missedTicks: end?.missedSamples ?? windows.at(-1)!.missedTicks,
    coverage: spreadOf(covered),
    windows: covered.length,
    coveredWindows: covered.filter((value) => value >= LEAST_COVERAGE).length,
    cpuCores: (sightings.at(-1)!.cpuSeconds - warm.cpuSeconds) / (last - warm.minutes) / 60,
  };
}

/** Each goal, what was measured, and whether it was met. */
export function soakGoals({
  growth,
  missedTicks,
  windows,
  coveredWindows,
  coverage,
}: SoakVerdict): string[][] {
  const met = (is: boolean) => (is ? 'met' : 'missed');
  const range = `${(coverage.min * 100).toFixed(2)}–${(coverage.max * 100).toFixed(2)} %`;
  return [
    [
      `RSS grows by at most ${FLAT_GROWTH * 100} %`,
      `${(growth * 100).toFixed(1)} %`,
      met(growth <= FLAT_GROWTH),
    ],
    ['no missed samples', `${missedTicks}`, met(missedTicks === 0)],
    [
      `coverage of at least ${LEAST_COVERAGE * 100} % in every window`,
      `${coveredWindows} of ${windows} windows after the first; ${range}`,
      met(coveredWindows === windows),
    ],
  ];
}
