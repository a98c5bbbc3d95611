import { ok } from 'node:assert/strict';
import type { RunDocument } from '../../src/ledger/document/run-document.ts';
import { type ExportRequest, pointsOf } from '../../test/end-to-end/otlp-request.ts';
import { type Bench, programOn, withNode } from '../bench.ts';
import { BodyServer } from '../body-server.ts';
import { Contender } from '../contender.ts';
import { type PopulationPlan, startPopulation } from '../population.ts';
import { type Spread, spreadOf } from '../spread.ts';
import { wait } from '../wait.ts';

/** Whether samples were taken and windows delivered on time. */
export interface Punctuality {
  readonly plan: PopulationPlan;
  readonly seconds: number;
  readonly samples: number;
  readonly missedSamples: number;
  /** Milliseconds from the end of a window until the collector had all of it. */
  readonly windowMillis: Spread;
  /** Of the unit's CPU. */
  readonly coverage: number | null;
  /** Cores. */
  readonly cpu: number;
}

/** The whole program on 1,000 busy processes, with OTLP every 10 s. */
export async function measurePunctuality(bench: Bench): Promise<Punctuality> {
  const seconds = bench.quick ? 60 : 600;
  const plan = { processes: 1000, busyEvery: 1 };
  const windowMillis: number[] = [];
  const server = await BodyServer.open((body) => {
    const [point] = pointsOf(JSON.parse(body.toString('utf8')) as ExportRequest);
    if (point !== undefined) windowMillis.push(Date.now() - point.unixMillis);
  });
  const population = await startPopulation(bench.c.population, plan);
  const program = Contender.start({
    name: 'unitledger',
    argv: withNode(programOn(bench, [population.path], { exporter: 'otlp', summary: 'json' })),
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: server.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' },
    reports: true,
  });
  try {
    await wait(seconds);
    const cpu = program.cpuSeconds() / seconds;
    const { samples, missedSamples, units } = JSON.parse(await program.end()) as RunDocument;
    ok(units[0], 'the program saw no unit');
    const { coverage } = units[0].cpu;
    return { plan, seconds, samples, missedSamples, windowMillis: spreadOf(windowMillis), coverage, cpu };
  } finally {
    await program.end();
    await population.end();
    server.close();
  }
}
