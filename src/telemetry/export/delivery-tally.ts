import { type DeliveryCounts, type DeliveryState, type DropReason, NOTHING_DELIVERED } from './delivery.ts';

/** Counts what becomes of windows, and how delivery fares. */
export class DeliveryTally {
  #delivered = 0;
  #failed = 0;
  #rejectedPoints = 0;
  readonly #droppedBy: Record<DropReason, number> = { age: 0, disk: 0, memory: 0 };
  #setAside = 0;
  #state: DeliveryState = 'idle';
  #failure = '';

  /** With what waits now. */
  counts(waiting: { readonly length: number; readonly bytes: number }): DeliveryCounts {
    return {
      delivered: this.#delivered,
      failed: this.#failed,
      rejectedPoints: this.#rejectedPoints,
      spooled: waiting.length,
      spoolBytes: waiting.bytes,
      dropped: this.#droppedBy.age + this.#droppedBy.disk + this.#droppedBy.memory,
      droppedBy: { ...this.#droppedBy },
      setAside: this.#setAside,
      state: this.#state,
      stateText: this.#text(waiting.length),
    };
  }

  delivered(): void {
    this.#delivered++;
    this.#state = 'delivered';
  }

  /** Points of a window that was accepted otherwise. */
  rejected(points: number): void {
    this.#rejectedPoints += points;
  }

  /** The collector does not take windows now; none is lost by that. */
  away(): void {
    if (this.#state !== 'failing') this.#state = 'spooling';
  }

  /** `failure` is short and printable. */
  dropped(reason: DropReason, windows: number, failure: string): void {
    this.#droppedBy[reason] += windows;
    this.#fail(windows, failure);
  }

  setAside(failure: string): void {
    this.#setAside++;
    this.#fail(1, failure);
  }

  /** Lost in another way: torn, not to be serialized. */
  failed(failure: string): void {
    this.#fail(1, failure);
  }

  /** Lost since the run ends. */
  givenUp(windows: number): void {
    this.#failed += windows;
  }

  #fail(windows: number, failure: string): void {
    this.#failed += windows;
    this.#state = 'failing';
    this.#failure = failure;
  }

  #text(waiting: number): string {
    switch (this.#state) {
      case 'idle':
        return NOTHING_DELIVERED.stateText;
      case 'delivered':
        return 'delivered';
      case 'spooling':
        return `spooling ${waiting} ${waiting === 1 ? 'window' : 'windows'}`;
      case 'failing':
        return `failing: ${this.#failure}`;
    }
  }
}
