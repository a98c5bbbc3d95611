import assert from 'node:assert/strict';
import type { Answer, Transport } from '../../../src/telemetry/export/transport.ts';
import { valueInJson } from './windows-on-the-wire.ts';

export const ACCEPTED: Answer = { kind: 'accepted', rejectedPoints: 0, remark: null };
export const refused = (reason: string): Answer => ({ kind: 'refused', reason });
export const broken = (reason: string): Answer => ({ kind: 'broken', reason });
export const away = (reason: string, retryAfterSeconds: number | null = null): Answer => ({
  kind: 'unavailable',
  reason,
  retryAfterSeconds,
});

/** Lets everything go on that waits for nothing but its turn. */
export const turn = (): Promise<void> => new Promise(setImmediate);

/** A transport whose every answer the test decides; what is aborted is answered with the reason of the signal. */
export class HeldTransport implements Transport {
  readonly target = 'http://collector.test/';
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
      signal.addEventListener('abort', () => this.#settle?.(away(String(signal.reason))));
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
