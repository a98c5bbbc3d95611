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

/** CPU seconds of the cgroup, at a time in seconds. */
interface Reading {
  readonly cpu: number;
  readonly at: number;
}

/** Follows a busy loop of one thread, and returns what became of it, and bounds of its true mean in percent. */
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
  const around: Reading[] = [];
  const read = () => around.push({ cpu: usageSecondsOf(cgroups, BUSY), at: systemClock.monotonicSeconds() });
  for (let i = 0; i < SAMPLES; i++) {
    const isAtEnd = i === 0 || i === SAMPLES - 1;
    if (isAtEnd) read();
    ledger.book(sampler.sample(systemClock.monotonicSeconds(), systemClock.unixMillis()));
    if (isAtEnd) read();
    totals.gather();
    if (i < SAMPLES - 1) await sleep(1000 * INTERVAL_SECONDS);
  }
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
  const [before, afterFirst, beforeLast, after] = around as [Reading, Reading, Reading, Reading];
  // On a busy machine this test itself may wait between a reading and the next sample.
  const least = (beforeLast.cpu - afterFirst.cpu) / (after.at - before.at);
  const most = (after.cpu - before.cpu) / (beforeLast.at - afterFirst.at);
  return { unit: units[0]!, truePercent: { least: 100 * least, most: 100 * most } };
}

for (const loops of [0, 4]) {
  test(
    `a busy loop of one thread shows at most 100%, and its true mean, next to ${loops} others`,
    skipUnless(canMakeCgroups()),
    async (t) => {
      const { unit, truePercent } = await followed(t, loops);
      for (const cpu of [unit.totals.cpuPercent!, unit.processes[0]!.cpuPercent!]) {
        assert.ok(cpu.max <= 100 + 1e-6, JSON.stringify(cpu));
        const { least, most } = truePercent;
        const said = `${JSON.stringify(cpu)}, in truth ${least} to ${most}%`;
        assert.ok(cpu.avg > least - 1 && cpu.avg < most + 1, said);
      }
    },
  );
}
