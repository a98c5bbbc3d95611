import { nullableMax, nullableSum, orNull } from '../../host/nullable.ts';
import type { BookedProcess } from '../accounts/booked-process.ts';
import { OTHER_NAMES } from '../accounts/other.ts';
import { cpuOf, MOST_EXITED_NAMES, withExitCode } from '../document/exited-rows.ts';
import type { RunExited } from '../document/run-document.ts';

interface Folded {
  count: number;
  cpuSeconds: number;
  diskBytes: number | null;
  transferBytes: number | null;
  cancelledWriteBytes: number | null;
  peakMemoryBytes: number | null;
  exitCodes: RunExited['exitCodes'];
}

/** Processes of one unit without rows of their own, summed by name or by another key. */
export class ExitedFold {
  readonly #byName = new Map<string, Folded>();

  fold(account: BookedProcess, key = account.name): void {
    let name = key;
    if (!this.#byName.has(name) && this.#byName.size >= MOST_EXITED_NAMES) name = OTHER_NAMES;
    let folded = this.#byName.get(name);
    if (folded === undefined) {
      folded = {
        count: 0,
        cpuSeconds: 0,
        diskBytes: null,
        transferBytes: null,
        cancelledWriteBytes: null,
        peakMemoryBytes: null,
        exitCodes: null,
      };
      this.#byName.set(name, folded);
    }
    folded.count++;
    folded.cpuSeconds += cpuOf(account);
    folded.diskBytes = nullableSum(folded.diskBytes, account.diskBytes);
    folded.transferBytes = nullableSum(folded.transferBytes, account.transferBytes);
    folded.cancelledWriteBytes = nullableSum(folded.cancelledWriteBytes, account.cancelledWriteBytes);
    folded.exitCodes = withExitCode(folded.exitCodes, account.exitCode);
    folded.peakMemoryBytes = nullableMax(folded.peakMemoryBytes, orNull(account.peakMemoryBytes));
  }

  /** Most CPU first; `name` is the key. */
  rows(): RunExited[] {
    const rows = [...this.#byName].map(([name, folded]) => ({
      name,
      ...folded,
      apportioned: false,
    }));
    return rows.sort((a, b) => b.cpuSeconds - a.cpuSeconds || b.count - a.count);
  }
}
