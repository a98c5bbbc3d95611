import { Contender, type ContenderPlan } from './contender.ts';
import { wait } from './wait.ts';

/** How long is measured. */
export interface Timing {
  /** For all at once at the beginning: code is compiled, caches are filled. */
  readonly warmUpSeconds: number;
  /** After a pause, before it is measured. */
  readonly settleSeconds: number;
  /** A multiple of the sampling interval and of the export interval, so that it holds the same number of each. */
  readonly sliceSeconds: number;
  readonly repeats: number;
}

/** What was measured, by the contender's name. */
export interface Costs {
  /** CPU seconds in each slice. */
  readonly seconds: ReadonlyMap<string, readonly number[]>;
  /** CPU seconds from the start to the end of the warm-up, beside the others. */
  readonly warmUp: ReadonlyMap<string, number>;
  /** What those that report printed at their end. */
  readonly reports: ReadonlyMap<string, string>;
  /** Scrapes that were answered in all slices together, of those that are scraped. */
  readonly scrapes: ReadonlyMap<string, number>;
}

/**
 * Measures the contenders in slices. One runs at a time and the others are stopped, in turns (A B C, C B A, …), so
 * that whatever else the machine does falls on all of them alike.
 */
export async function measureCosts(plans: readonly ContenderPlan[], timing: Timing): Promise<Costs> {
  const contenders = plans.map((plan) => Contender.start(plan));
  const seconds = new Map(plans.map(({ name }): [string, number[]] => [name, []]));
  const warmUp = new Map<string, number>();
  const reports = new Map<string, string>();
  const scrapes = new Map<string, number>();
  try {
    await wait(timing.warmUpSeconds);
    for (const contender of contenders) {
      warmUp.set(contender.name, contender.cpuSeconds());
      contender.pause();
    }
    for (let repeat = 0; repeat < timing.repeats; repeat++) {
      for (const contender of repeat % 2 === 0 ? contenders : contenders.toReversed()) {
        contender.resume();
        await wait(timing.settleSeconds);
        const before = contender.cpuSeconds();
        const scrapesBefore = contender.scrapes;
        await wait(timing.sliceSeconds);
        const answered = contender.scrapes - scrapesBefore;
        scrapes.set(contender.name, (scrapes.get(contender.name) ?? 0) + answered);
        seconds.get(contender.name)!.push(contender.cpuSeconds() - before);
        contender.pause();
      }
    }
  } finally {
    for (const contender of contenders) reports.set(contender.name, await contender.end());
  }
  return { seconds, warmUp, reports, scrapes };
}
