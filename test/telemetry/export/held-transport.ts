import assert from 'node:assert/strict';
import { type Answer, abortedAnswer, type Transport } from '../../../src/telemetry/export/transport.ts';
import { valueInJson } from './windows-on-the-wire.ts';

export const ACCEPTED: Answer = { kind: 'accepted', rejectedPoints: 0, remark: null };
/** Each text is a kind of its own unless one is named. */
export const refused = (reason: string, cause = reason): Answer => ({ kind: 'refused', cause, reason });
export const broken = (reason: string, cause = reason): Answer => ({ kind: 'broken', cause, reason });
export const away = (
  reason: string,
  retryAfterSeconds: number | null = null,
  cause: string = reason,
): Answer => ({ kind: 'unavailable', cause, reason, retryAfterSeconds });

/** Lets everything go on that waits for nothing but its turn. */
export const turn = (): Promise<void> => new Promise(setImmediate);

/** A transport whose every answer the test decides; what is aborted is answered with the reason of the signal. */
export class HeldTransport implements Transport {
  readonly target = 'http://collector.test/';
  readonly proxy = null;
  readonly bodies: Uint8Array[] = [];
  closed = 0;
  #settle: ((answer: Answer) => void) | null = null;

  /** What was sent, by `windowWith`. */
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

  /** Answers what is under way, and lets the next begin. */
  async answer(answer: Answer): Promise<void> {
    assert.ok(this.#settle, 'nothing is under way');
    this.#settle(answer);
    await turn();
  }
}
