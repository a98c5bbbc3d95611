import { el } from '../dom.ts';

/** Limits the shown rows of a long list, with a button that shows more. */
export class MoreRows {
  readonly button: HTMLButtonElement;
  readonly #first: number;
  readonly #step: number;
  #shown: number;

  /** Shows `first` rows initially and `step` more each time, by calling `draw`. */
  constructor(first: number, step: number, draw: () => void) {
    this.#first = first;
    this.#step = step;
    this.#shown = first;
    const showMore = () => {
      this.#shown += this.#step;
      draw();
    };
    this.button = el('button', { type: 'button', class: 'more', onclick: showMore });
  }

  /** Resets the limit for another list. */
  begin(): void {
    this.#shown = this.#first;
  }

  /** The shown rows of `all`. */
  of<T>(all: readonly T[]): readonly T[] {
    const left = all.length - this.#shown;
    this.button.hidden = left <= 0;
    this.button.textContent = `Show ${Math.min(left, this.#step)} more`;
    return all.slice(0, this.#shown);
  }
}
