import type { Moment } from '../live-view.ts';
import { type Place, standing } from './place.ts';

/** Limits on kept frames and on process rows in all of them: about 40 MB. At least the last two frames are kept. */
export const MOST_FRAMES = 240;
const MOST_ROWS = 40_000;
const LEAST_FRAMES = 2;

/** The last consecutive frames as they were shown, so that stepping back reads no file. */
export class KeptMoments {
  #moments: Moment[] = [];
  #rows = 0;
  /** The number of the first of them, counted from the first frame of the recording. */
  #first = 0;

  /** The number of the last one; -1 if there is none. */
  get last(): number {
    return this.#moments.length === 0 ? -1 : this.#first + this.#moments.length - 1;
  }

  at(number: number): Moment | undefined {
    return this.#moments[number - this.#first];
  }

  /** Adds the frame with a number. A frame that does not follow the last one starts a new sequence. */
  add(moment: Moment, number: number): void {
    if (number !== this.last + 1 || this.#moments.length === 0) {
      this.#moments = [];
      this.#rows = 0;
      this.#first = number;
    }
    // A frame that is shown again must not show later values.
    for (const process of moment.frame.processes) process.settle();
    for (const process of moment.frame.ended) process.settle();
    this.#moments.push(moment);
    this.#rows += rowsIn(moment);
    while (this.#moments.length > LEAST_FRAMES && this.#isFull) {
      this.#rows -= rowsIn(this.#moments.shift()!);
      this.#first++;
    }
  }

  get #isFull(): boolean {
    return this.#moments.length > MOST_FRAMES || this.#rows > MOST_ROWS;
  }

  /** The number of the first frame at or after a place; undefined if it may not be kept. */
  find(place: Place): number | undefined {
    const standsAt = (moment: Moment, at: number) => standing(moment.frame, this.#first + at, place);
    const [first] = this.#moments;
    // An earlier frame may be it.
    if (first === undefined || (this.#first > 0 && standsAt(first, 0) > place.value)) return undefined;
    const at = this.#moments.findIndex((moment, index) => standsAt(moment, index) >= place.value);
    return at < 0 ? undefined : this.#first + at;
  }
}

function rowsIn({ frame }: Moment): number {
  return frame.processes.length + frame.ended.length;
}
