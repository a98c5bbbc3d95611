import type { ProcessNode } from './process-node.ts';

/** Booked CPU of processes that ended unseen, by name. */
export interface UnseenBooks {
  /** Rows of one unit since the start of the run. */
  rowsOf(unit: number): readonly { readonly name: string; readonly cpuSeconds: number }[];
}

/**
 * Assigns each process that no sample contains its share of the booked CPU of its name. The kernel's records can be off
 * by a factor, so they are used as weights only. The spans of a name then add up to its row in the summary.
 */
export class UnseenCpu {
  readonly #otherNames: string;
  /** By unit and name: CPU in the spans that were sent. */
  readonly #given = new Map<string, number>();

  /** `otherNames`: the row in the books for names beyond the limit. */
  constructor(otherNames: string) {
    this.#otherNames = otherNames;
  }

  settle(ended: readonly ProcessNode[], books: UnseenBooks): void {
    const unseen = ended.filter(({ isUnseen, usage }) => isUnseen && !Number.isNaN(usage.cpuSeconds));
    for (const [place, nodes] of Map.groupBy(unseen, ({ root }) => root.place)) {
      const booked = new Map(books.rowsOf(place).map(({ name, cpuSeconds }) => [name, cpuSeconds]));
      const rowOf = ({ name }: ProcessNode) => (booked.has(name) ? name : this.#otherNames);
      for (const [name, members] of Map.groupBy(nodes, rowOf))
        this.#divide(`${place} ${name}`, booked.get(name) ?? 0, members);
    }
  }

  #divide(key: string, bookedSeconds: number, members: readonly ProcessNode[]): void {
    const given = this.#given.get(key) ?? 0;
    // Another unit may use this index now, with bookings of its own.
    const left = bookedSeconds < given ? bookedSeconds : bookedSeconds - given;
    const weights = members.reduce((sum, { usage }) => sum + usage.cpuSeconds, 0);
    for (const node of members) {
      const share = weights > 0 ? node.usage.cpuSeconds / weights : 1 / members.length;
      node.usage = { ...node.usage, cpuSeconds: left * share };
    }
    this.#given.set(key, bookedSeconds);
  }
}
