import type { RunDocument } from '../../src/ledger/document/run-document.ts';
import { type Bench, environmentOf, programOn, withNode } from '../bench.ts';
import { Contender } from '../contender.ts';
import { FilledCgroup } from '../filled-cgroup.ts';
import { wait } from '../wait.ts';

/** The whole program beside so many exits. */
export interface Exits {
  /** Asked for, and reached, a second: the machine may not start as many. */
  readonly wantedPerSecond: number;
  readonly perSecond: number;
  readonly coverage: number | null;
  readonly samples: number;
  readonly missedSamples: number;
  /** Cores. */
  readonly programCpu: number;
  readonly loadCpu: number;
}

const SECONDS = 15;

/** More and more new processes a second. */
export async function measureExits(bench: Bench): Promise<readonly Exits[]> {
  const results = [];
  for (const wanted of bench.quick ? [1000] : [200, 1000, 2000, 4000])
    results.push(await measure(bench, wanted));
  return results;
}

async function measure(bench: Bench, wantedPerSecond: number): Promise<Exits> {
  const filled = await FilledCgroup.fill([bench.c.churn], [10, wantedPerSecond]);
  const began = performance.now();
  const program = Contender.start({
    name: 'unitledger',
    argv: withNode(programOn(bench, [filled.path], { exporter: 'otlp', summary: 'json' })),
    environment: environmentOf(bench),
    reports: true,
  });
  try {
    await wait(SECONDS);
    const programCpu = program.cpuSeconds() / SECONDS;
    const { samples, missedSamples, units } = JSON.parse(await program.end()) as RunDocument;
    const seconds = (performance.now() - began) / 1000;
    const perSecond = (await filled.end()) / seconds;
    const { coverage, totalSeconds } = units[0]!.cpu;
    const loadCpu = (totalSeconds ?? Number.NaN) / SECONDS;
    return { wantedPerSecond, perSecond, coverage, samples, missedSamples, programCpu, loadCpu };
  } finally {
    await program.end();
    await filled.end();
  }
}
