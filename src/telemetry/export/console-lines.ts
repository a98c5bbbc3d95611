import { printableJson } from '../../text/printable.ts';
import { type Delivery, type DeliveryCounts, NOTHING_DELIVERED } from './delivery.ts';

/** Writes lines of JSON, for people who watch. */
export class ConsoleLines<Content> implements Delivery<Content> {
  readonly #write: (line: string) => void;
  readonly #linesOf: (content: Content) => readonly object[];
  #delivered = 0;

  /** `write` takes a line without its newline; for standard error, because standard output has only the summary. */
  constructor(write: (line: string) => void, linesOf: (content: Content) => readonly object[]) {
    this.#write = write;
    this.#linesOf = linesOf;
  }

  get counts(): DeliveryCounts {
    if (this.#delivered === 0) return NOTHING_DELIVERED;
    return { ...NOTHING_DELIVERED, delivered: this.#delivered, state: 'delivered', stateText: 'delivered' };
  }

  send(content: Content): void {
    for (const line of this.#linesOf(content)) this.#write(printableJson(line));
    this.#delivered++;
  }

  async shutdown(): Promise<void> {
    // Every line is written when it is sent.
  }
}
