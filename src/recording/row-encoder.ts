import { ProcessColumns } from '../sampling/process-columns.ts';
import type { DetailColumns } from '../sampling/process-details.ts';
import type { ProcessIdentity, Sample } from '../sampling/sample.ts';
import type { ByteWriter } from './byte-writer.ts';
import { clearRows, dropEnded, expectOrder, hasTexts, ROW_COLUMNS, type Texts } from './row-columns.ts';
import { SECTION } from './sections.ts';

const FIRST_CAPACITY = 64;

/** Writes the differences of a sample's rows to the previous sample: numbers by column, then texts. */
export class RowEncoder {
  readonly #body: ByteWriter;
  #rows = new ProcessColumns(FIRST_CAPACITY);
  /** Slots of the previous sample, in order. */
  #slots: number[] = [];
  #texts: (Texts | undefined)[] = [];
  #readAtTick: number[] = [];
  /** By slot and value; empty if details are not requested. */
  #details: number[][] = [];
  #changed = new Int32Array(FIRST_CAPACITY);
  #masks = new Int32Array(FIRST_CAPACITY);

  constructor(body: ByteWriter) {
    this.#body = body;
  }

  /** The next sample is written completely. */
  forget(): void {
    clearRows(this.#rows);
    this.#slots = [];
    this.#texts = [];
    this.#readAtTick = [];
    this.#details = [];
  }

  /** Returns the flags of the written sections. */
  write(sample: Sample): number {
    this.#makeRoom(sample.rows.capacity);
    const { slots, count, rows } = sample;
    const kept = this.#dropEnded();
    for (let i = 0; i < count; i++)
      if (this.#rows.serial[slots[i]!] !== rows.serial[slots[i]!]) this.#slots.push(slots[i]!);
    let changes = 0;
    let slotBefore = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      const mask = maskOf(rows, this.#rows, slot);
      if (mask === 0) continue;
      this.#changed[changes] = slot;
      this.#masks[changes++] = mask;
    }
    this.#body.varint(changes);
    for (let i = 0; i < changes; i++) {
      this.#body.signed(this.#changed[i]! - slotBefore);
      slotBefore = this.#changed[i]!;
    }
    for (let i = 0; i < changes; i++) this.#body.varint(this.#masks[i]!);
    for (const [bit, name] of ROW_COLUMNS.entries()) {
      const column = rows[name];
      const before = this.#rows[name];
      for (let i = 0; i < changes; i++) {
        if ((this.#masks[i]! & (1 << bit)) === 0) continue;
        const slot = this.#changed[i]!;
        this.#body.number(column[slot]!, before[slot]!);
        before[slot] = column[slot]!;
      }
    }
    return this.#writeIdentities(sample) | this.#writeOrder(sample, kept) | this.#writeDetails(sample);
  }

  /** Removes rows that had ended in the previous sample; returns the number of remaining rows. */
  #dropEnded(): number {
    this.#slots = dropEnded(this.#slots, this.#rows);
    return this.#slots.length;
  }

  #writeIdentities({ slots, count, identities }: Sample): number {
    const fresh: number[] = [];
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      if (!hasTexts(identities[slot]!, this.#texts[slot])) fresh.push(slot);
    }
    if (fresh.length === 0) return 0;
    this.#body.varint(fresh.length);
    for (const slot of fresh) {
      const identity = identities[slot]!;
      this.#body.varint(slot);
      writeIdentity(this.#body, identity);
      const { serial, name, title, executable, command, subCgroup } = identity;
      this.#texts[slot] = { serial, name, title, executable, command, subCgroup };
    }
    return SECTION.identities;
  }

  #writeOrder({ slots, count, identities }: Sample, kept: number): number {
    expectOrder(this.#slots, kept, identities);
    let isExpected = this.#slots.length === count;
    for (let i = 0; i < count && isExpected; i++) isExpected = this.#slots[i] === slots[i];
    if (isExpected) return 0;
    this.#slots = [...slots.subarray(0, count)];
    this.#body.varint(count);
    for (const slot of this.#slots) this.#body.varint(slot);
    return SECTION.order;
  }

  #writeDetails({ details, slots, count }: Sample): number {
    if (details === null) return 0;
    const fresh: number[] = [];
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      if (details.readAtTick[slot] !== this.#readAtTick[slot]) fresh.push(slot);
    }
    if (fresh.length === 0) return 0;
    this.#body.varint(fresh.length);
    for (const slot of fresh) this.#writeDetailsOf(details, slot);
    return SECTION.details;
  }

  #writeDetailsOf(details: DetailColumns, slot: number): void {
    this.#body.varint(slot);
    this.#body.signed(details.readAtTick[slot]!);
    this.#readAtTick[slot] = details.readAtTick[slot]!;
    this.#details[slot] ??= details.figures.map(() => 0);
    const before = this.#details[slot];
    for (const [at, figure] of details.figures.entries()) {
      const value = details.get(figure, slot);
      this.#body.number(value, before[at]!);
      before[at] = value;
    }
  }

  #makeRoom(capacity: number): void {
    if (this.#rows.capacity >= capacity) return;
    this.#rows = this.#rows.grown(capacity);
    this.#changed = new Int32Array(capacity);
    this.#masks = new Int32Array(capacity);
  }
}

function maskOf(rows: ProcessColumns, before: ProcessColumns, slot: number): number {
  let mask = 0;
  for (let bit = 0; bit < ROW_COLUMNS.length; bit++) {
    const name = ROW_COLUMNS[bit]!;
    const value = rows[name][slot]!;
    const known = before[name][slot]!;
    // Unchanged NaN is equal, too.
    // biome-ignore lint/suspicious/noSelfCompare: it tells NaN without a call
    if (value !== known && (value === value || known === known)) mask |= 1 << bit;
  }
  return mask;
}

function writeIdentity(writer: ByteWriter, identity: ProcessIdentity): void {
  writer.varint(identity.serial);
  writer.varint(identity.pid);
  writer.real(identity.startTicks);
  writer.float64(identity.bornAtSeconds);
  writer.float64(identity.startedUnixMillis);
  writer.text(identity.name);
  writer.optional(identity.title, (title) => writer.text(title));
  writer.text(identity.executable);
  writer.optional(identity.command, (command) => writer.text(command));
  writer.text(identity.subCgroup);
}
