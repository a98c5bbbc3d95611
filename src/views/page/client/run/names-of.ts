import { addByName } from '../../../../ledger/document/exited-rows.ts';
import type { RunExited } from '../../../../ledger/document/run-document.ts';
import type { UnitData } from './run-data.ts';

/** The names of all these units, each once, most CPU first. */
export function namesOf(units: readonly UnitData[]): readonly RunExited[] {
  const sums = new Map<string, RunExited>();
  for (const { info } of units) for (const row of info.totals.names) addByName(sums, row);
  return [...sums.values()].sort((a, b) => b.cpuSeconds - a.cpuSeconds || b.count - a.count);
}
