import { BARE_NODE, type MemoryResult, WHOLE_PROGRAM } from '../parts/memory.ts';
import { SAMPLING, type ScenarioResult, WHOLE_OTLP } from '../parts/scenario.ts';
import type { PopulationPlan } from '../population.ts';
import type { SoakRecord } from '../soak/record.ts';
import { LEAST_COVERAGE, soakGoals, verdictOn } from '../soak/verdict.ts';
import { type Spread, shown, spreadOf } from '../spread.ts';
import { populationName, scenariosOf } from './cost-section.ts';
import type { StoredParts } from './stored.ts';

const MEGABYTE = 1e6;

/** Each goal with what was measured and whether it was met, by the median. What was not measured has no line. */
export function goalsOf(parts: StoredParts, soak: SoakRecord | undefined): string[][] {
  return [
    ...costGoals(parts),
    ...peerGoals(parts),
    ...memoryGoals(parts.memory?.result ?? []),
    ...scaleGoals(parts),
    ...(parts['start-up']?.result ?? []).flatMap(({ processes, other, firstSample }) =>
      other || firstSample.length === 0
        ? []
        : [atMost(`first sample (${processes} processes), ms`, spreadOf(firstSample), 75, 0)],
    ),
    ...exitGoals(parts),
    ...soakLines(soak),
  ];
}

/** The whole program with OTLP on each population: at most so many times the C floor. */
const COST_GOALS: readonly (readonly [PopulationPlan, number])[] = [
  [{ processes: 10, busyEvery: 1 }, 4],
  [{ processes: 100, busyEvery: 1 }, 1.6],
  [{ processes: 1000, busyEvery: 1 }, 1.25],
  [{ processes: 1000, busyEvery: 10 }, 0.35],
  [{ processes: 1000, busyEvery: 1, units: 100 }, 1.4],
  [{ processes: 10_000, busyEvery: 1 }, 1.4],
];

function costGoals(parts: StoredParts): string[][] {
  const scenarios = scenariosOf(parts);
  const of = ({ processes, busyEvery, units = 1 }: PopulationPlan) =>
    scenarios.find(
      ({ plan }) =>
        plan.processes === processes && plan.busyEvery === busyEvery && (plan.units ?? 1) === units,
    );
  const figure = (scenario: ScenarioResult | undefined, name: string) =>
    scenario?.figures.find(({ contender }) => contender === name)?.overFloor;
  const all = of({ processes: 1000, busyEvery: 1 });
  return [
    ...COST_GOALS.flatMap(([plan, most]) => {
      const goal = `whole program with OTLP, ${populationName(plan)}: multiple of the C floor`;
      return optional(goal, figure(of(plan), WHOLE_OTLP), most, 2);
    }),
    ...optional(
      'sampling, 1,000 processes, all busy: multiple of the C floor',
      figure(all, SAMPLING),
      1.2,
      2,
    ),
    ...optional('ledger, 1,000 processes, all busy: multiple of sampling', all?.ledgerShare, 0.15, 3),
  ];
}

function peerGoals({ peers }: StoredParts): string[][] {
  const over = (name: string) => peers?.result?.figures.find((figure) => figure.name.includes(name))?.ours;
  return [
    optional('CPU per process and sample: multiple of `top`', over('top'), 0.25, 3),
    optional('CPU per process and sample: multiple of `pidstat`', over('pidstat'), 0.1, 3),
  ].flat();
}

/** Of so many processes: RSS in MB, its peak, and CPU of processes that sleep, in percent of a core. */
const MEMORY_GOALS: Readonly<Record<number, { resident?: number; peak?: number; cpuPercent?: number }>> = {
  1000: { resident: 52, peak: 64 },
  5000: { cpuPercent: 0.5 },
  10000: { resident: 70, cpuPercent: 0.8 },
};

function memoryGoals(results: readonly MemoryResult[]): string[][] {
  return results.flatMap(({ plan, programs }) => {
    const whole = programs.find(({ name }) => name === WHOLE_PROGRAM);
    if (whole === undefined) return [];
    const population = populationName(plan);
    const { resident, peak, cpuPercent } = MEMORY_GOALS[plan.processes] ?? {};
    const line = (goal: string, value: number, most: number | undefined, digits: number) =>
      most === undefined ? [] : [atMost(goal, { median: value, min: value, max: value }, most, digits)];
    const { charged } = whole;
    // Its program file is shared with others, who may have been charged for it: so what is resident counts in full.
    const all = (whole.residentBytes + (charged?.kernelBytes ?? Number.NaN)) / MEGABYTE;
    return [
      ...line(`RSS (${population}), MB`, whole.residentBytes / MEGABYTE, resident, 1),
      ...line(`highest RSS (${population}), MB`, whole.peakBytes / MEGABYTE, peak, 1),
      ...line(`CPU (${population}), % of a core`, whole.cpu * 100, cpuPercent, 2),
      ...(plan.processes < 10_000 || charged === null
        ? []
        : line(`RSS and kernel memory (${population}), MB`, all, 128, 1)),
    ];
  });
}

function scaleGoals({ scale }: StoredParts): string[][] {
  return (scale?.result ?? []).flatMap(({ plan, residentBytes, cpu }) => {
    if (plan.units !== 1000) return [];
    const one = (value: number): Spread => ({ median: value, min: value, max: value });
    return [
      atMost('RSS (1,000 units of 10 processes), MiB', one(residentBytes / 2 ** 20), 120, 1),
      atMost('CPU (1,000 units of 10 processes), % of a core', one(cpu * 100), 7, 2),
    ];
  });
}

function exitGoals(parts: StoredParts): string[][] {
  const records = parts['exit-records']?.result;
  const lines =
    records !== null && typeof records === 'object'
      ? [atMost('CPU of an exit record, µs', records.micros, 20, 1)]
      : [];
  const covered = (parts.coverage?.result ?? []).flatMap(({ ledger }) => (ledger === null ? [] : [ledger]));
  if (covered.length === 0) return lines;
  const [least, most] = [Math.min(...covered), Math.max(...covered)];
  return [
    ...lines,
    [
      'coverage of units that fork a lot',
      `at least ${LEAST_COVERAGE * 100} %`,
      `${(least * 100).toFixed(1)}–${(most * 100).toFixed(1)} %`,
      least >= LEAST_COVERAGE ? 'met' : 'missed',
    ],
  ];
}

function soakLines(soak: SoakRecord | undefined): string[][] {
  const verdict = soak && verdictOn(soak);
  if (soak === undefined || verdict === undefined) return [];
  const minutes = `${soak.minutes.toFixed(0)} min with ${soak.newPerSecond} new processes a second`;
  return soakGoals(verdict).map(([goal, measured, met]) => [minutes, goal!, measured!, met!]);
}

function optional(goal: string, spread: Spread | undefined, most: number, digits: number): string[][] {
  return spread === undefined ? [] : [atMost(goal, spread, most, digits)];
}

function atMost(goal: string, spread: Spread, most: number, digits: number): string[] {
  return [goal, `at most ${most}`, shown(spread, digits), spread.median <= most ? 'met' : 'missed'];
}

/** The bare Node beside what is measured. */
export function bareOf({ programs }: MemoryResult) {
  return programs.find(({ name }) => name === BARE_NODE)!;
}
