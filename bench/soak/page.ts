import { join } from 'node:path';
import { page, table } from '../report/markdown.ts';
import type { LinePlot } from '../report/plot.ts';
import { writePage } from '../report/write-page.ts';
import { shown, spreadOf } from '../spread.ts';
import type { SoakRecord } from './record.ts';
import { COVERAGE_BAND, type SoakVerdict, soakGoals, verdictOn, WARM_UP_SHARE } from './verdict.ts';

const MEBIBYTE = 2 ** 20;

/** The plots of a soak, by the names of their files. */
export function soakPlots({ sightings, windows }: SoakRecord): Readonly<Record<string, LinePlot>> {
  const minutes = { title: 'minutes' };
  const charged = sightings.filter(({ chargedBytes }) => chargedBytes !== null);
  return {
    'soak-memory.svg': {
      title: 'Memory of the program',
      x: minutes,
      y: { title: 'MiB' },
      points: [
        ...sightings.map(({ minutes: x, residentBytes }) => ({
          series: 'RSS',
          x,
          y: residentBytes / MEBIBYTE,
        })),
        ...charged.map(({ minutes: x, chargedBytes }) => ({
          series: 'charged to its cgroup (descriptors and page cache included)',
          x,
          y: chargedBytes! / MEBIBYTE,
        })),
      ],
    },
    'soak-coverage.svg': {
      title: 'Coverage of each export window',
      x: minutes,
      y: { title: 'booked to processes, % of the CPU of the unit', domain: [90, 110] },
      points: windows
        .slice(1)
        .flatMap(({ minutes: x, coverage }) =>
          coverage === null ? [] : [{ series: 'coverage', x, y: coverage * 100 }],
        ),
      rules: [
        { name: 'goal', y: COVERAGE_BAND.least * 100 },
        { name: 'goal', y: COVERAGE_BAND.most * 100 },
      ],
    },
  };
}

/** Writes the page of a soak and its plots into a folder. */
export function writeSoak(folder: string, record: SoakRecord): Promise<void> {
  return writePage(join(folder, 'SOAK.md'), soakPage(record), { lines: soakPlots(record) });
}

/** A soak as Markdown; its plots lie in the folder `plots` beside it. */
export function soakPage(record: SoakRecord): string {
  const verdict = verdictOn(record);
  const { machine, minutes, newPerSecond, steady, niceness, collector, end } = record;
  const started = end === null ? '' : ` ${end.started.toLocaleString('en')} processes were started.`;
  return page([
    '# A soak',
    `Written by \`${record.command}\`; not to be edited.`,
    `The whole program for ${minutes.toFixed(0)} minutes on one cgroup: ${steady.toLocaleString('en')} processes that stay, one in ten of them at work, and ${newPerSecond} new ones a second, most of them gone before any sample could see them.${started} A sample every 0.5 s, OTLP every 10 s to ${collector}. Niceness of the program and of what takes its exports: ${niceness}; of the load: 0.`,
    ...(end === null ? ['It has not ended in order: these are the figures until then.'] : []),
    table(['', ''], machine),
    ...(verdict === undefined ? ['It was too short to say more.'] : verdictBlocks(record, verdict)),
  ]);
}

function verdictBlocks({ end, windows, sightings }: SoakRecord, verdict: SoakVerdict): string[] {
  const { early, late, growth, lateGrowth, missedTicks, coverage, cpuCores } = verdict;
  const mebibytes = ({ median, min, max }: typeof early) =>
    `${shown({ median: median / MEBIBYTE, min: min / MEBIBYTE, max: max / MEBIBYTE }, 1)} MiB`;
  const percent = ({ median, min, max }: typeof coverage) =>
    `${shown({ median: median * 100, min: min * 100, max: max * 100 }, 2)} %`;
  const sixth = Math.round(1 / WARM_UP_SHARE);
  const loads = sightings.flatMap(({ loadAverage }) => loadAverage ?? []);
  return [
    table(['goal', 'measured', ''], soakGoals(verdict)),
    table(
      ['', 'median (smallest–largest)'],
      [
        [`RSS, second ${ordinal(sixth)} of the run`, mebibytes(early)],
        [`RSS, last ${ordinal(sixth)}`, mebibytes(late)],
        ['growth between their medians', `${(growth * 100).toFixed(1)} %`],
        ['growth from the third quarter to the last', `${(lateGrowth * 100).toFixed(1)} %`],
        ['coverage of a window', percent(coverage)],
        ['coverage of the run', end?.coverage == null ? '-' : `${(end.coverage * 100).toFixed(2)} %`],
        ['samples, missed ones', end === null ? `-, ${missedTicks}` : `${end.samples}, ${missedTicks}`],
        [
          'windows that arrived, were lost',
          end === null ? `${windows.length}, -` : `${windows.length}, ${end.failed}`,
        ],
        ['data points of a window', `${windows.at(-1)!.points}`],
        ['load average of the machine', loads.length === 0 ? '-' : shown(spreadOf(loads), 1)],
        ['CPU of the program', `${(cpuCores * 100).toFixed(2)} % of a core`],
      ],
    ),
    'Memory grows until 10,000 rows of ended processes are kept (`--summary-rows`): those that used most. Each takes as much as any other, so that it stays as it is when those of long lives replace those of short ones.',
    '![Memory](plots/soak-memory.svg)',
    '![Coverage](plots/soak-coverage.svg)',
  ];
}

function ordinal(part: number): string {
  return part === 6 ? 'sixth' : `1/${part}`;
}
