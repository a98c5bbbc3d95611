import type { ProcessEvent } from '../host/proc-events/process-event.ts';
import type { ProcessAccount } from '../ledger/accounts/process-account.ts';
import { ORIGIN_BIRTH } from '../sampling/process-columns.ts';
import { isSameBirth } from '../sampling/process-events.ts';
import type { Sample } from '../sampling/sample.ts';

const NO_SLOTS: readonly number[] = [];

/** Rows of a sample that were born in their units and that no earlier sample contains. */
export class NewRows {
  /** By PID: one for each target that contains the process. */
  readonly #slots = new Map<number, number[]>();
  /** Slots of rows whose births are among the events. */
  readonly #reported = new Set<number>();

  /**
   * Takes a sample and the events before it. Returns the slots of the rows whose births are not among the events, oldest
   * first: they were reported with the previous sample, before the rows could be matched to a target, or were lost.
   * `isKnown`: whether a row, by its serial, is not new.
   */
  list(
    { identities, rows, changed, changedCount }: Sample,
    accounts: readonly (ProcessAccount | undefined)[],
    events: readonly ProcessEvent[],
    isKnown: (serial: number) => boolean,
  ): readonly number[] {
    this.#slots.clear();
    this.#reported.clear();
    const all: number[] = [];
    for (let i = 0; i < changedCount; i++) {
      const slot = changed[i]!;
      if (rows.origin[slot] !== ORIGIN_BIRTH || accounts[slot] === undefined) continue;
      const { serial, pid } = identities[slot]!;
      if (isKnown(serial)) continue;
      all.push(slot);
      const slots = this.#slots.get(pid);
      if (slots === undefined) this.#slots.set(pid, [slot]);
      else slots.push(slot);
    }
    if (all.length === 0) return all;
    for (const { kind, pid, atSeconds } of events) {
      if (kind !== 'fork') continue;
      for (const slot of this.slotsOf(pid))
        if (isSameBirth(identities[slot]!.bornAtSeconds, atSeconds)) this.#reported.add(slot);
    }
    return all.filter((slot) => !this.#reported.has(slot));
  }

  slotsOf(pid: number): readonly number[] {
    return this.#slots.get(pid) ?? NO_SLOTS;
  }
}
