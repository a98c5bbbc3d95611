import { addByName, exitedOf } from './exited-rows.ts';
import type { RunExited, RunName, RunUnit } from './run-document.ts';
import { cpuPercentOver, type RunTimes } from './run-times.ts';

/** Processes of a unit by name, most CPU first: each process in `processes` or `exited` is counted once. */
export function namesOf(
  { processes, exited }: Pick<RunUnit, 'processes' | 'exited'>,
  run: RunTimes,
): RunName[] {
  const sums = new Map<string, RunExited>();
  const running = new Map<string, number>();
  for (const row of processes) {
    addByName(sums, exitedOf(row));
    if (row.endedAt === null) running.set(row.name, (running.get(row.name) ?? 0) + 1);
  }
  for (const row of exited) addByName(sums, row);
  return [...sums.values()]
    .map((row) => ({
      ...row,
      running: running.get(row.name) ?? 0,
      cpuPercent: cpuPercentOver(row.cpuSeconds, run),
    }))
    .sort((a, b) => b.cpuSeconds - a.cpuSeconds || b.count - a.count || compared(a.name, b.name));
}

function compared(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
