import type { RunDocument, RunUnit } from '../../ledger/document/run-document.ts';
import { ABSENT, byteCount, megabytes, minMaxAvg, percent, ratio, seconds } from '../format.ts';
import { type Column, figure, LONG_TEXT_COLUMNS, words } from './column.ts';
import { peakTime } from './totals-sentences.ts';

/** Titles of the columns that a narrow terminal leaves out last. */
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

/** The columns of the table that sets units side by side. */
export function unitColumns({ endedAt }: RunDocument): readonly Column<RunUnit>[] {
  return [
    words('UNIT', LONG_TEXT_COLUMNS, ({ unit }) => unit),
    figure('CPU_S', ({ instances, cpu }) =>
      instances === 0 && (cpu.totalSeconds ?? 0) === 0
        ? ABSENT
        : seconds(cpu.totalSeconds ?? cpu.attributedSeconds),
    ),
    figure('COVERAGE', ({ cpu }) => ratio(cpu.coverage)),
    figure('CPU%(min/max/avg)', ({ totals }) => minMaxAvg(totals.cpuPercent, percent)),
    figure('CPU_PEAK_AT', ({ totals }) => peakTime(totals.cpuPercent, endedAt)),
    figure('MEM_MB(min/max/avg)', ({ totals }) => minMaxAvg(totals.memoryBytes, megabytes)),
    figure('MEM_PEAK_AT', ({ totals }) => peakTime(totals.memoryBytes, endedAt)),
    figure('DISK_TOTAL', ({ totals }) => byteCount(totals.diskBytes)),
    figure('XFER_TOTAL', ({ totals }) => byteCount(totals.transferBytes)),
    figure('PROCESSES', ({ totals }) => String(totals.processesSeen)),
    figure('INSTANCES', ({ instances }) => String(instances)),
  ];
}
