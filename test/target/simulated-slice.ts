import type { EndedChild, PresentChild } from '../../src/target/slice-children.ts';
import type { ReadLife, SliceReading } from '../../src/target/slice-residue.ts';

interface Life {
  readonly name: string;
  readonly inode: number;
  nanos: number;
  wasSeen: boolean;
}

/**
 * A slice as the kernel keeps it, and who reads it as the real ones do: the slice's counter, then those of the tracked
 * units, then those of all cgroups in it; the kernel may go on between any two of these. CPU is in nanoseconds.
 */
export class SimulatedSlice {
  /** Since the slice was made. */
  usageNanos = 0;
  /** Of all lives of a name so far. */
  readonly usedBy = new Map<string, number>();
  /** Of those of them that came and went between two reads. */
  readonly unseenOf = new Map<string, number>();
  readonly lives = new Map<string, Life>();
  /** What was booked by reading tracked lives, as a ledger does. */
  readonly bookedBy = new Map<string, number>();
  readonly #tracked: readonly string[];
  readonly #tellsRemoved: boolean;
  #removed = new Set<string>();
  #nextInode = 1;
  #instances = new Map<string, { life: Life; read: number }>();
  #children = new Map<string, { life: Life; seconds: number; isNew: boolean }>();

  /** `tellsRemoved`: as a kernel that tells which directories were removed. */
  constructor(tracked: readonly string[], tellsRemoved: boolean) {
    this.#tracked = tracked;
    this.#tellsRemoved = tellsRemoved;
  }

  start(name: string): void {
    if (!this.lives.has(name))
      this.lives.set(name, { name, inode: this.#nextInode++, nanos: 0, wasSeen: false });
  }

  end(name: string): void {
    const life = this.lives.get(name);
    if (life?.wasSeen === false) this.unseenOf.set(name, (this.unseenOf.get(name) ?? 0) + life.nanos);
    if (life !== undefined) this.#removed.add(name);
    this.lives.delete(name);
  }

  work(name: string, nanos: number): void {
    const life = this.lives.get(name);
    if (life === undefined) return;
    life.nanos += nanos;
    this.usageNanos += nanos;
    this.usedBy.set(name, (this.usedBy.get(name) ?? 0) + nanos);
  }

  /** One tick's reads, with what happens in between. */
  read(atSeconds: number, meanwhile: () => void): { reading: SliceReading; lives: Map<string, ReadLife> } {
    // Who is there is found out when the tick begins.
    const instances = new Map<string, { life: Life; read: number }>();
    for (const name of this.#tracked) {
      const life = this.lives.get(name);
      const known = this.#instances.get(name);
      if (life !== undefined) instances.set(name, known?.life === life ? known : { life, read: Number.NaN });
    }
    this.#instances = instances;
    meanwhile();
    const beforeSeconds = this.usageNanos / 1e9;
    const lives = new Map<string, ReadLife>();
    for (const [name, instance] of instances) {
      meanwhile();
      const { life } = instance;
      if (this.lives.get(name) === life) {
        const grown = life.nanos / 1e9 - (Number.isNaN(instance.read) ? 0 : instance.read);
        this.bookedBy.set(name, (this.bookedBy.get(name) ?? 0) + grown);
        instance.read = life.nanos / 1e9;
        lives.set(name, { inode: life.inode, cpuSeconds: instance.read });
      } else lives.set(name, { inode: life.inode, cpuSeconds: Number.NaN });
    }
    const children = this.#readChildren(meanwhile);
    meanwhile();
    const afterSeconds = this.usageNanos / 1e9;
    const removed = this.#tellsRemoved ? this.#removed : null;
    this.#removed = new Set();
    return { reading: { atSeconds, beforeSeconds, afterSeconds, children, removed }, lives };
  }

  #readChildren(meanwhile: () => void): SliceReading['children'] {
    const ended: EndedChild[] = [];
    const present = new Map<string, PresentChild>();
    let seconds = 0;
    for (const [name, child] of [...this.#children]) {
      meanwhile();
      const { life } = child;
      if (this.lives.get(name) === life) {
        child.seconds = life.nanos / 1e9;
        child.isNew = false;
        seconds += child.seconds;
        present.set(name, { inode: life.inode, isNew: false });
      } else {
        ended.push({ name, inode: life.inode, seconds: child.seconds });
        this.#children.delete(name);
      }
    }
    meanwhile();
    for (const life of this.lives.values()) {
      const { name, inode } = life;
      life.wasSeen = true;
      if (this.#children.has(name)) continue;
      this.#children.set(name, { life, seconds: life.nanos / 1e9, isNew: true });
      seconds += life.nanos / 1e9;
      present.set(name, { inode, isNew: true });
    }
    return { seconds, ended, present };
  }
}
