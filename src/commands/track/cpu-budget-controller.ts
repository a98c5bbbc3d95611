import type { Config } from '../../config/config.ts';
import { type BudgetState, CpuBudget } from '../../sampling/cpu-budget.ts';
import type { SampleScheduler } from '../../sampling/sample-scheduler.ts';
import type { Log } from '../../text/log.ts';

/** Keeps a scheduler within the configured CPU budget and logs each change of the sampling interval. */
export class CpuBudgetController {
  readonly #budget: CpuBudget;
  readonly #log: Log;
  /** CPU seconds that the program has used. */
  readonly #cpuSeconds: () => number;

  constructor(
    percent: number,
    { intervalSeconds, exportIntervalSeconds }: Pick<Config, 'intervalSeconds' | 'exportIntervalSeconds'>,
    log: Log,
    cpuSeconds: () => number = ownCpuSeconds,
  ) {
    this.#budget = new CpuBudget({ percent, intervalSeconds, longestSeconds: exportIntervalSeconds });
    this.#log = log;
    this.#cpuSeconds = cpuSeconds;
  }

  /** Called after each tick, except during the loading of modules at the start. */
  hold(scheduler: SampleScheduler, atSeconds: number): void {
    const before = this.#budget.state;
    this.#budget.note(atSeconds, this.#cpuSeconds());
    scheduler.throttle = this.#budget.throttle;
    if (this.#budget.state !== before) this.#say(scheduler.intervalSeconds, before);
  }

  #say(intervalSeconds: number, before: BudgetState): void {
    const { percent, usedPercent, state } = this.#budget;
    const fields = { usedPercent: rounded(usedPercent), budgetPercent: percent, intervalSeconds };
    const used = `unitledger used ${rounded(usedPercent)}% of a core, --cpu-budget is ${percent}%`;
    if (state === 'requested')
      this.#log.info(fields, `${used}: sampling every ${intervalSeconds} s again, as configured`);
    else if (state === 'exhausted')
      this.#log.warn(
        fields,
        `${used}: sampling every ${intervalSeconds} s, the maximum; ` +
          'use a larger budget, a longer --interval and --export-interval, or fewer units',
      );
    else if (before === 'exhausted')
      this.#log.info(fields, `${used}: sampling every ${intervalSeconds} s now`);
    else this.#log.warn(fields, `${used}: sampling every ${intervalSeconds} s, and less often if needed`);
  }
}

function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function rounded(percent: number): number {
  return Math.round(percent * 10) / 10;
}
