import type { Log } from '../../text/log.ts';

/** Output of a run that could not be written. Each is logged; the run goes on, and its exit code tells. */
export class LostOutput {
  readonly #log: Log;
  #isAny = false;

  constructor(log: Log) {
    this.#log = log;
  }

  get isAny(): boolean {
    return this.#isAny;
  }

  /** `sentence` says which output is lost, and why. */
  add(sentence: string): void {
    this.#isAny = true;
    this.#log.error({}, sentence);
  }
}
