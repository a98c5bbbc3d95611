/**
 * `node stage.ts sampling|ledger INTERVAL CGROUP...`: the way of the data up to that room and no further, wired as
 * `commands/track` wires it, until SIGTERM. Then it prints what each tick cost in each of the two (`StageSplit`).
 */

import { openTargets } from '../src/discovery/open-targets.ts';
import { findCgroupLayout } from '../src/host/cgroup/layout.ts';
import { systemClock } from '../src/host/clock.ts';
import { openHost } from '../src/host/host.ts';
import { Ledger } from '../src/ledger/ledger.ts';
import { RunTotals } from '../src/ledger/run/run-totals.ts';
import { ReadProblems } from '../src/sampling/read-problems.ts';
import { SampleScheduler } from '../src/sampling/sample-scheduler.ts';
import { Sampler } from '../src/sampling/sampler.ts';

/** Nanoseconds of each tick. */
export interface StageSplit {
  readonly samplingNanos: number[];
  readonly ledgerNanos: number[];
}

const [room, interval, ...cgroups] = process.argv.slice(2);
if ((room !== 'sampling' && room !== 'ledger') || cgroups.length === 0)
  throw new Error('see the head of this file');

const refuse = (problem: object): never => {
  throw new Error(`the population cannot be read: ${JSON.stringify(problem)}`);
};
const layout = findCgroupLayout('/sys/fs/cgroup');
if (layout.kind === 'none') throw new Error(layout.message);
const host = openHost('/proc', systemClock);
const targets = openTargets({
  targets: cgroups.map((path) => ({ kind: 'cgroup', path })),
  layout,
  procRoot: '/proc',
  report: refuse,
});
const sampler = new Sampler(host, targets, new ReadProblems(refuse), { showCommandLine: false });
const sample = () => sampler.sample(systemClock.monotonicSeconds(), systemClock.unixMillis());
const ledger = new Ledger();
const totals = new RunTotals(ledger, 10_000);

const split: StageSplit = { samplingNanos: [], ledgerNanos: [] };
// Of CPU where the kernel's clock can be asked, else of time.
const nanos = () => host.clocks?.readProcessNanos(process.pid) ?? performance.now() * 1e6;
const book = () => {
  const start = nanos();
  const sampled = sample();
  const between = nanos();
  ledger.book(sampled);
  totals.gather();
  split.samplingNanos.push(between - start);
  split.ledgerNanos.push(nanos() - between);
};
process.on('SIGTERM', () => {
  console.log(JSON.stringify(split));
  process.exit();
});
new SampleScheduler(systemClock, Number(interval), room === 'sampling' ? sample : book).start();
