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
    scenarios.map(({ plan, figures }) => [populationName(plan), ...figures.map(cell)]);
  return [
    '## CPU of one process in one sample',
    'One sample every 0.5 s. The C floor keeps two descriptors a process (`stat`, `io`), reads both in each round and parses nothing; where there are not as many descriptors to be had, of as many processes as there are for. CPU is user and system time of all threads. One program runs at a time and the others are stopped, in turns. Each has run for a minute by then, so what V8 takes to compile is behind it, for the most part; what that minute took stands below.',
    `As multiples of the paced ${FLOOR} of the same turn:`,
    table(
      ['processes', ...names],
      cells(({ overFloor }) => shown(overFloor, 2)),
    ),
    'In microseconds:',
    table(
      ['processes', ...names],
      cells(({ micros }) => shown(micros, 2)),
    ),
    'The ledger and the totals on top of sampling, in percent of it:',
    table(
      ['processes', 'ledger, totals'],
      scenarios.map(({ plan, ledgerShare: { median, min, max } }) => [
        populationName(plan),
        shown({ median: median * 100, min: min * 100, max: max * 100 }, 1),
      ]),
    ),
    'CPU seconds from the start to when it is measured, all of them side by side, in which a sample is taken twice a second as well:',
    table(
      ['processes', 'seconds', ...names.slice(1)],
      scenarios.map(({ plan, figures, warmUpSeconds }) => [
        populationName(plan),
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
      title: `CPU of a process and sample: ${activityName(busyEvery)}`,
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

export function populationName({ processes, busyEvery, units = 1 }: PopulationPlan): string {
  const where = units === 1 ? '' : ` in ${units} units`;
  return `${processes.toLocaleString('en')}${where}, ${activityName(busyEvery)}`;
}

function activityName(busyEvery: number): string {
  return busyEvery === 0 ? 'idle' : busyEvery === 1 ? 'all busy' : `one in ${busyEvery} busy`;
}

function activityRank({ busyEvery }: PopulationPlan): number {
  return busyEvery === 0 ? Number.POSITIVE_INFINITY : busyEvery;
}
