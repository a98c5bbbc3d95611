import { utcTime } from '../../../format.ts';
import { el } from '../dom.ts';
import type { RunData } from '../run/run-data.ts';
import type { ViewState } from '../run/view-state.ts';
import type { Connection } from '../source.ts';

/** Seconds of a run to show, back from now. */
const SPANS: readonly (readonly [number, string])[] = [
  [0, 'the whole run'],
  [60, 'the last minute'],
  [300, 'the last 5 minutes'],
  [900, 'the last 15 minutes'],
  [3_600, 'the last hour'],
];
const LOOK_EVERY_MILLIS = 250;

/** Status of a live run and the length shown. Announces new data without interrupting a screen reader. */
export class LiveBar {
  readonly element: HTMLElement;
  readonly #data: RunData;
  readonly #state: ViewState;
  readonly #holding: Holding;
  readonly #said = el('span', { class: 'said', role: 'status' });
  readonly #span = el('select', { id: 'span', onchange: () => this.#follow() });
  readonly #pause = el('button', { type: 'button', onclick: () => this.#togglePause() }, 'Pause');
  #connection: Connection = 'live';
  #hasNews = false;
  /** Whether the live bar itself is setting the zoom. */
  #isFollowing = false;

  constructor(data: RunData, state: ViewState, holding: Holding) {
    this.#data = data;
    this.#state = state;
    this.#holding = holding;
    for (const [seconds, label] of SPANS) this.#span.append(el('option', { value: seconds }, label));
    this.element = el(
      'div',
      { class: 'live' },
      this.#said,
      el('label', { for: 'span' }, 'Show '),
      this.#span,
      this.#pause,
    );
    state.onChange((change) => {
      // A zoom selects a fixed range: stop following.
      if (change === 'zoom' && !this.#isFollowing) this.#span.value = '0';
    });
    setInterval(() => this.#look(), LOOK_EVERY_MILLIS);
    this.#say();
  }

  /** Called after new data was merged. */
  noteNews(): void {
    this.#hasNews = true;
    this.#look();
  }

  noteConnection(connection: Connection): void {
    this.#connection = connection;
    this.#say();
  }

  #look(): void {
    if (this.#hasNews && !this.#holding.isHeld) {
      this.#hasNews = false;
      if (this.#span.value !== '0') this.#follow();
      this.#state.changed('data');
    }
    this.#say();
  }

  #follow(): void {
    const seconds = Number(this.#span.value);
    const to = this.#data.spanSeconds;
    this.#isFollowing = true;
    this.#state.setZoom(seconds === 0 || seconds >= to ? null : { from: to - seconds, to });
    this.#isFollowing = false;
  }

  #togglePause(): void {
    this.#holding.isPaused = !this.#holding.isPaused;
    this.#pause.textContent = this.#holding.isPaused ? 'Resume' : 'Pause';
    this.#pause.setAttribute('aria-pressed', String(this.#holding.isPaused));
    this.#look();
  }

  #say(): void {
    const { endedAt, startedAt, goesOn } = this.#data.run;
    const at = `${utcTime(endedAt, startedAt)} UTC`;
    const [kind, text] = !goesOn
      ? ['over', `This run ended at ${at}. A new run at this address is shown here.`]
      : this.#connection === 'lost'
        ? ['lost', `unitledger does not answer: data as of ${at}.`]
        : this.#holding.isPaused
          ? ['held', 'Paused.']
          : this.#hasNews
            ? ['held', 'Updates are held while you read.']
            : ['on', 'Live.'];
    this.element.dataset.kind = kind;
    if (this.#said.textContent !== text) this.#said.textContent = text!;
    this.#pause.hidden = !goesOn;
  }
}

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
