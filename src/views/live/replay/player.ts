import type { Clock } from '../../../host/clock.ts';
import type { SourceText } from '../draw/source-text.ts';
import type { LiveView } from '../live-view.ts';
import type { LiveFrame } from '../model/frame.ts';
import type { Input } from '../terminal/keys.ts';
import { FrameBuffer, type FrameSource } from './frame-buffer.ts';
import { type Wish, wishOf } from './keys.ts';
import { END, PLACES, type Place, readPlace, START, TypedPlace } from './place.ts';
import { gapAfter, PlaybackClock } from './playback-clock.ts';
import { type Doing, replayText } from './replay-text.ts';

/** Seconds of work per piece, so that keys are handled in between. */
const PIECE_SECONDS = 0.02;
/** Minimum seconds between two screens. */
const LEAST_SECONDS = 1 / 30;

/**
 * Plays frames in the view: at a speed, step by step, and from any place. The last frames are kept, so going back among
 * them is immediate; earlier ones are read again from the start, in pieces, because totals count from there.
 */
export class Player {
  readonly #view: LiveView;
  readonly #frameBuffer: FrameBuffer;
  readonly #clock: Clock;
  readonly #onDefect: (error: unknown) => void;
  /** The displayed frame, and its number. */
  #shown: LiveFrame | undefined;
  #number = -1;
  #firstSeconds = 0;
  /** The destination of a seek; null without one. */
  #target: Place | null = null;
  #isPlaying = true;
  readonly #playbackClock: PlaybackClock;
  #drawnAtSeconds = Number.NEGATIVE_INFINITY;
  readonly #typed = new TypedPlace();
  #remark: string | null = null;
  #cancel: (() => void) | undefined;

  /** `onDefect` is called with errors of reading. */
  constructor(view: LiveView, source: FrameSource, clock: Clock, onDefect: (error: unknown) => void) {
    this.#view = view;
    this.#frameBuffer = new FrameBuffer(view, source);
    this.#clock = clock;
    this.#playbackClock = new PlaybackClock(clock);
    this.#onDefect = onDefect;
  }

  /** Reads the first frame. Throws errors of the source. */
  load(): void {
    this.#frameBuffer.advance(true);
    this.#firstSeconds = this.#frameBuffer.elapsedSeconds;
  }

  /** Plays from the first frame on. */
  start(): void {
    this.#show(0, true);
    this.#goOn();
  }

  /** Reads no more. May be called twice. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#frameBuffer.close();
  }

  /** For the view: the status of the replay. */
  source(): SourceText {
    return replayText({
      doing: this.#doing,
      frame: this.#shown,
      lastSeconds: this.#frameBuffer.length.lastSeconds,
      reachedSeconds: this.#frameBuffer.elapsedSeconds,
      speed: this.#playbackClock.speed,
      typed: this.#typed.text,
      remark: this.#remark,
    });
  }

  /** For the view: handles the keys of a replay. */
  takesInput(input: Input): boolean {
    const hadRemark = this.#remark !== null;
    this.#remark = null;
    if (this.#typed.text !== null) {
      const place = this.#typed.take(input);
      if (place === 'not taken') return false;
      if (place !== null) this.#goToTyped(place);
      this.#view.draw();
      return true;
    }
    const wish = wishOf(input);
    if (wish !== undefined) this.#do(wish);
    if (wish !== undefined || hadRemark) this.#view.draw();
    return wish !== undefined;
  }

  get #isAtEnd(): boolean {
    return this.#frameBuffer.isAllRead && this.#number === this.#frameBuffer.last;
  }

  get #doing(): Doing {
    if (this.#target !== null) return 'seeking';
    if (this.#isAtEnd) return 'at the end';
    return this.#isPlaying ? 'playing' : 'paused';
  }

  #do(wish: Wish): void {
    if (wish.kind === 'play or pause') this.#playOrPause();
    else if (wish.kind === 'step') this.#step(wish.by);
    else if (wish.kind === 'seek') this.#seek(wish.bySeconds);
    else if (wish.kind === 'start') this.#goTo(START);
    else if (wish.kind === 'end') this.#goTo(END);
    else if (wish.kind === 'ask') this.#typed.open();
    else {
      this.#playbackClock.changeSpeed(wish.kind);
      this.#playbackClock.set(this.#elapsed);
    }
    this.#goOn();
  }

  #playOrPause(): void {
    if (this.#doing === 'at the end') this.#remark = 'this is the end; 0 goes back to the start';
    else this.#isPlaying = !this.#isPlaying;
    this.#playbackClock.set(this.#elapsed);
  }

  #step(by: 1 | -1): void {
    this.#isPlaying = false;
    // During a seek, there is no frame yet to step from.
    if (this.#target !== null && this.#target.by !== 'number') return;
    const from = this.#target?.value ?? this.#number;
    if (by < 0 && from === 0) this.#remark = 'this is the start';
    else if (by > 0 && this.#doing === 'at the end') this.#remark = 'this is the end';
    else this.#goTo({ by: 'number', value: from + by });
  }

  /** The current position, or the destination of a seek. */
  #seek(bySeconds: number): void {
    const { by, value } = this.#target ?? { by: 'elapsed', value: this.#elapsed };
    const from =
      by === 'elapsed' ? Math.min(value, this.#frameBuffer.length.lastSeconds ?? value) : this.#elapsed;
    this.#goTo({ by: 'elapsed', value: Math.max(this.#firstSeconds, from + bySeconds) });
  }

  #goToTyped(typed: string): void {
    const frame = this.#shown!;
    const { lastSeconds } = this.#frameBuffer.length;
    const place = readPlace(typed, { frame, firstSeconds: this.#firstSeconds, lastSeconds });
    if (place === null) this.#remark = `not a time: type ${PLACES}`;
    else this.#goTo(place);
    this.#goOn();
  }

  /** Goes to a place: at once if the frame is kept, otherwise by reading up to it. */
  #goTo(place: Place): void {
    const number = this.#frameBuffer.find(place);
    this.#target = number === undefined ? place : null;
    if (number !== undefined) this.#show(number, true);
    else if (this.#frameBuffer.reaches(place)) this.#frameBuffer.rewind();
  }

  get #elapsed(): number {
    return this.#shown?.run.elapsedSeconds ?? 0;
  }

  /** Shows a kept frame; `isJump`: playback continues from there. */
  #show(number: number, isJump: boolean): void {
    const moment = this.#frameBuffer.at(number);
    if (moment === undefined) return;
    this.#shown = moment.frame;
    this.#number = number;
    if (isJump) this.#playbackClock.set(this.#elapsed);
    this.#drawnAtSeconds = this.#clock.monotonicSeconds();
    this.#view.display(moment);
  }

  /** Does the next piece of work when it is due. */
  #goOn(): void {
    this.#cancel?.();
    const isPlaying = this.#doing === 'playing';
    const isBusy = this.#target !== null || this.#frameBuffer.length.isBeingMeasured;
    const delay = isBusy ? 0 : isPlaying ? this.#untilNextSeconds : null;
    this.#cancel = delay === null ? undefined : this.#clock.after(delay, () => this.#work());
  }

  #work(): void {
    try {
      if (this.#target !== null) this.#seekOn(this.#target);
      else if (this.#doing === 'playing' && this.#untilNextSeconds === 0) this.#playOn();
      else this.#measureOn();
      this.#goOn();
    } catch (error) {
      this.stop();
      this.#onDefect(error);
    }
  }

  #seekOn(target: Place): void {
    if (!this.#frameBuffer.readTo(target, this.#piece())) {
      this.#drawSoon();
      return;
    }
    this.#target = null;
    this.#show(this.#frameBuffer.last, true);
  }

  /** Seconds until the next frame is due, and the screen may change; 0: now. */
  get #untilNextSeconds(): number {
    const untilDrawn = this.#drawnAtSeconds + LEAST_SECONDS - this.#clock.monotonicSeconds();
    return Math.max(0, untilDrawn, this.#playbackClock.secondsUntil(this.#elapsed + gapAfter(this.#shown!)));
  }

  /** Shows the last frame that is due by now. */
  #playOn(): void {
    const isOver = this.#piece();
    const gap = gapAfter(this.#shown!);
    let number = this.#number;
    let elapsed = this.#elapsed;
    const isDue = () => this.#playbackClock.secondsUntil(elapsed + gap) === 0;
    while (isDue() && !isOver()) {
      if (this.#frameBuffer.at(number + 1) === undefined && !this.#frameBuffer.advance(true)) break;
      elapsed = this.#frameBuffer.at(++number)!.frame.run.elapsedSeconds;
    }
    // Gaps are skipped, and lost time is not made up.
    this.#show(number, isDue() || this.#playbackClock.secondsUntil(elapsed) > 0);
    if (this.#doing === 'at the end') this.#view.draw();
  }

  #measureOn(): void {
    this.#frameBuffer.length.measureOn(this.#piece());
    if (!this.#frameBuffer.length.isBeingMeasured) this.#view.draw();
  }

  /** Returns a function that tells whether a piece of work that starts now is over. */
  #piece(): () => boolean {
    const until = this.#clock.monotonicSeconds() + PIECE_SECONDS;
    return () => this.#clock.monotonicSeconds() >= until;
  }

  #drawSoon(): void {
    const now = this.#clock.monotonicSeconds();
    if (now - this.#drawnAtSeconds < 3 * LEAST_SECONDS) return;
    this.#drawnAtSeconds = now;
    this.#view.draw();
  }
}
