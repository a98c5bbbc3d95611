import { orNull } from '../../host/nullable.ts';
import type { BookedProcess } from '../accounts/booked-process.ts';
import type { DetailsAccount } from '../accounts/process-details.ts';
import { CPU_PERCENT, KINDS } from '../accounts/process-sketches.ts';
import type { SummaryStats } from '../accounts/summary-stats.ts';

const ROWS_OF_PAGE = 256;

/** Indexes of a process's values in its row. Unknown values are NaN. */
const PID = 0;

const START_TICKS = 1;

const STARTED_UNIX_MILLIS = 2;

const ENDED_AT_SECONDS = 3;

const BORN_AT_SECONDS = 4;

const UNIT = 5;

const PPID = 6;

const EXIT_CODE = 7;

const SAMPLES = 8;

const CPU_SECONDS = 9;

const REAPED_SECONDS = 10;

const PEAK_MEMORY_BYTES = 11;

const DISK_BYTES = 12;

const TRANSFER_BYTES = 13;

const CANCELLED_WRITE_BYTES = 14;

/** By kind. */
const SPREADS = 15;

const MIN = 0;

const MAX = 1;

const AVG = 2;

const P95 = 3;

const MAX_AT_SECONDS = 4;

const SPREAD = 5;

const PLACES = SPREADS + KINDS * SPREAD;

/** Rows of ended processes, as adjacent numbers and texts: one object for each would double the memory. */
class EndedPage {
  readonly #figures = new Float64Array(ROWS_OF_PAGE * PLACES);
  readonly #names = new Array<string>(ROWS_OF_PAGE).fill('');
  readonly #commands = new Array<string | null>(ROWS_OF_PAGE).fill(null);
  readonly #subCgroups = new Array<string>(ROWS_OF_PAGE).fill('');
  readonly #details = new Array<DetailsAccount | null>(ROWS_OF_PAGE).fill(null);

  write(row: number, process: BookedProcess): void {
    const { identity } = process;
    const figures = this.#figures.subarray(row * PLACES, (row + 1) * PLACES);
    figures[PID] = identity.pid;
    figures[START_TICKS] = identity.startTicks;
    figures[STARTED_UNIX_MILLIS] = identity.startedUnixMillis;
    figures[BORN_AT_SECONDS] = process.bornAtSeconds;
    figures[ENDED_AT_SECONDS] = process.endedAtSeconds ?? Number.NaN;
    figures[UNIT] = process.unit;
    figures[PPID] = process.ppid;
    figures[EXIT_CODE] = process.exitCode ?? Number.NaN;
    figures[SAMPLES] = process.samples;
    figures[CPU_SECONDS] = process.cpuSeconds;
    figures[REAPED_SECONDS] = process.reapedCpuSeconds;
    figures[PEAK_MEMORY_BYTES] = process.peakMemoryBytes;
    figures[DISK_BYTES] = process.diskBytes ?? Number.NaN;
    figures[TRANSFER_BYTES] = process.transferBytes ?? Number.NaN;
    figures[CANCELLED_WRITE_BYTES] = process.cancelledWriteBytes ?? Number.NaN;
    for (let kind = CPU_PERCENT; kind < KINDS; kind++) {
      const at = SPREADS + kind * SPREAD;
      const stats = process.stats(kind);
      figures[at + MIN] = stats?.min ?? Number.NaN;
      figures[at + MAX] = stats?.max ?? Number.NaN;
      figures[at + AVG] = stats?.avg ?? Number.NaN;
      figures[at + P95] = stats?.p95 ?? Number.NaN;
      figures[at + MAX_AT_SECONDS] = stats?.maxAtSeconds ?? Number.NaN;
    }
    this.#names[row] = process.name;
    this.#commands[row] = identity.command;
    this.#subCgroups[row] = identity.subCgroup;
    this.#details[row] = process.details;
  }

  read(row: number): BookedProcess {
    return new EndedProcess(this, row);
  }

  figure(row: number, place: number): number {
    return this.#figures[row * PLACES + place]!;
  }

  name(row: number): string {
    return this.#names[row]!;
  }

  details(row: number): DetailsAccount | null {
    return this.#details[row]!;
  }

  identity(row: number): BookedProcess['identity'] {
    return {
      pid: this.figure(row, PID),
      startTicks: this.figure(row, START_TICKS),
      startedUnixMillis: this.figure(row, STARTED_UNIX_MILLIS),
      command: this.#commands[row]!,
      subCgroup: this.#subCgroups[row]!,
    };
  }

  stats(row: number, kind: number): SummaryStats | null {
    const at = SPREADS + kind * SPREAD;
    if (Number.isNaN(this.figure(row, at + AVG))) return null;
    return {
      min: this.figure(row, at + MIN),
      max: this.figure(row, at + MAX),
      avg: this.figure(row, at + AVG),
      p95: this.figure(row, at + P95),
      maxAtSeconds: this.figure(row, at + MAX_AT_SECONDS),
    };
  }

  unitOf(row: number): number {
    return this.figure(row, UNIT);
  }

  weightOf(row: number): number {
    return this.figure(row, CPU_SECONDS) + this.figure(row, REAPED_SECONDS);
  }

  /** Releases the texts of a row. */
  clear(row: number): void {
    this.#names[row] = '';
    this.#commands[row] = null;
    this.#subCgroups[row] = '';
    this.#details[row] = null;
  }
}

/** A view of one row. It reads its page on access, and is valid until the row is dropped. */
class EndedProcess implements BookedProcess {
  readonly #page: EndedPage;
  readonly #row: number;

  constructor(page: EndedPage, row: number) {
    this.#page = page;
    this.#row = row;
  }

  get identity(): BookedProcess['identity'] {
    return this.#page.identity(this.#row);
  }

  get unit(): number {
    return this.#figure(UNIT);
  }

  get name(): string {
    return this.#page.name(this.#row);
  }

  get ppid(): number {
    return this.#figure(PPID);
  }

  get bornAtSeconds(): number {
    return this.#figure(BORN_AT_SECONDS);
  }

  get endedAtSeconds(): number | null {
    return orNull(this.#figure(ENDED_AT_SECONDS));
  }

  get exitCode(): number | null {
    return orNull(this.#figure(EXIT_CODE));
  }

  get samples(): number {
    return this.#figure(SAMPLES);
  }

  get cpuSeconds(): number {
    return this.#figure(CPU_SECONDS);
  }

  get reapedCpuSeconds(): number {
    return this.#figure(REAPED_SECONDS);
  }

  get peakMemoryBytes(): number {
    return this.#figure(PEAK_MEMORY_BYTES);
  }

  get diskBytes(): number | null {
    return orNull(this.#figure(DISK_BYTES));
  }

  get transferBytes(): number | null {
    return orNull(this.#figure(TRANSFER_BYTES));
  }

  get cancelledWriteBytes(): number | null {
    return orNull(this.#figure(CANCELLED_WRITE_BYTES));
  }

  get details(): DetailsAccount | null {
    return this.#page.details(this.#row);
  }

  stats(kind: number): SummaryStats | null {
    return this.#page.stats(this.#row, kind);
  }

  #figure(place: number): number {
    return this.#page.figure(this.#row, place);
  }
}

/**
 * Keeps the run document's data about ended processes in little memory; each takes the same amount, however long it
 * ran.
 */
export class EndedProcesses {
  readonly #pages: EndedPage[] = [];
  /** Free rows. */
  readonly #free: number[] = [];

  /** Stores a process and returns its row number. */
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

  /** Its CPU seconds, including reaped children. */
  weightOf(place: number): number {
    return this.#pageOf(place).weightOf(place % ROWS_OF_PAGE);
  }

  /** Frees a row for another process. */
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
