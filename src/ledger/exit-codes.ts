import type { RunExited } from './run-document.ts';

type ExitCodes = RunExited['exitCodes'];

/** How many ended with each code, once another process has ended with `code`; null: with which is not known. */
export function withExitCode(codes: ExitCodes, code: number | null): ExitCodes {
  if (code === null) return codes;
  return code === 0 ? (codes ?? {}) : { ...codes, [code]: (codes?.[code] ?? 0) + 1 };
}

/** Of two sets of processes; what is known of one alone is told. */
export function sumOfExitCodes(a: ExitCodes, b: ExitCodes): ExitCodes {
  if (a === null || b === null) return a ?? b;
  const sum: Record<string, number> = { ...a };
  for (const [code, count] of Object.entries(b)) sum[code] = (sum[code] ?? 0) + count;
  return sum;
}
