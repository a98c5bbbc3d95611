/** Holds back updates that would move parts of the page while the user reads or presses them. */
const READ = '.plot-host, table, .lifelines, .legend, .top, select, summary';

/** Whether to hold updates: the user reads a plot, presses a button, or navigates by keyboard. */
export class Holding {
  /** The user has pressed Pause. */
  isPaused = false;
  #isPressed = false;

  constructor() {
    document.addEventListener('pointerdown', () => {
      this.#isPressed = true;
    });
    // The click follows after this event.
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
