import type { Config } from '../../config/config.ts';
import type { FoldedCounts } from '../../ledger/window/export-window.ts';
import type { Log } from '../../text/log.ts';

/** Logs once for each kind what shares a series because the budget is used up, with the fix. */
export class FoldAdvice {
  readonly #config: Pick<Config, 'seriesBudget' | 'exporters'>;
  readonly #log: Log;
  readonly #said = new Set<keyof FoldedCounts>();

  constructor(config: Pick<Config, 'seriesBudget' | 'exporters'>, log: Log) {
    this.#config = config;
    this.#log = log;
  }

  /** Takes the folded counts of a window. More processes than `--process-series` in a unit are intended and not logged. */
  say(folded: FoldedCounts): void {
    if (this.#config.exporters.length === 0) return;
    const { seriesBudget } = this.#config;
    const fix = `raise --series-budget (${seriesBudget}); unitledger.self.folded.count has the current number`;
    this.#sayOnce(
      folded,
      'units',
      (count) =>
        `series budget used up: ${count} units of patterns share the series of their pattern; ${fix}`,
    );
    this.#sayOnce(
      folded,
      'processesOverBudget',
      (count) => `series budget used up: ${count} more processes share the series "other"; ${fix}`,
    );
    this.#sayOnce(
      folded,
      'namedOther',
      (count) =>
        `200 names in a unit, or series budget used up: ${count} processes have the executable name "other"; ${fix}`,
    );
  }

  #sayOnce(folded: FoldedCounts, kind: keyof FoldedCounts, sentence: (count: number) => string): void {
    const count = folded[kind];
    if (count === 0 || this.#said.has(kind)) return;
    this.#said.add(kind);
    this.#log.warn({ folded: kind, count }, sentence(count));
  }
}
