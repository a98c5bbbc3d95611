/** Holds back updates that would move parts of the page while the user reads or presses them. */
const READ = '.plot-host, table, .lifelines, .legend, .top, select, summary';

/** Whether the page should stay as it is for now: someone reads a plot, presses something, or walks through it by keyboard. */
export class Holding {
  /** The user has asked for it. */
  isPaused = false;
  #isPressed = false;

  constructor() {
    document.addEventListener('pointerdown', () => {
      this.#isPressed = true;
    });
    // The click itself comes after it.
    for (const name of ['pointerup', 'pointercancel'])
      document.addEventListener(name, () => setTimeout(() => (this.#isPressed = false), 0));
  }

  get isHeld(): boolean {
    if (this.isPaused || this.#isPressed) return true;
    if (document.querySelector('.plot-host:hover') !== null) return true;
    return (
      document.activeElement?.closest(READ) !== null && document.querySelector(':focus-visible') !== null
    );
  }
}
