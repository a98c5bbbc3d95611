import { el, oncePerFrame } from '../dom.ts';
import type { Change, ViewState } from '../run/view-state.ts';

/** Limits the shown rows of a long list, with a button that shows more. */
export class MoreRows {
  readonly button: HTMLButtonElement;
  readonly #first: number;
  readonly #step: number;
  readonly #draw: () => void;
  #shown: number;

  /** Shows `first` rows initially and `step` more each time, by calling `draw`. */
  constructor(first: number, step: number, draw: () => void) {
    this.#first = first;
    this.#step = step;
    this.#draw = draw;
    this.#shown = first;
    const showMore = () => {
      this.#shown += this.#step;
      draw();
    };
    this.button = el('button', { type: 'button', class: 'more', onclick: showMore });
  }

  /** Draws the list again after these changes of the state. Another filter makes another list, shown from its start. */
  follow(state: ViewState, changes: readonly Change[]): void {
    const draw = oncePerFrame(this.#draw);
    state.onChange((change) => {
      if (change === 'filter') this.#shown = this.#first;
      if (changes.includes(change)) draw();
    });
  }

  /** The shown rows of `all`. */
  of<T>(all: readonly T[]): readonly T[] {
    const left = all.length - this.#shown;
    this.button.hidden = left <= 0;
    this.button.textContent = `Show ${Math.min(left, this.#step)} more`;
    return all.slice(0, this.#shown);
  }
}
