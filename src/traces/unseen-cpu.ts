import type { ProcessNode } from './process-node.ts';

/** CPU of processes that ended unseen, by name, as the books have it. */
export interface UnseenBooks {
  /** Of one unit, since it was watched. */
  rowsOf(unit: number): readonly { readonly name: string; readonly cpuSeconds: number }[];
}

/**
 * Gives each process that no sample saw its share of what the books have for its name: the kernel's records are off by a factor
 * at times, so they are weights only. The spans of a name then add up to what the summary has for it.
 */
export class UnseenCpu {
  readonly #otherNames: string;
  /** By unit and name: what spans that were sent have. */
  readonly #given = new Map<string, number>();

  /** `otherNames`: what the books call names that they have no room for. */
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
    // Another unit may have the place now, with books of its own.
    const left = bookedSeconds < given ? bookedSeconds : bookedSeconds - given;
    const weights = members.reduce((sum, { usage }) => sum + usage.cpuSeconds, 0);
    for (const node of members) {
      const share = weights > 0 ? node.usage.cpuSeconds / weights : 1 / members.length;
      node.usage = { ...node.usage, cpuSeconds: left * share };
    }
    this.#given.set(key, bookedSeconds);
  }
}
