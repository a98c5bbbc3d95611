import { BookedProcess } from './booked-process.ts';
import { FigureRows, PLACES } from './figure-rows.ts';
import { CPU_PERCENT, KINDS } from './process-sketches.ts';

/** Processes whose figures lie together. */
const ROWS_OF_PAGE = 256;

/** Figures of processes that have ended. Of their distributions only what a summary tells is left. */
interface Page {
  readonly figures: FigureRows;
  readonly p95s: Float64Array;
}

/** A process that has ended and has a row of its own. */
export class EndedProcess extends BookedProcess {
  readonly identity: BookedProcess['identity'];
  readonly unit: number;
  readonly name: string;
  readonly endedUnixMillis: number | null;
  readonly exitCode: number | null;
  readonly details: BookedProcess['details'];
  /** Number of the row among those of all pages. */
  readonly place: number;
  readonly #p95s: Float64Array;

  constructor(process: BookedProcess, place: number, { figures, p95s }: Page) {
    const row = place % ROWS_OF_PAGE;
    super(figures, row);
    // What else the sampler knew of it can go.
    const { pid, startTicks, startedUnixMillis, command, subCgroup } = process.identity;
    this.identity = { pid, startTicks, startedUnixMillis, command, subCgroup };
    this.unit = process.unit;
    this.name = process.name;
    this.endedUnixMillis = process.endedUnixMillis;
    this.exitCode = process.exitCode;
    this.details = process.details;
    this.place = place;
    this.#p95s = p95s;
    process.copyFigures(figures, row);
    for (let kind = CPU_PERCENT; kind < KINDS; kind++) p95s[row * KINDS + kind] = process.p95(kind);
  }

  p95(kind: number): number {
    return this.#p95s[this.row * KINDS + kind]!;
  }
}

/**
 * Keeps what a run's document says of processes that have ended, in little memory: each as much as any other, however
 * long it lived.
 */
export class EndedProcesses {
  readonly #pages: Page[] = [];
  /** Places that nobody has. */
  readonly #free: number[] = [];

  keep(process: BookedProcess): EndedProcess {
    if (this.#free.length === 0) this.#addPage();
    const place = this.#free.pop()!;
    return new EndedProcess(process, place, this.#pages[Math.floor(place / ROWS_OF_PAGE)]!);
  }

  /** It has no row of its own any more: another gets its place. */
  drop(process: EndedProcess): void {
    this.#free.push(process.place);
  }

  #addPage(): void {
    const first = this.#pages.length * ROWS_OF_PAGE;
    this.#pages.push({
      figures: new FigureRows(new Float64Array(ROWS_OF_PAGE * PLACES), 0, 0),
      p95s: new Float64Array(ROWS_OF_PAGE * KINDS),
    });
    for (let place = first + ROWS_OF_PAGE - 1; place >= first; place--) this.#free.push(place);
  }
}
