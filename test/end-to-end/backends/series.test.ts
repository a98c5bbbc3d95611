import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { skipUnless } from '../../skip.ts';
import { Prometheus, prometheusAvailable } from './prometheus.ts';
import { SimulatedRun } from './simulated-run.ts';

/** Numbers from 0 up to 1, the same in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

for (const [title, lifeWindows] of [
  ['of less than a window', 0.5],
  ['of about a window', 1],
  ['of some windows', 3],
  ['of many windows', 12],
] as const) {
  describe(
    `a Prometheus that receives a unit whose processes live ${title}`,
    skipUnless(prometheusAvailable),
    () => {
      let prometheus: Prometheus;
      let end: number;
      const used = new Map<string, number>();
      let living: number;
      let inLastWindow = 0;

      before(async () => {
        prometheus = await Prometheus.start();
        const windows = 75;
        const run = new SimulatedRun(`${prometheus.otlpEndpoint}/v1/metrics`, ['forking.service'], windows);
        const next = random(7);
        const running: { process: ReturnType<SimulatedRun['start']>; ticks: number }[] = [];
        for (let i = 0; i < windows; i++) {
          inLastWindow = 0;
          end = await run.window(() => {
            while (running.length < 5) {
              // Lives are spread as those of processes are: many short ones, few long ones.
              const ticks = Math.max(1, Math.round(-Math.log(1 - next()) * lifeWindows * 20));
              running.push({ process: run.start(0), ticks });
            }
            for (let at = running.length - 1; at >= 0; at--) {
              if (running[at]!.ticks-- > 0) continue;
              running[at]!.process.isOver = true;
              running.splice(at, 1);
            }
            return running.map(({ process }) => {
              const seconds = 0.04 * next();
              if (i >= windows - 60) used.set('all', (used.get('all') ?? 0) + seconds);
              inLastWindow += seconds;
              return [process, seconds] as const;
            });
          });
        }
        living = running.length;
      });
      after(() => prometheus?.stop());

      const increase = async (metric: string) => {
        const [answer] = await prometheus.query(
          `sum(increase(${metric}{systemd_unit_name="forking.service"}[10m]))`,
          end,
        );
        return answer!.value;
      };

      test('increase() over processes is their usage, within 2%', async (t) => {
        const ratio = (await increase('process_cpu_time_seconds_total')) / used.get('all')!;
        t.diagnostic(`${(100 * ratio).toFixed(2)}%`);
        assert.ok(Math.abs(ratio - 1) < 0.02, `${(100 * ratio).toFixed(2)}%`);
      });

      test('increase() of the unit and of its names is their usage', async (t) => {
        for (const metric of [
          'unitledger_unit_cpu_time_seconds_total',
          'unitledger_executable_cpu_time_seconds_total',
        ]) {
          const ratio = (await increase(metric)) / used.get('all')!;
          t.diagnostic(`${metric} ${(100 * ratio).toFixed(2)}%`);
          assert.ok(Math.abs(ratio - 1) < 0.005, `${metric}: ${(100 * ratio).toFixed(2)}%`);
        }
      });

      test('ended processes disappear immediately, and existing ones add up', async () => {
        const all = await prometheus.query('process_memory_usage_bytes', end);
        assert.equal(
          all.reduce((sum, { value }) => sum + value, 0),
          living * 1e6,
        );
        assert.ok(all.length <= living + 1);
        const [cores] = await prometheus.query('sum(unitledger_process_cpu_usage)', end);
        assert.ok(
          Math.abs(cores!.value - inLastWindow / 10) < 1e-6,
          `${cores!.value} cores of ${inLastWindow / 10}`,
        );
      });
    },
  );
}
