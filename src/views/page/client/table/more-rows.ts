import { el } from '../dom.ts';

/** How many rows of a long list are shown, and the button that shows more of them. */
export class MoreRows {
  readonly button: HTMLButtonElement;
  readonly #first: number;
  readonly #step: number;
  #shown: number;

  /** `first` rows at first, and `step` more each time; `draw` shows them. */
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

  /** Another list is shown. */
  begin(): void {
    this.#shown = this.#first;
  }

  /** Those of `all` that are shown. */
  of<T>(all: readonly T[]): readonly T[] {
    const left = all.length - this.#shown;
    this.button.hidden = left <= 0;
    this.button.textContent = `Show ${Math.min(left, this.#step)} more`;
    return all.slice(0, this.#shown);
  }
}
