import type { ProcessExit } from '../../sampling/exit-records.ts';
import type { RunExited } from '../document/run-document.ts';
import type { ClaimedBytes } from './exit-claims.ts';

/** Names beyond this many in one unit share one row. */
const MOST_NAMES = 1000;
const REST = '(other)';

interface Named {
  count: number;
  cpuSeconds: number;
  bytes: Record<ClaimedBytes, number> | null;
  peakMemoryBytes: number;
  readonly exitCodes: Map<number, number>;
}

/** Processes of one unit that ended unseen, by the names that the kernel's records give. */
export class ExitedByName {
  readonly #byName = new Map<string, Named>();

  /** One more has ended. What it used comes by `bookCpu` and `bookBytes`, if it comes. */
  count(exit: ProcessExit): void {
    const named = this.#named(exit.name);
    named.count++;
    named.peakMemoryBytes = Math.max(named.peakMemoryBytes, exit.peakMemoryBytes);
    const { exitCode } = exit;
    if (exitCode !== null && exitCode !== 0)
      named.exitCodes.set(exitCode, (named.exitCodes.get(exitCode) ?? 0) + 1);
  }

  bookCpu(name: string, seconds: number): void {
    this.#named(name).cpuSeconds += seconds;
  }

  /** That its bytes can be known, be there any or none. */
  knowBytes(name: string): void {
    this.#bytesOf(name);
  }

  bookBytes(name: string, column: ClaimedBytes, bytes: number): void {
    this.#bytesOf(name)[column] += bytes;
  }

  /** Heaviest first. */
  rows(): RunExited[] {
    const rows = [...this.#byName].map(([name, named]) => rowOf(name, named));
    return rows.sort((a, b) => b.cpuSeconds - a.cpuSeconds || b.count - a.count);
  }

  #bytesOf(name: string): Record<ClaimedBytes, number> {
    const named = this.#named(name);
    named.bytes ??= { readBytes: 0, writeBytes: 0, cancelledWriteBytes: 0, readChars: 0, writeChars: 0 };
    return named.bytes;
  }

  #named(exitName: string): Named {
    const name = this.#byName.has(exitName) || this.#byName.size < MOST_NAMES ? exitName : REST;
    let named = this.#byName.get(name);
    if (named === undefined) {
      named = { count: 0, cpuSeconds: 0, bytes: null, peakMemoryBytes: 0, exitCodes: new Map() };
      this.#byName.set(name, named);
    }
    return named;
  }
}

function rowOf(name: string, { count, cpuSeconds, bytes, peakMemoryBytes, exitCodes }: Named): RunExited {
  return {
    name,
    count,
    cpuSeconds,
    diskBytes: bytes === null ? null : bytes.readBytes + bytes.writeBytes,
    transferBytes: bytes === null ? null : bytes.readChars + bytes.writeChars,
    cancelledWriteBytes: bytes?.cancelledWriteBytes ?? null,
    peakMemoryBytes,
    apportioned: true,
    exitCodes: Object.fromEntries([...exitCodes].sort(([a], [b]) => a - b)),
  };
}
