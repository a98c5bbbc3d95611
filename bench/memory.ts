import { Contender, type ContenderPlan } from './contender.ts';
import { wait } from './wait.ts';

/** What a program holds once it has run for a while. */
export interface Memory {
  readonly name: string;
  readonly residentBytes: number;
  readonly peakBytes: number;
  /** CPU seconds a second over the later half. */
  readonly cpu: number;
}

/** Runs all of them side by side for so long. */
export async function measureMemory(
  plans: readonly ContenderPlan[],
  seconds: number,
): Promise<readonly Memory[]> {
  const contenders = plans.map((plan) => Contender.start(plan));
  try {
    await wait(seconds / 2);
    const before = contenders.map((contender) => contender.cpuSeconds());
    await wait(seconds / 2);
    return contenders.map((contender, index) => {
      const { resident, peak } = contender.memoryBytes();
      const cpu = (contender.cpuSeconds() - before[index]!) / (seconds / 2);
      return { name: contender.name, residentBytes: resident, peakBytes: peak, cpu };
    });
  } finally {
    await Promise.all(contenders.map((contender) => contender.end()));
  }
}
