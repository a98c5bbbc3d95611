import type { Clock } from '../../../src/host/clock.ts';
import { type Answer, abortedAnswer, type Transport } from '../../../src/telemetry/export/transport.ts';
import { ACCEPTED, away } from './held-transport.ts';

/**
 * How a collector fares. `drips`: it takes a window, and its answer has no end. `silent`: it takes none, and says
 * nothing. `cuts`: it takes a window, and dies before it has answered. `full`: it asks for twenty seconds of peace.
 */
export type Weather = 'up' | 'down' | 'drips' | 'silent' | 'cuts' | 'full';
export const STORMS = ['down', 'drips', 'silent', 'cuts', 'full'] as const satisfies readonly Weather[];

/** A collector on the clock of a test, and all that it ever took. */
export class SimulatedCollector {
  weather: Weather = 'up';
  readonly taken: Uint8Array[] = [];
  /** Of those taken, the ones of which the sender heard so. */
  readonly acknowledged: Set<Uint8Array> = new Set();
  readonly #latencySeconds: number;

  constructor(latencySeconds: number) {
    this.#latencySeconds = latencySeconds;
  }

  /** As a process reaches it whose timers are those of `clock`. */
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
    // A copy, since what comes over a network is one.
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
