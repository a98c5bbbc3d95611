import { nullableMax, nullableSum } from '../../host/nullable.ts';
import type { RunBytes, RunExited, RunProcess } from './run-document.ts';

type ExitCodes = RunExited['exitCodes'];

/** Executable names of exited processes that one unit keeps apart; all names beyond share one row, `OTHER_NAMES`. */
export const MOST_EXITED_NAMES = 1000;

/** How many ended with each code, once another process has ended with `code`; null: with which is not known. */
export function withExitCode(codes: ExitCodes, code: number | null): ExitCodes {
  if (code === null) return codes;
  return code === 0 ? (codes ?? {}) : { ...codes, [code]: (codes?.[code] ?? 0) + 1 };
}

/** Adds up two sets of processes; what is known of only one is kept. */
function sumOfExitCodes(a: ExitCodes, b: ExitCodes): ExitCodes {
  if (a === null || b === null) return a ?? b;
  const sum: Record<string, number> = { ...a };
  for (const [code, count] of Object.entries(b)) sum[code] = (sum[code] ?? 0) + count;
  return sum;
}

/** All CPU that is booked to a process: its own, and that of children that it waited for. */
export function cpuOf({
  cpuSeconds,
  reapedCpuSeconds,
}: Pick<RunProcess, 'cpuSeconds' | 'reapedCpuSeconds'>): number {
  return cpuSeconds + reapedCpuSeconds;
}

function bytesOf({ diskBytes, transferBytes, cancelledWriteBytes }: RunBytes): RunBytes {
  return { diskBytes, transferBytes, cancelledWriteBytes };
}

export function sumOfBytes(a: RunBytes, b: RunBytes): RunBytes {
  return {
    diskBytes: nullableSum(a.diskBytes, b.diskBytes),
    transferBytes: nullableSum(a.transferBytes, b.transferBytes),
    cancelledWriteBytes: nullableSum(a.cancelledWriteBytes, b.cancelledWriteBytes),
  };
}

/** The row of a process that has ended, as one of those that are folded by name. */
export function exitedOf(row: RunProcess): RunExited {
  return {
    name: row.name,
    count: 1,
    cpuSeconds: cpuOf(row),
    ...bytesOf(row),
    peakMemoryBytes: row.memoryBytes?.max ?? null,
    apportioned: false,
    exitCodes: withExitCode(null, row.exitCode),
  };
}

/** Two rows of one name, as one. */
function sumOfExited(a: RunExited, b: RunExited): RunExited {
  return {
    name: a.name,
    count: a.count + b.count,
    cpuSeconds: a.cpuSeconds + b.cpuSeconds,
    ...sumOfBytes(a, b),
    peakMemoryBytes: nullableMax(a.peakMemoryBytes, b.peakMemoryBytes),
    apportioned: a.apportioned || b.apportioned,
    exitCodes: sumOfExitCodes(a.exitCodes, b.exitCodes),
  };
}

/** Adds a row to the row with its key, by default its name. */
export function addByName(sums: Map<string, RunExited>, row: RunExited, key = row.name): void {
  const known = sums.get(key);
  sums.set(key, known === undefined ? row : sumOfExited(known, row));
}
