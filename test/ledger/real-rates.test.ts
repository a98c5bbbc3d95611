import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openTargets } from '../../src/discovery/open-targets.ts';
import { findCgroupLayout } from '../../src/host/cgroup/layout.ts';
import { systemClock } from '../../src/host/clock.ts';
import { openHost } from '../../src/host/host.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { RunTotals } from '../../src/ledger/run/run-totals.ts';
import { ReadProblems } from '../../src/sampling/read-problems.ts';
import { Sampler } from '../../src/sampling/sampler.ts';
import { canMakeCgroups, RealCgroups, until } from '../real-cgroups.ts';
import { skipUnless } from '../skip.ts';
import { usageSecondsOf } from './real-run.ts';

const BUSY = '/system.slice/busy.service';
const INTERVAL_SECONDS = 0.05;
const SAMPLES = 60;

/** Follows a busy loop of one thread, and returns what became of it, and its true mean in percent. */
async function followed(t: TestContext, loops: number) {
  const cgroups = new RealCgroups(t);
  for (const path of [BUSY, '/outside']) cgroups.make(path);
  cgroups.shell(BUSY, 'renice -n -20 $$ > /dev/null; while :; do :; done');
  for (let i = 0; i < loops; i++) cgroups.shell('/outside', 'while :; do :; done');
  await until(() => usageSecondsOf(cgroups, BUSY) > 0.1, 'the loop runs');
  const layout = findCgroupLayout(cgroups.root);
  assert.ok(layout.kind === 'v2');
  const targets = openTargets({
    targets: [{ kind: 'unit', name: 'busy.service' }],
    layout,
    procRoot: '/proc',
    report() {},
  });
  const sampler = new Sampler(openHost('/proc', systemClock), targets, new ReadProblems(() => {}), {
    showCommandLine: false,
    nowSeconds: systemClock.monotonicSeconds,
  });
  t.after(() => sampler.close());
  const ledger = new Ledger(undefined, false, INTERVAL_SECONDS);
  const totals = new RunTotals(ledger, 10);
  const startedAtSeconds = systemClock.monotonicSeconds();
  const usedBefore = usageSecondsOf(cgroups, BUSY);
  for (let i = 0; i < SAMPLES; i++) {
    ledger.book(sampler.sample(systemClock.monotonicSeconds(), systemClock.unixMillis()));
    totals.gather();
    if (i < SAMPLES - 1) await sleep(1000 * INTERVAL_SECONDS);
  }
  const used = usageSecondsOf(cgroups, BUSY) - usedBefore;
  const seconds = systemClock.monotonicSeconds() - startedAtSeconds;
  const { units } = totals.document({
    startedUnixMillis: 0,
    startedAtSeconds,
    endedUnixMillis: seconds * 1000,
    intervalSeconds: INTERVAL_SECONDS,
    samples: SAMPLES,
    missedSamples: 0,
    export: null,
  });
  return { unit: units[0]!, truePercent: (100 * used) / seconds };
}

for (const loops of [0, 4]) {
  test(
    `a busy loop of one thread shows no more than 100%, and its true mean, beside ${loops} others`,
    skipUnless(canMakeCgroups()),
    async (t) => {
      const { unit, truePercent } = await followed(t, loops);
      for (const cpu of [unit.totals.cpuPercent!, unit.processes[0]!.cpuPercent!]) {
        assert.ok(cpu.max <= 100 + 1e-6, JSON.stringify(cpu));
        assert.ok(Math.abs(cpu.avg - truePercent) < 2, `${JSON.stringify(cpu)}, in truth ${truePercent}%`);
      }
    },
  );
}
