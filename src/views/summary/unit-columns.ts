import { outermostOf } from '../../host/nested-path.ts';
import { nullableSum } from '../../host/nullable.ts';
import { coverageOf } from '../../ledger/accounts/unit-account.ts';
import type { RunDocument, RunUnit } from '../../ledger/document/run-document.ts';
import { NO_UNIT_TOTALS, sumOfUnitTotals } from '../../ledger/document/run-unit-totals.ts';
import { ABSENT, byteCount, megabytes, minMaxAvgText, percent, ratio, seconds } from '../format.ts';
import { unitCpuSeconds, wasSeen } from '../unit-use.ts';
import { type Column, figure, LONG_TEXT_COLUMNS, words } from './column.ts';
import { peakTime } from './totals-sentences.ts';

/** Titles of columns, most important first, for narrow terminals. */
export const UNIT_RANKS = [
  'UNIT',
  'CPU_S',
  'COVERAGE',
  'PROCESSES',
  'CPU%(min/max/avg)',
  'MEM_MB(min/max/avg)',
  'DISK_TOTAL',
  'XFER_TOTAL',
  'INSTANCES',
  'CPU_PEAK_AT',
  'MEM_PEAK_AT',
];

/** A row of the table of units: a unit, or all of them together. */
export type UnitRow = Pick<RunUnit, 'unit' | 'instances' | 'cpu' | 'totals'>;

/** The sum of all units, for values that add up: extremes and averages of several units are at different times. */
export function totalRow(units: readonly RunUnit[]): UnitRow {
  // A unit inside another one is part of it.
  const summed = outermostOf(units);
  const totals = summed.map((unit) => unit.totals).reduce(sumOfUnitTotals, NO_UNIT_TOTALS);
  const counted = summed.filter(({ cpu }) => cpu.totalSeconds !== null);
  const totalSeconds = counted.reduce((sum, { cpu }) => sum + cpu.totalSeconds!, 0);
  const attributed = (of: readonly RunUnit[]) => of.reduce((sum, { cpu }) => sum + cpu.attributedSeconds, 0);
  const uncounted = summed.filter(({ cpu }) => cpu.totalSeconds === null);
  return {
    unit: summed.length === units.length ? 'total' : 'total (nested units once)',
    instances: summed.reduce((sum, { instances }) => sum + instances, 0),
    cpu: {
      totalSeconds: totalSeconds + attributed(uncounted),
      attributedSeconds: attributed(summed),
      unattributed: null,
      coverage: coverageOf(attributed(counted), totalSeconds),
      sharedSeconds: summed.reduce<number | null>(
        (sum, { cpu }) => nullableSum(sum, cpu.sharedSeconds),
        null,
      ),
    },
    totals,
  };
}

/** The columns of the table of units. */
export function unitColumns({ endedAt }: RunDocument): readonly Column<UnitRow>[] {
  return [
    words('UNIT', LONG_TEXT_COLUMNS, ({ unit }) => unit),
    figure('CPU_S', (unit) => (wasSeen(unit) ? seconds(unitCpuSeconds(unit)) : ABSENT)),
    figure('COVERAGE', ({ cpu }) => ratio(cpu.coverage)),
    figure('CPU%(min/max/avg)', ({ totals }) => minMaxAvgText(totals.cpuPercent, percent)),
    figure('CPU_PEAK_AT', ({ totals }) => peakTime(totals.cpuPercent, endedAt)),
    figure('MEM_MB(min/max/avg)', ({ totals }) => minMaxAvgText(totals.memoryBytes, megabytes)),
    figure('MEM_PEAK_AT', ({ totals }) => peakTime(totals.memoryBytes, endedAt)),
    figure('DISK_TOTAL', ({ totals }) => byteCount(totals.diskBytes)),
    figure('XFER_TOTAL', ({ totals }) => byteCount(totals.transferBytes)),
    figure('PROCESSES', ({ totals }) => String(totals.processesSeen)),
    figure('INSTANCES', ({ instances }) => String(instances)),
  ];
}
