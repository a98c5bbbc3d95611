import type { BookedProcess } from '../accounts/booked-process.ts';
import { OTHER_NAMES } from '../accounts/other.ts';
import { addByName, MOST_EXITED_NAMES } from '../document/exited-rows.ts';
import type { RunExited, RunSubCgroup } from '../document/run-document.ts';
import type { RunTimes } from '../document/run-times.ts';
import { cpuPercentOver } from '../document/run-times.ts';
import type { Ledger } from '../ledger.ts';
import { ExitedFold } from './exited-fold.ts';

/** Processes of each unit by sub-cgroup: running, ended, and ended unseen. */
export class SubCgroupTotals {
  readonly #ledger: Ledger;
  /** By unit: ended processes that had rows. */
  readonly #ended: (ExitedFold | undefined)[] = [];

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Collects what ended in the tick that was just booked. */
  gather(): void {
    for (const { place } of this.#ledger.retired) this.#ended[place] = undefined;
    for (const account of this.#ledger.ended) fold(this.#ended, account);
  }

  /** By unit, most CPU first; empty if all processes of the unit were in one cgroup. */
  rows(run: RunTimes): (readonly RunSubCgroup[])[] {
    const open: (ExitedFold | undefined)[] = [];
    const running: (Map<string, number> | undefined)[] = [];
    for (const account of this.#ledger.openAccounts()) {
      fold(open, account);
      if (account.endedAtSeconds !== null) continue;
      running[account.unit] ??= new Map();
      const { subCgroup } = account.identity;
      const counts = running[account.unit]!;
      counts.set(subCgroup, (counts.get(subCgroup) ?? 0) + 1);
    }
    return this.#ledger.units.map(({ origin }, place) => {
      // Units that share the slot of their pattern have different cgroups.
      if (origin.kind === 'pattern') return [];
      const rows = [
        ...(this.#ended[place]?.rows() ?? []),
        ...(open[place]?.rows() ?? []),
        ...this.#ledger.unseen.subCgroupsOf(place),
      ];
      return rowsOf(rows, running[place] ?? new Map(), run);
    });
  }
}

function fold(folds: (ExitedFold | undefined)[], account: BookedProcess): void {
  folds[account.unit] ??= new ExitedFold();
  folds[account.unit]!.fold(account, account.identity.subCgroup);
}

/** `parts` and `running` are by path; paths beyond the limit share one row. */
function rowsOf(
  parts: readonly RunExited[],
  running: ReadonlyMap<string, number>,
  run: RunTimes,
): RunSubCgroup[] {
  const sums = new Map<string, RunExited>();
  const pathOf = (path: string) => (sums.has(path) || sums.size < MOST_EXITED_NAMES ? path : OTHER_NAMES);
  for (const row of parts) {
    const name = pathOf(row.name);
    addByName(sums, { ...row, name });
  }
  if (sums.size < 2) return [];
  const counts = new Map<string, number>();
  for (const [path, count] of running) counts.set(pathOf(path), (counts.get(pathOf(path)) ?? 0) + count);
  return [...sums.values()]
    .map(({ name, apportioned: _, ...row }) => ({
      subCgroup: name === '' ? null : name,
      ...row,
      running: counts.get(name) ?? 0,
      cpuPercent: cpuPercentOver(row.cpuSeconds, run),
    }))
    .sort(
      (a, b) =>
        b.cpuSeconds - a.cpuSeconds ||
        b.count - a.count ||
        ((a.subCgroup ?? '') < (b.subCgroup ?? '') ? -1 : 1),
    );
}
