import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CpuBudgetController } from '../../src/commands/track/cpu-budget-controller.ts';
import { SampleScheduler } from '../../src/sampling/sample-scheduler.ts';
import { ManualClock } from '../sampling/manual-clock.ts';
import { RecordedLog } from '../telemetry/recorded-log.ts';

/** The lines of a run whose ticks each cost so much, then another while later so much. */
function linesOf(costs: readonly number[]): string[] {
  const clock = new ManualClock();
  const log = new RecordedLog();
  let cpuSeconds = 0;
  let cost = 0;
  const config = { intervalSeconds: 0.1, exportIntervalSeconds: 0.3 };
  const budget = new CpuBudgetController(5, config, log, () => cpuSeconds);
  const scheduler = new SampleScheduler(clock, 0.1, () => {
    cpuSeconds += cost;
    budget.hold(scheduler, clock.monotonicSeconds());
  });
  scheduler.start();
  for (cost of costs) clock.advance(300);
  assert.ok(scheduler.throttled > 0);
  return log.said;
}

describe('the CPU budget of a run', () => {
  it('logs each change once: throttled, throttled to the limit, throttled less, and back', () => {
    const over = (used: number) => `unitledger used ${used}% of a core, --cpu-budget is 5%: sampling`;
    assert.deepEqual(linesOf([0.05, 0.0001]), [
      `warn: ${over(50)} every 0.2 s, and less often if needed`,
      `warn: ${over(16.7)} every 0.3 s, the maximum; ` +
        'use a larger budget, a longer --interval and --export-interval, or fewer units',
      `info: ${over(0)} every 0.2 s now`,
      `info: ${over(0.1)} every 0.1 s again, as configured`,
    ]);
  });
});
