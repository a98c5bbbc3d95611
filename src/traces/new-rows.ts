import type { ProcessAccount } from '../ledger/accounts/process-account.ts';
import { ORIGIN_BIRTH } from '../sampling/process-columns.ts';
import type { Sample } from '../sampling/sample.ts';

const NO_SLOTS: readonly number[] = [];

/** Rows of a sample that were born in their units and that no earlier sample contains, by PID: one for each target. */
export class NewRows {
  readonly #slots = new Map<number, number[]>();

  /** `isKnown`: whether a row, by its serial, is not new. */
  list(
    { identities, rows, changed, changedCount }: Sample,
    accounts: readonly (ProcessAccount | undefined)[],
    isKnown: (serial: number) => boolean,
  ): void {
    this.#slots.clear();
    for (let i = 0; i < changedCount; i++) {
      const slot = changed[i]!;
      if (rows.origin[slot] !== ORIGIN_BIRTH || accounts[slot] === undefined) continue;
      const { serial, pid } = identities[slot]!;
      if (isKnown(serial)) continue;
      const slots = this.#slots.get(pid);
      if (slots === undefined) this.#slots.set(pid, [slot]);
      else slots.push(slot);
    }
  }

  slotsOf(pid: number): readonly number[] {
    return this.#slots.get(pid) ?? NO_SLOTS;
  }
}
