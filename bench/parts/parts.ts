import type { Bench } from '../bench.ts';
import { measureBirths } from './births.ts';
import { measureCoverage } from './coverage.ts';
import { measureExitRecords } from './exit-records.ts';
import { measureExits } from './exits.ts';
import { measureExportSize } from './export-size.ts';
import { measureMemory } from './memory.ts';
import { measurePeers } from './peers.ts';
import { measurePunctuality } from './punctuality.ts';
import { measureScale } from './scale.ts';
import { activitiesOf, measureScenarios } from './scenario.ts';
import { measureStartUps } from './start-up.ts';

const quickly = [1, 10].map((busyEvery) => ({ processes: 1000, busyEvery }));
const inUnits = [1, 10].map((busyEvery) => ({ processes: 1000, busyEvery, units: 100 }));

/** What `npm run bench` measures, each by itself, in this order. */
export const PARTS = {
  'cost-1000': (bench: Bench) => measureScenarios(bench, bench.quick ? quickly : activitiesOf(1000)),
  'cost-units': (bench: Bench) => measureScenarios(bench, inUnits),
  'cost-10': (bench: Bench) => measureScenarios(bench, activitiesOf(10)),
  'cost-100': (bench: Bench) => measureScenarios(bench, activitiesOf(100)),
  'cost-5000': (bench: Bench) => measureScenarios(bench, activitiesOf(5000)),
  'cost-10000': (bench: Bench) => measureScenarios(bench, activitiesOf(10_000)),
  peers: measurePeers,
  memory: measureMemory,
  'start-up': measureStartUps,
  'export-size': measureExportSize,
  scale: measureScale,
  births: measureBirths,
  coverage: measureCoverage,
  exits: measureExits,
  punctuality: measurePunctuality,
  'exit-records': (bench: Bench) => measureExitRecords(bench.c.population, bench.repeats),
} as const;

export type PartName = keyof typeof PARTS;

/** What a part measures. */
export type PartResult<P extends PartName> = Awaited<ReturnType<(typeof PARTS)[P]>>;

export const PART_NAMES = Object.keys(PARTS) as readonly PartName[];

/** How often things are measured, where not once. */
export const REPEATS: Readonly<Record<string, number>> = { 'cost-1000': 2, peers: 2, 'exit-records': 3 };

/** What `--quick` measures: what the goals are about. */
export const QUICK_PARTS: readonly PartName[] = [
  'cost-1000',
  'peers',
  'memory',
  'start-up',
  'exits',
  'coverage',
];

/** Sizes of populations, each a part. */
export const COST_PARTS = [
  'cost-10',
  'cost-100',
  'cost-1000',
  'cost-5000',
  'cost-10000',
  'cost-units',
] as const;
