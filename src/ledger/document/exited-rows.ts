import { nullableMax, nullableSum } from '../../host/nullable.ts';
import type { RunBytes, RunExited, RunProcess } from './run-document.ts';
import { peakMemoryOf } from './run-process.ts';

type ExitCodes = RunExited['exitCodes'];

/** Maximum number of rows for names of exited processes in one unit; further names share the row `OTHER_NAMES`. */
export const MOST_EXITED_NAMES = 1000;

/** Adds one exit code to the counts; null if it is unknown. */
export function withExitCode(codes: ExitCodes, code: number | null): ExitCodes {
  if (code === null) return codes;
  return code === 0 ? (codes ?? {}) : { ...codes, [code]: (codes?.[code] ?? 0) + 1 };
}

/** Sum of two sets of counts; null only if both are unknown. */
function sumOfExitCodes(a: ExitCodes, b: ExitCodes): ExitCodes {
  if (a === null || b === null) return a ?? b;
  const sum: Record<string, number> = { ...a };
  for (const [code, count] of Object.entries(b)) sum[code] = (sum[code] ?? 0) + count;
  return sum;
}

/** All CPU booked to a process: its own, and that of waited-for children. */
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

/** Converts a process that has ended to a row that can be folded by name. */
export function exitedOf(row: RunProcess): RunExited {
  return {
    name: row.name,
    count: 1,
    cpuSeconds: cpuOf(row),
    ...bytesOf(row),
    peakMemoryBytes: peakMemoryOf(row),
    apportioned: false,
    exitCodes: withExitCode(null, row.exitCode),
  };
}

/** Sum of two rows of one name. */
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

/** Adds a row to the row with the same key, by default its name. */
export function addByName(sums: Map<string, RunExited>, row: RunExited, key = row.name): void {
  const known = sums.get(key);
  sums.set(key, known === undefined ? row : sumOfExited(known, row));
}
