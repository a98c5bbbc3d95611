import type { Config } from '../../config/config.ts';
import type { FoldedCounts } from '../../ledger/window/export-window.ts';
import type { Log } from '../../text/log.ts';

/** Says once of each kind what has no series of its own for want of room, and what to do about it. */
export class FoldAdvice {
  readonly #config: Pick<Config, 'seriesBudget' | 'exporters'>;
  readonly #log: Log;
  readonly #said = new Set<keyof FoldedCounts>();

  constructor(config: Pick<Config, 'seriesBudget' | 'exporters'>, log: Log) {
    this.#config = config;
    this.#log = log;
  }

  /** Takes what a window folded. That a unit has more processes than may have series is no want of room. */
  say(folded: FoldedCounts): void {
    if (this.#config.exporters.length === 0) return;
    const { seriesBudget } = this.#config;
    const fix = `--series-budget is ${seriesBudget}; unitledger.self.folded.count goes on counting`;
    this.#sayOnce(
      folded,
      'units',
      (count) =>
        `metrics: ${count} units of patterns are exported together, since there are no more series: ${fix}`,
    );
    this.#sayOnce(
      folded,
      'processesOverBudget',
      (count) => `metrics: ${count} processes more are "other", since there are no more series: ${fix}`,
    );
    this.#sayOnce(
      folded,
      'namedOther',
      (count) =>
        `metrics: ${count} processes have the executable name "other", since their unit has had 200 names, or there are no ` +
        `more series: ${fix}`,
    );
  }

  #sayOnce(folded: FoldedCounts, kind: keyof FoldedCounts, sentence: (count: number) => string): void {
    const count = folded[kind];
    if (count === 0 || this.#said.has(kind)) return;
    this.#said.add(kind);
    this.#log.warn({ folded: kind, count }, sentence(count));
  }
}
