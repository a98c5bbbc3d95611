import type { BookedProcess } from '../accounts/booked-process.ts';
import { EndedPage, ROWS_OF_PAGE } from './ended-page.ts';

/**
 * Keeps what a run's document says of processes that have ended, in little memory: each as much as any other, however
 * long it lived.
 */
export class EndedProcesses {
  readonly #pages: EndedPage[] = [];
  /** Places that nobody has. */
  readonly #free: number[] = [];

  /** Tells its place, by which it is known from here on. */
  keep(process: BookedProcess): number {
    if (this.#free.length === 0) this.#addPage();
    const place = this.#free.pop()!;
    this.#pageOf(place).write(place % ROWS_OF_PAGE, process);
    return place;
  }

  at(place: number): BookedProcess {
    return this.#pageOf(place).read(place % ROWS_OF_PAGE);
  }

  unitOf(place: number): number {
    return this.#pageOf(place).unitOf(place % ROWS_OF_PAGE);
  }

  /** CPU seconds that it stands for, what it waited for included. */
  weightOf(place: number): number {
    return this.#pageOf(place).weightOf(place % ROWS_OF_PAGE);
  }

  /** Another gets its place. */
  drop(place: number): void {
    this.#pageOf(place).clear(place % ROWS_OF_PAGE);
    this.#free.push(place);
  }

  #pageOf(place: number): EndedPage {
    return this.#pages[Math.floor(place / ROWS_OF_PAGE)]!;
  }

  #addPage(): void {
    const first = this.#pages.length * ROWS_OF_PAGE;
    this.#pages.push(new EndedPage());
    for (let place = first + ROWS_OF_PAGE - 1; place >= first; place--) this.#free.push(place);
  }
}
