import type { ProcessDetail } from '../sampling/choices.ts';
import { ProcessColumns, ROW_FOREIGN_CHILD } from '../sampling/process-columns.ts';
import { DetailColumns } from '../sampling/process-details.ts';
import type { ProcessIdentity, Sample } from '../sampling/sample.ts';
import type { ByteReader } from './byte-reader.ts';
import { secondsOf, timeOf } from './facts.ts';
import { RecordingError } from './recording-error.ts';
import { clearRows, dropEnded, expectOrder, hasTexts, ROW_COLUMNS } from './row-columns.ts';
import { MOST_SLOTS, SECTION } from './sections.ts';

const FIRST_CAPACITY = 64;
/** Mask of all columns. */
const ALL_COLUMNS = (1 << ROW_COLUMNS.length) - 1;
/** Maximum values of columns that are limited by a kernel type, and never absent. */
const MOST: Partial<Record<(typeof ROW_COLUMNS)[number], number>> = {
  serial: Number.MAX_SAFE_INTEGER,
  state: ROW_FOREIGN_CHILD,
  origin: 1,
  unit: 0x7fff_ffff,
  pid: 0x7fff_ffff,
  ppid: 0x7fff_ffff,
  threads: 0x7fff_ffff,
  stamp: 0x7fff_ffff,
};

/** Names of a row change during its life, as in the sampler. */
type Identity = { -readonly [K in keyof ProcessIdentity]: ProcessIdentity[K] };

/** Reads the output of `RowEncoder` into two buffers that alternate, like the sampler's. */
export class RowDecoder {
  #rows = new ProcessColumns(FIRST_CAPACITY);
  #other = new ProcessColumns(FIRST_CAPACITY);
  #slots: number[] = [];
  #isWhole = true;
  /** Slots of rows with new texts or details in the current sample. */
  readonly #renewed = new Set<number>();
  readonly #identities: (Identity | undefined)[] = [];
  readonly #details: DetailColumns | null;
  #detailsBefore: number[][] = [];

  constructor(details: ReadonlySet<ProcessDetail>) {
    this.#details = details.size === 0 ? null : new DetailColumns(details, FIRST_CAPACITY);
  }

  /** The next sample is complete. */
  forget(): void {
    this.#isWhole = true;
    this.#slots = [];
    this.#detailsBefore = [];
  }

  read(
    reader: ByteReader,
    flags: number,
    units: number,
  ): Pick<Sample, 'rows' | 'slots' | 'count' | 'changed' | 'changedCount' | 'identities' | 'details'> {
    const before = this.#rows;
    this.#rows = this.#other;
    this.#other = before;
    this.#renewed.clear();
    if (this.#isWhole) clearRows(this.#rows);
    else this.#rows.copyFrom(before);
    this.#isWhole = false;
    const kept = this.#dropEnded();
    this.#readColumns(reader);
    if ((flags & SECTION.identities) !== 0) this.#readIdentities(reader);
    this.#checkRows(units);
    expectOrder(this.#slots, kept, this.#identities);
    if ((flags & SECTION.order) !== 0) {
      this.#slots = reader.list(() => this.#readSlot(reader));
      this.#checkRows(units);
    }
    if (
      (this.#slots.length !== kept || (flags & SECTION.order) !== 0) &&
      new Set(this.#slots).size < this.#slots.length
    )
      throw new RecordingError('a process appears twice in one sample');
    if ((flags & SECTION.details) !== 0) this.#readDetails(reader);
    const changed = this.#slots.filter(
      (slot) => this.#renewed.has(slot) || this.#rows.differsFrom(this.#other, slot),
    );
    return {
      rows: this.#rows,
      slots: Int32Array.from(this.#slots),
      count: this.#slots.length,
      changed: Int32Array.from(changed),
      changedCount: changed.length,
      identities: this.#identities,
      details: this.#details,
    };
  }

  #dropEnded(): number {
    this.#slots = dropEnded(this.#slots, this.#rows);
    return this.#slots.length;
  }

  #readColumns(reader: ByteReader): void {
    let slot = 0;
    const changed = reader.list(() => {
      slot += reader.signed();
      this.#makeRoom(slot);
      return slot;
    });
    const masks = changed.map(() => {
      const mask = reader.varint();
      if (mask > ALL_COLUMNS)
        throw new RecordingError('a process in it has values that this version does not know');
      return mask;
    });
    // A set bit of the first column marks a new row.
    for (const [at, mask] of masks.entries()) if ((mask & 1) !== 0) this.#slots.push(changed[at]!);
    for (const [bit, name] of ROW_COLUMNS.entries()) {
      const column = this.#rows[name];
      const most = MOST[name];
      for (let i = 0; i < changed.length; i++) {
        if ((masks[i]! & (1 << bit)) === 0) continue;
        const value = reader.number(column[changed[i]!]!);
        if (
          most === undefined
            ? value < 0 || value === Number.POSITIVE_INFINITY
            : !(value >= 0 && value <= most)
        )
          throw new RecordingError('a value in it is out of range');
        column[changed[i]!] = value;
      }
    }
  }

  #readSlot(reader: ByteReader): number {
    const slot = reader.varint();
    if (slot >= this.#rows.capacity) throw new RecordingError('a process in it has no values');
    return slot;
  }

  #readIdentities(reader: ByteReader): void {
    for (let left = reader.count(); left > 0; left--) {
      const slot = this.#readSlot(reader);
      const identity = readIdentity(reader);
      const known = this.#identities[slot];
      // The ledger identifies a process by its identity object: it must stay the same while names change.
      if (known?.serial === identity.serial) {
        if (!hasTexts(identity, known)) this.#renewed.add(slot);
        Object.assign(known, identity);
      } else {
        this.#identities[slot] = identity;
        this.#details?.begin(slot);
      }
    }
  }

  /** Checks that every row has an existing unit and the right identity. */
  #checkRows(units: number): void {
    for (const slot of this.#slots) {
      if (this.#identities[slot]?.serial !== this.#rows.serial[slot])
        throw new RecordingError('a process in it has no name');
      if (this.#rows.unit[slot]! >= units) throw new RecordingError('a unit in it has no name');
    }
  }

  #readDetails(reader: ByteReader): void {
    const details = this.#details;
    if (details === null) throw new RecordingError('it has details that its head does not name');
    for (let left = reader.count(); left > 0; left--) {
      const slot = this.#readSlot(reader);
      const readAtTick = reader.signed();
      if (readAtTick !== details.readAtTick[slot]) this.#renewed.add(slot);
      this.#detailsBefore[slot] ??= details.figures.map(() => 0);
      const before = this.#detailsBefore[slot];
      for (const [at, figure] of details.figures.entries()) {
        before[at] = reader.number(before[at]!);
        details.set(figure, slot, before[at], readAtTick);
      }
    }
  }

  #makeRoom(slot: number): void {
    if (!(slot >= 0 && slot < MOST_SLOTS)) throw new RecordingError('it has more processes than possible');
    let { capacity } = this.#rows;
    if (slot < capacity) return;
    while (capacity <= slot) capacity *= 2;
    this.#rows = this.#rows.grown(capacity);
    this.#other = this.#other.grown(capacity);
    this.#details?.grow(capacity);
  }
}

function readIdentity(reader: ByteReader): Identity {
  return {
    serial: reader.varint(),
    pid: reader.varint(),
    startTicks: reader.real(),
    bornAtSeconds: secondsOf(reader.float64()),
    startedUnixMillis: timeOf(reader.float64()),
    name: reader.text(),
    title: reader.optional(() => reader.text()),
    executable: reader.text(),
    command: reader.optional(() => reader.text()),
    subCgroup: reader.text(),
  };
}
