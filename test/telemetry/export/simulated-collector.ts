import type { Clock } from '../../../src/host/clock.ts';
import { type Answer, abortedAnswer, type Transport } from '../../../src/telemetry/export/transport.ts';
import { ACCEPTED, away } from './held-transport.ts';

/**
 * State of a collector. `drips`: accepts a window, with an answer without end. `silent`: accepts none, without an
 * answer. `cuts`: accepts a window, and dies before answering. `full`: requests a pause of twenty seconds.
 */
export type Weather = 'up' | 'down' | 'drips' | 'silent' | 'cuts' | 'full';
export const STORMS = ['down', 'drips', 'silent', 'cuts', 'full'] as const satisfies readonly Weather[];

/** A collector on the clock of a test, with all windows that it accepted. */
export class SimulatedCollector {
  weather: Weather = 'up';
  readonly taken: Uint8Array[] = [];
  /** Accepted windows that were acknowledged to the sender. */
  readonly acknowledged: Set<Uint8Array> = new Set();
  readonly #latencySeconds: number;

  constructor(latencySeconds: number) {
    this.#latencySeconds = latencySeconds;
  }

  /** Transport of a process whose timers are those of `clock`. */
  transport(clock: Clock): Transport {
    return {
      target: 'http://collector.test/',
      proxy: null,
      send: (body, signal) =>
        new Promise((resolve) => {
          const abandon = () => resolve(abortedAnswer(signal));
          signal.addEventListener('abort', abandon);
          this.#receive(body, clock, resolve);
        }),
      close() {},
    };
  }

  #receive(body: Uint8Array, clock: Clock, answer: (answer: Answer) => void): void {
    const { weather } = this;
    const later = (callback: () => void) => clock.after(this.#latencySeconds, callback);
    // A copy, as after a network transfer.
    const received = Uint8Array.from(body);
    if (weather === 'up' || weather === 'drips' || weather === 'cuts') this.taken.push(received);
    if (weather === 'up') {
      later(() => {
        this.acknowledged.add(received);
        answer(ACCEPTED);
      });
    } else if (weather === 'cuts') later(() => answer(away('ECONNRESET')));
    else if (weather === 'full') later(() => answer(away('HTTP 503', 20)));
    else if (weather === 'down') answer(away('ECONNREFUSED'));
  }
}
