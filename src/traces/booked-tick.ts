import type { ProcessAccount } from '../ledger/accounts/process-account.ts';

/** The part of the ledger from which spans are created, after a sample is booked. */
export interface BookedTick {
  readonly units: readonly { readonly unit: string }[];
  /** By slot. */
  readonly accounts: readonly (ProcessAccount | undefined)[];
  /** Accounts of rows that ended in the tick. */
  readonly ended: readonly ProcessAccount[];
  /** Accounts of all rows that have not ended, including those that left their unit. */
  openAccounts(): Iterable<ProcessAccount>;
}
