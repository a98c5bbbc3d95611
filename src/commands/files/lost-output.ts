import type { Log } from '../../text/log.ts';

/** Collects output that could not be written. Each loss is logged; the run continues, and its exit code is 74. */
export class LostOutput {
  readonly #log: Log;
  #isAny = false;

  constructor(log: Log) {
    this.#log = log;
  }

  get isAny(): boolean {
    return this.#isAny;
  }

  /** `sentence` names the lost output and the reason. */
  add(sentence: string): void {
    this.#isAny = true;
    this.#log.error({}, sentence);
  }
}
