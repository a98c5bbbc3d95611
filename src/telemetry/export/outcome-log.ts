import type { Log } from '../../text/log.ts';
import type { SendOutcome } from './delivery.ts';

/** Beyond this many different reasons in one outage, further ones are only counted. */
const REASONS_SAID = 20;

/** Says each reason for a lost window once until windows get through again, and then how many were lost. */
export class OutcomeLog {
  readonly #log: Log;
  readonly #target: string;
  readonly #reasons: Set<string> = new Set();
  readonly #remarks: Set<string> = new Set();
  #lostWindows = 0;

  constructor(log: Log, target: string) {
    this.#log = log;
    this.#target = target;
  }

  note(outcome: SendOutcome): void {
    if (outcome.kind === 'failed') this.#noteFailure(outcome.reason);
    else this.#noteDelivery(outcome.rejectedPoints, outcome.remark);
  }

  #noteFailure(reason: string): void {
    this.#lostWindows++;
    if (this.#reasons.has(reason) || this.#reasons.size >= REASONS_SAID) return;
    this.#reasons.add(reason);
    this.#log.warn({ target: this.#target, reason }, 'a window of metrics was not delivered');
  }

  #noteDelivery(rejectedPoints: number, remark: string | null): void {
    if (this.#lostWindows > 0) {
      this.#log.info(
        { target: this.#target, lostWindows: this.#lostWindows },
        `recovered after ${this.#lostWindows} failed window${this.#lostWindows === 1 ? '' : 's'}`,
      );
      this.#lostWindows = 0;
      this.#reasons.clear();
    }
    if (rejectedPoints === 0 && remark === null) return;
    const said = remark ?? '';
    if (this.#remarks.has(said) || this.#remarks.size >= REASONS_SAID) return;
    this.#remarks.add(said);
    this.#log.warn(
      { target: this.#target, rejectedPoints, remark },
      rejectedPoints > 0
        ? 'the collector refused points of a window'
        : 'the collector took a window with a remark',
    );
  }
}
