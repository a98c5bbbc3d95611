import type { LiveView, Moment } from '../live-view.ts';
import type { LiveFrame } from '../model/frame.ts';
import { type Place, standing } from './place.ts';

/** The source of the frames. Both generators do one small piece of work at a time. */
export interface FrameSource {
  /** All frames, from the first on; called again to go back. */
  frames(): Generator<LiveFrame>;
  /** Elapsed seconds at the last frame; null if that cannot be determined. */
  lastSeconds(): Generator<void, number | null>;
}

/** The frames of a recording that were read so far; the last ones are kept. */
export class FrameBuffer {
  readonly length: RecordingLength;
  readonly #view: LiveView;
  readonly #source: FrameSource;
  #frames: Generator<LiveFrame>;
  #kept = new KeptMoments();
  #count = 0;
  #newest: Moment | undefined;
  #isAllRead = false;

  constructor(view: LiveView, source: FrameSource) {
    this.#view = view;
    this.#source = source;
    this.#frames = source.frames();
    this.length = new RecordingLength(source.lastSeconds());
  }

  /** The number of the newest frame, from 0; -1 before the first. */
  get last(): number {
    return this.#count - 1;
  }

  /** Elapsed seconds at the newest frame. */
  get elapsedSeconds(): number {
    return this.#newest?.frame.run.elapsedSeconds ?? 0;
  }

  get isAllRead(): boolean {
    return this.#isAllRead;
  }

  /** Returns a kept frame. */
  at(number: number): Moment | undefined {
    return this.#kept.at(number);
  }

  /** The number of the first kept frame at or after a place; undefined if an earlier frame may be it. */
  find(place: Place): number | undefined {
    return this.#kept.find(place);
  }

  /** Whether reading has reached a place. */
  reaches(place: Place): boolean {
    return this.#newest !== undefined && standing(this.#newest.frame, this.last, place) >= place.value;
  }

  /** Reads one more frame; false at the end. Only kept frames and the newest one can be shown. */
  advance(isKept: boolean): boolean {
    if (this.#isAllRead) return false;
    const next = this.#frames.next();
    if (next.done === true) {
      this.#isAllRead = true;
      this.length.lastSeconds = this.elapsedSeconds;
      return false;
    }
    this.#newest = this.#view.add(next.value);
    this.#count++;
    if (isKept) this.#kept.add(this.#newest, this.last);
    return true;
  }

  /**
   * Reads up to a place, or to the end if that comes first, unless `isOver` earlier; returns whether it is there. The frames before
   * it are kept.
   */
  readTo(place: Place, isOver: () => boolean): boolean {
    while (!this.reaches(place)) {
      if (isOver()) return false;
      if (!this.advance(this.#isNear(place))) break;
    }
    if (this.#newest !== undefined && this.#kept.at(this.last) === undefined)
      this.#kept.add(this.#newest, this.last);
    return true;
  }

  /** Whether the next frame will be among the kept ones after the seek. */
  #isNear({ by, value }: Place): boolean {
    const { lastSeconds } = this.length;
    if (by === 'number') return this.#count >= value - MOST_FRAMES;
    if (by === 'clock' || lastSeconds === null || this.#newest === undefined) return true;
    const { everySeconds } = this.#newest.frame.run;
    return this.elapsedSeconds >= Math.min(value, lastSeconds) - MOST_FRAMES * everySeconds;
  }

  /** Starts again with the first frame. */
  rewind(): void {
    this.#frames.return(undefined);
    this.#frames = this.#source.frames();
    this.#kept = new KeptMoments();
    this.#count = 0;
    this.#newest = undefined;
    this.#isAllRead = false;
    this.#view.reset();
  }

  close(): void {
    this.#frames.return(undefined);
    this.length.stop();
  }
}

/** The length of a recording: measured piece by piece, or known after its end was read. */
class RecordingLength {
  /** Elapsed seconds at the last frame; null if not known yet. */
  lastSeconds: number | null = null;
  #measuring: Generator<void, number | null> | null;

  constructor(measuring: Generator<void, number | null>) {
    this.#measuring = measuring;
  }

  get isBeingMeasured(): boolean {
    return this.#measuring !== null;
  }

  /** Continues measuring until `isOver`. */
  measureOn(isOver: () => boolean): void {
    while (this.#measuring !== null && !isOver()) {
      const { done, value } = this.#measuring.next();
      if (done !== true) continue;
      this.#measuring = null;
      // The frames that were read decide.
      this.lastSeconds ??= value ?? null;
    }
  }

  stop(): void {
    this.#measuring?.return(null);
    this.#measuring = null;
  }
}

/** Limits on kept frames and on process rows in all of them: about 40 MB. At least the last two frames are kept. */
export const MOST_FRAMES = 240;
const MOST_ROWS = 40_000;
const LEAST_FRAMES = 2;

/** The last consecutive frames as they were shown, so that stepping back reads no file. */
class KeptMoments {
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
