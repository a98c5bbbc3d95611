import { readdirSync } from 'node:fs';
import { freePorts } from '../../test/end-to-end/backends/loopback.ts';
import { type Bench, environmentOf, programOn, withNode } from '../bench.ts';
import type { ContenderPlan } from '../contender.ts';
import { measureCosts } from '../cost.ts';
import { peersFor } from '../peers/contenders.ts';
import { type PopulationPlan, startPopulation } from '../population.ts';
import { ratioOf, type Spread, spreadOf } from '../spread.ts';
import { FLOOR } from './scenario.ts';

/** One program on the processes. */
interface PeerFigure {
  readonly name: string;
  /** Processes that it reads in each round. */
  readonly processesRead: number;
  /** CPU of a round, milliseconds. */
  readonly roundMillis: Spread;
  /** CPU microseconds per process that it reads, and round. */
  readonly micros: Spread;
  /** Ours over it, per process and round, in the same turn. */
  readonly ours: Spread;
}

export interface PeerComparison {
  readonly plan: PopulationPlan;
  readonly intervalSeconds: number;
  /** The first is the floor, the second ours. */
  readonly figures: readonly PeerFigure[];
  readonly leftOut: readonly string[];
}

const OURS = 'unitledger, OTLP every 10 s';
/** pidstat takes whole seconds only. */
const PEER_INTERVAL_SECONDS = 1;
const SLICE_SECONDS = 10;

/** The same processes for all, one round a second. */
export async function measurePeers(bench: Bench): Promise<PeerComparison> {
  const plan = { processes: 1000, busyEvery: 10 };
  const population = await startPopulation(bench.c.population, plan);
  try {
    const { present, leftOut } = peersFor({
      intervalSeconds: PEER_INTERVAL_SECONDS,
      processName: 'population',
      cgroupDirectory: population.directory,
      collector: bench.collector,
      folder: bench.folder,
      ports: await freePorts(3),
    });
    const ours = programOn(bench, [population.path], {
      exporter: 'otlp',
      intervalSeconds: PEER_INTERVAL_SECONDS,
    });
    const plans: ContenderPlan[] = [
      { name: FLOOR, argv: [bench.c.floor, population.procs, `${PEER_INTERVAL_SECONDS}`, '0'] },
      { name: OURS, argv: withNode(ours), environment: environmentOf(bench) },
      ...present.map(({ plan: peer }) => peer),
    ];
    const timing = {
      // V8 optimises a function after 400 calls, and some run once a second.
      warmUpSeconds: 420,
      settleSeconds: 1,
      sliceSeconds: SLICE_SECONDS,
      repeats: bench.repeats,
    };
    const { seconds, scrapes } = await measureCosts(plans, timing);
    const onMachine = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length;
    const paced = SLICE_SECONDS / PEER_INTERVAL_SECONDS;
    const micros = plans.map(({ name, scraped }) => {
      const reads = present.find(({ plan: peer }) => peer.name === name)?.reads ?? 'the processes';
      const processesRead = reads === 'the machine' ? onMachine : plan.processes;
      // One that can't keep up answers fewer times.
      const rounds = scraped === undefined ? paced : (scrapes.get(name) ?? 0) / bench.repeats;
      const millis = seconds.get(name)!.map((cpu) => (cpu / rounds) * 1000);
      return { name, rounds, processesRead, millis, micros: millis.map((of) => (of / processesRead) * 1000) };
    });
    const answering = micros.filter(({ rounds }) => rounds > 0);
    const silent = micros
      .filter(({ rounds }) => rounds === 0)
      .map(({ name }) => `${name}: it answered no scrape`);
    const own = answering.find(({ name }) => name === OURS)!.micros;
    const figures = answering.map(({ name, processesRead, millis, micros: of }) => ({
      name,
      processesRead,
      roundMillis: spreadOf(millis),
      micros: spreadOf(of),
      ours: ratioOf(own, of),
    }));
    const all = [...leftOut, ...silent];
    return { plan, intervalSeconds: PEER_INTERVAL_SECONDS, figures, leftOut: all };
  } finally {
    await population.end();
  }
}
