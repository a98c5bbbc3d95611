import type { Results } from './results.ts';
import { SAMPLING } from './scenario.ts';
import { shown, spreadOf } from './spread.ts';

/** Each goal with what was measured, and whether it was met: by the median, or of memory by the figure. */
export function goalsOf({ scenarios, startUps, memory, exitRecords }: Results): string[][] {
  const rows: string[][] = [];
  const add = (goal: string, measured: string, met: boolean) =>
    void rows.push([goal, measured, met ? 'met' : 'missed']);
  const busiest = scenarios.find(({ plan }) => plan.processes === 1000 && plan.busyEvery === 1);
  const sampling = busiest?.figures.find(({ contender }) => contender === SAMPLING);
  if (sampling !== undefined) {
    const { overFloor } = sampling;
    add(
      'sampling at most 2 times the C floor (1,000 processes, all busy)',
      shown(overFloor, 2),
      overFloor.median <= 2,
    );
  }
  for (const { plan, ledgerShare } of scenarios) {
    if (plan.processes !== 1000 || plan.busyEvery !== 1) continue;
    const { median, min, max } = ledgerShare;
    const percent = shown({ median: median * 100, min: min * 100, max: max * 100 }, 1);
    add('ledger at most 15% on top of sampling (1,000 processes, all busy)', `${percent} %`, median <= 0.15);
  }
  for (const { processes, firstSample } of startUps) {
    if (firstSample.length === 0) continue;
    const spread = spreadOf(firstSample);
    add(
      `first sample within 200 ms (${processes} processes)`,
      `${shown(spread, 0)} ms`,
      spread.median <= 200,
    );
  }
  const whole = memory[1];
  if (whole !== undefined) {
    const mebibytes = whole.residentBytes / 2 ** 20;
    add('RSS at most 90 MiB (1,000 processes, all busy)', `${mebibytes.toFixed(1)} MiB`, mebibytes <= 90);
  }
  if (exitRecords !== null && typeof exitRecords === 'object') {
    const { micros } = exitRecords;
    add('an exit record at most 20 µs', `${shown(micros, 1)} µs`, micros.median <= 20);
  }
  return rows;
}
