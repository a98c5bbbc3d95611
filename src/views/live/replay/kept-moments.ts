import type { Moment } from '../live-view.ts';
import { type Place, standing } from './place.ts';

/** Frames that are kept, and rows of processes in all of them: some 40 MB. At least the last two are. */
export const MOST_FRAMES = 240;
const MOST_ROWS = 40_000;
const LEAST_FRAMES = 2;

/** The last frames without a gap, as they were shown, so stepping back reads no file. */
export class KeptMoments {
  #moments: Moment[] = [];
  #rows = 0;
  /** The number of the first of them, counted from the first frame of the recording. */
  #first = 0;

  /** The number of the last one; -1 where there is none. */
  get last(): number {
    return this.#moments.length === 0 ? -1 : this.#first + this.#moments.length - 1;
  }

  at(number: number): Moment | undefined {
    return this.#moments[number - this.#first];
  }

  /** Takes the frame of a number. One that does not follow the last is the first of others. */
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

  /** The number of the frame that is the first at a place or after it; undefined where that may be none of these. */
  find(place: Place): number | undefined {
    const standsAt = (moment: Moment, at: number) => standing(moment.frame, this.#first + at, place);
    const [first] = this.#moments;
    // Of those before, one may be it.
    if (first === undefined || (this.#first > 0 && standsAt(first, 0) > place.value)) return undefined;
    const at = this.#moments.findIndex((moment, index) => standsAt(moment, index) >= place.value);
    return at < 0 ? undefined : this.#first + at;
  }
}

function rowsIn({ frame }: Moment): number {
  return frame.processes.length + frame.ended.length;
}
