import assert from 'node:assert/strict';
import { type Answer, abortedAnswer, type Transport } from '../../../src/telemetry/export/transport.ts';
import { valueInJson } from './windows-on-the-wire.ts';

export const ACCEPTED: Answer = { kind: 'accepted', rejectedPoints: 0, remark: null };
/** Each reason is a cause of its own unless one is given. */
export const refused = (reason: string, cause = reason): Answer => ({ kind: 'refused', cause, reason });
export const broken = (reason: string, cause = reason): Answer => ({ kind: 'broken', cause, reason });
export const away = (
  reason: string,
  retryAfterSeconds: number | null = null,
  cause: string = reason,
): Answer => ({ kind: 'unavailable', cause, reason, retryAfterSeconds });

/** Runs pending promises and callbacks. */
export const turn = (): Promise<void> => new Promise(setImmediate);

/** A transport whose answers are chosen by the test; an aborted request is answered with the signal's reason. */
export class HeldTransport implements Transport {
  readonly target = 'http://collector.test/';
  readonly proxy = null;
  readonly bodies: Uint8Array[] = [];
  closed = 0;
  #settle: ((answer: Answer) => void) | null = null;

  /** Sent values, by `windowWith`. */
  get values(): unknown[] {
    return this.bodies.map(valueInJson);
  }

  get isUnderWay(): boolean {
    return this.#settle !== null;
  }

  send(body: Uint8Array, signal: AbortSignal): Promise<Answer> {
    assert.equal(this.#settle, null, 'one at a time');
    this.bodies.push(body);
    return new Promise((resolve) => {
      this.#settle = (answer) => {
        this.#settle = null;
        resolve(answer);
      };
      signal.addEventListener('abort', () => this.#settle?.(abortedAnswer(signal)));
    });
  }

  close(): void {
    this.closed++;
  }

  /** Answers the pending request, and lets the next one begin. */
  async answer(answer: Answer): Promise<void> {
    assert.ok(this.#settle, 'nothing is under way');
    this.#settle(answer);
    await turn();
  }
}
