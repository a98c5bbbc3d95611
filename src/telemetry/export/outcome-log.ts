import type { Log } from '../../text/log.ts';

/** Beyond this many different reasons in one outage, further ones are only counted. */
const REASONS_SAID = 20;

/** Says what people should know of delivery: each thing once until windows get through again. */
export class OutcomeLog {
  readonly #log: Log;
  readonly #target: string;
  readonly #said: Set<string> = new Set();
  readonly #remarks: Set<string> = new Set();
  #outage = false;
  #diskFailed = false;

  constructor(log: Log, target: string) {
    this.#log = log;
    this.#target = target;
  }

  /** The collector does not take windows now. */
  away(reason: string): void {
    this.#outage = true;
    if (!this.#isNew(`away ${reason}`)) return;
    this.#log.warn(
      { target: this.#target, reason },
      `metrics wait, since ${this.#target} does not take them: ${reason}`,
    );
  }

  /** A window will never be delivered. */
  lost(reason: string): void {
    if (!this.#isNew(`lost ${reason}`)) return;
    this.#log.warn({ target: this.#target, reason }, `a window of metrics was lost: ${reason}`);
  }

  /** The spool takes no windows. */
  diskFailed(reason: string): void {
    if (this.#diskFailed) return;
    this.#diskFailed = true;
    this.#log.warn({ reason }, `the spool takes no windows, which wait in memory now: ${reason}`);
  }

  /** It takes them again. */
  diskWorks(): void {
    this.#diskFailed = false;
    this.#log.info({}, 'the spool takes windows again');
  }

  /** Windows stay in the spool, since the run ends. */
  leftBehind(windows: number): void {
    if (windows === 0) return;
    this.#log.info(
      { target: this.#target, windows },
      `${counted(windows)} left in the spool for the next run`,
    );
  }

  /** Windows are given up, since the run ends. */
  givenUp(windows: number): void {
    if (windows === 0) return;
    this.#log.warn(
      { target: this.#target, windows },
      `${counted(windows)} of metrics lost, since the run ended before ${this.#target} took them`,
    );
  }

  /** The collector took a window; `waiting` still have to go. */
  delivered(rejectedPoints: number, remark: string | null, waiting: number): void {
    if (this.#outage) {
      const rest = waiting === 0 ? '' : `; ${counted(waiting)} to catch up on`;
      this.#log.info({ target: this.#target, waiting }, `${this.#target} takes metrics again${rest}`);
      this.#outage = false;
    }
    this.#said.clear();
    if (rejectedPoints === 0 && remark === null) return;
    const key = remark ?? '';
    if (this.#remarks.has(key) || this.#remarks.size >= REASONS_SAID) return;
    this.#remarks.add(key);
    const what = rejectedPoints > 0 ? 'the collector refused points of a window' : 'the collector remarked';
    this.#log.warn(
      { target: this.#target, rejectedPoints, remark },
      remark === null ? what : `${what}: ${remark}`,
    );
  }

  #isNew(text: string): boolean {
    if (this.#said.has(text) || this.#said.size >= REASONS_SAID) return false;
    this.#said.add(text);
    return true;
  }
}

function counted(windows: number): string {
  return windows === 1 ? '1 window' : `${windows} windows`;
}
