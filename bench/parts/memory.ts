import { type Bench, benchesAgainst, environmentOf, otherNamed, programOn, withNode } from '../bench.ts';
import { ChargedMemory } from '../charged-memory.ts';
import { Contender, type ContenderPlan } from '../contender.ts';
import { type PopulationPlan, startPopulation } from '../population.ts';
import { wait } from '../wait.ts';

/** What a program holds once it has run for a while. */
interface Memory {
  readonly name: string;
  /** After a third of the time, and at its end. */
  readonly earlyBytes: number;
  readonly residentBytes: number;
  readonly peakBytes: number;
  /** What the kernel charges to its cgroup, and of that kernel memory; null where no controller counts it. */
  readonly charged: { readonly bytes: number; readonly kernelBytes: number } | null;
  /** CPU seconds a second over the last two thirds. */
  readonly cpu: number;
}

export interface MemoryResult {
  readonly plan: PopulationPlan;
  readonly seconds: number;
  /** The first is bare Node. */
  readonly programs: readonly Memory[];
}

export const BARE_NODE = 'bare Node (`setInterval` alone)';
export const WHOLE_PROGRAM = 'whole program, OTLP';

/** All programs of one population run side by side. */
export async function measureMemory(bench: Bench): Promise<readonly MemoryResult[]> {
  // A process that sleeps from the start is looked at more often for a minute: no part of what is measured.
  const seconds = 180;
  const plans = [
    { processes: 1000, busyEvery: 1 },
    { processes: 5000, busyEvery: 0 },
    { processes: 10_000, busyEvery: 0 },
  ];
  const results = [];
  for (const plan of plans) {
    const population = await startPopulation(bench.c.population, plan);
    try {
      const programs = await runAll(programsOn(bench, population.path), seconds);
      results.push({ plan, seconds, programs });
    } finally {
      await population.end();
    }
  }
  return results;
}

function programsOn(bench: Bench, cgroup: string): ContenderPlan[] {
  const environment = environmentOf(bench);
  const program = programOn(bench, [cgroup], { exporter: 'otlp' });
  return [
    { name: BARE_NODE, argv: [process.execPath, '-e', 'setInterval(() => {}, 500)'] },
    { name: WHOLE_PROGRAM, argv: withNode(program), environment },
    {
      name: 'whole program, no export',
      argv: withNode(programOn(bench, [cgroup], { exporter: 'none' })),
    },
    { name: 'whole program, OTLP, without its flags', argv: [process.execPath, ...program], environment },
    ...benchesAgainst(bench).map((other) => ({
      name: otherNamed(WHOLE_PROGRAM, other.unitledger),
      argv: withNode(programOn(other, [cgroup], { exporter: 'otlp' })),
      environment,
    })),
  ];
}

async function runAll(plans: readonly ContenderPlan[], seconds: number): Promise<readonly Memory[]> {
  const memories = plans.map(() => ChargedMemory.make());
  const contenders = plans.map((plan, index) =>
    Contender.start({ ...plan, argv: memories[index]?.wrap(plan.argv) ?? plan.argv }),
  );
  try {
    await wait(seconds / 3);
    const before = contenders.map((contender) => ({
      cpuSeconds: contender.cpuSeconds(),
      bytes: contender.memoryBytes().resident,
    }));
    await wait((seconds / 3) * 2);
    return contenders.map((contender, index) => {
      const { resident, peak } = contender.memoryBytes();
      const { cpuSeconds, bytes } = before[index]!;
      return {
        name: contender.name,
        earlyBytes: bytes,
        residentBytes: resident,
        peakBytes: peak,
        charged: memories[index]?.read() ?? null,
        cpu: (contender.cpuSeconds() - cpuSeconds) / ((seconds / 3) * 2),
      };
    });
  } finally {
    await Promise.all(contenders.map((contender) => contender.end()));
    for (const memory of memories) memory?.remove();
  }
}
