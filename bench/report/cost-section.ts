import { COST_PARTS } from '../parts/parts.ts';
import { FLOOR, SAMPLING, type ScenarioResult, WHOLE_OTLP } from '../parts/scenario.ts';
import type { PopulationPlan } from '../population.ts';
import { shown } from '../spread.ts';
import { table } from './markdown.ts';
import type { LinePlot } from './plot.ts';
import type { StoredParts } from './stored.ts';

/** Of all sizes that were measured, the smallest first. */
export function scenariosOf(parts: StoredParts): readonly ScenarioResult[] {
  const all = COST_PARTS.flatMap((part) => parts[part]?.result ?? []);
  return all.toSorted(
    ({ plan: a }, { plan: b }) =>
      a.processes - b.processes || (a.units ?? 1) - (b.units ?? 1) || activityRank(a) - activityRank(b),
  );
}

export function costSection(scenarios: readonly ScenarioResult[]): string[] {
  if (scenarios.length === 0) return [];
  const names = scenarios[0]!.figures.map(({ contender }) => contender);
  const cells = (cell: (figure: ScenarioResult['figures'][number]) => string) =>
    scenarios.map(({ plan, figures }) => [populationCell(plan), ...figures.map(cell)]);
  return [
    '## CPU of one process in one sample',
    'One sample every 0.5 s. The C floor is a C program that keeps two descriptors per process (`stat`, `io`), reads both in each sample and parses nothing. If the limit of open files is too low, it reads fewer processes. CPU is user and system time of all threads. The programs run in turns: while one runs, the others are stopped. Before the measurement, each program runs for one to four minutes, until V8 has compiled most of its code. The last table of this section has these times and the CPU until then.',
    `Multiples of \`${FLOOR}\`, which pauses between samples as the other programs do, in the same turn:`,
    table(
      ['processes', ...names],
      cells(({ overFloor }) => shown(overFloor, 2)),
    ),
    'In microseconds:',
    table(
      ['processes', ...names],
      cells(({ micros }) => shown(micros, 2)),
    ),
    'CPU of ledger and totals, in percent of the CPU of sampling:',
    table(
      ['processes', 'ledger, totals'],
      scenarios.map(({ plan, ledgerShare: { median, min, max } }) => [
        populationCell(plan),
        shown({ median: median * 100, min: min * 100, max: max * 100 }, 1),
      ]),
    ),
    'CPU seconds of each program before the measurement. All programs run at the same time, with a sample every 0.5 s:',
    table(
      ['processes', 'seconds', ...names.slice(1)],
      scenarios.map(({ plan, figures, warmUpSeconds }) => [
        populationCell(plan),
        `${warmUpSeconds}`,
        ...figures.slice(1).map(({ warmUpSeconds: cpuSeconds }) => cpuSeconds?.toFixed(2) ?? '-'),
      ]),
    ),
    ...Object.keys(costPlots(scenarios)).map((name) => `![${name}](plots/${name})`),
  ];
}

/** One for each activity that more than one size was measured with. */
export function costPlots(scenarios: readonly ScenarioResult[]): Readonly<Record<string, LinePlot>> {
  const plots: Record<string, LinePlot> = {};
  for (const [busyEvery, name] of [
    [1, 'all-busy'],
    [10, 'one-in-ten-busy'],
    [0, 'idle'],
  ] as const) {
    const of = scenarios.filter(({ plan }) => plan.busyEvery === busyEvery && (plan.units ?? 1) === 1);
    if (of.length < 2) continue;
    plots[`cost-${name}.svg`] = {
      title: `CPU per process and sample: ${activityName(busyEvery)}`,
      x: { title: 'processes', log: true },
      y: { title: 'microseconds', log: true },
      points: of.flatMap(({ plan, figures }) =>
        figures
          .filter(({ contender }) => [FLOOR, SAMPLING, WHOLE_OTLP].includes(contender))
          .map(({ contender, micros }) => ({ series: contender, x: plan.processes, y: micros.median })),
      ),
      marks: true,
    };
  }
  return plots;
}

/** `1,000 in 100 units, all busy`: for a table whose column is named `processes`. */
function populationCell(plan: PopulationPlan): string {
  return populationName(plan).replace(' processes', '');
}

/** `1,000 processes in 100 units, all busy` */
export function populationName({ processes, busyEvery, units = 1 }: PopulationPlan): string {
  const where = units === 1 ? '' : ` in ${units} units`;
  return `${processes.toLocaleString('en')} processes${where}, ${activityName(busyEvery)}`;
}

function activityName(busyEvery: number): string {
  return busyEvery === 0 ? 'idle' : busyEvery === 1 ? 'all busy' : `one in ${busyEvery} busy`;
}

function activityRank({ busyEvery }: PopulationPlan): number {
  return busyEvery === 0 ? Number.POSITIVE_INFINITY : busyEvery;
}
