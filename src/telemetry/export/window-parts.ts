import type { Clock } from '../../host/clock.ts';
import type { WaitingWindow } from './backlog.ts';
import { splitWindow } from './split-window.ts';

/** What is no larger is not split any more: no receiver takes less, so its size is not what is wrong. */
const LEAST_SPLIT_BYTES = 65_536;
/** A receiver's limit is forgotten after so long: it may be another then. */
const REMEMBERED_SECONDS = 600;

/** Sends windows that are too large for a collector in parts, and remembers which size was too large. */
export class WindowParts {
  readonly #clock: Pick<Clock, 'monotonicSeconds'>;
  #tooLargeBytes = Number.POSITIVE_INFINITY;
  #learntAtSeconds = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'monotonicSeconds'>) {
    this.#clock = clock;
  }

  /** What is to be sent next of a window whose bytes are `body`. */
  next(window: WaitingWindow, body: Uint8Array): Uint8Array {
    if (this.#clock.monotonicSeconds() - this.#learntAtSeconds > REMEMBERED_SECONDS)
      this.#tooLargeBytes = Number.POSITIVE_INFINITY;
    window.parts ??= [body];
    while (window.parts[0]!.length >= this.#tooLargeBytes && this.#split(window));
    return window.parts[0]!;
  }

  /** What was sent was too large. False if it cannot be split. */
  refused(window: WaitingWindow): boolean {
    this.#tooLargeBytes = window.parts![0]!.length;
    this.#learntAtSeconds = this.#clock.monotonicSeconds();
    return this.#split(window);
  }

  /** What was sent was accepted. False if it was the last part. */
  accepted({ parts }: WaitingWindow): boolean {
    parts!.shift();
    return parts!.length > 0;
  }

  #split({ parts, stored }: WaitingWindow): boolean {
    const [part] = parts!;
    const halves = part!.length > LEAST_SPLIT_BYTES ? splitWindow(part!, stored.encoding) : null;
    if (halves === null) return false;
    parts!.splice(0, 1, ...halves);
    return true;
  }
}
