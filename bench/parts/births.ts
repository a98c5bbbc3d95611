/**
 * `node births.ts CGROUP SECONDS`: samples the cgroup every half second, and prints as JSON how long after its birth each
 * process had its first row (`first`, seconds), and how many had one.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { openTargets } from '../../src/discovery/open-targets.ts';
import { findCgroupLayout } from '../../src/host/cgroup/layout.ts';
import { systemClock } from '../../src/host/clock.ts';
import { openHost } from '../../src/host/host.ts';
import { ReadProblems } from '../../src/sampling/read-problems.ts';
import { SampleScheduler } from '../../src/sampling/sample-scheduler.ts';
import { Sampler } from '../../src/sampling/sampler.ts';
import { type Bench, INTERVAL_SECONDS, withNode } from '../bench.ts';
import { FilledCgroup } from '../filled-cgroup.ts';
import { type Spread, spreadOf } from '../spread.ts';

/** How long a process is there before it has a row. */
export interface Births {
  readonly rows: number;
  /** Seconds, to 10 ms. */
  readonly first: Spread;
  /** Below which 95 in a hundred are. */
  readonly p95: number;
}

const NEW_PER_SECOND = 200;

/** Of processes that live long enough to be seen. */
export async function measureBirths(bench: Bench): Promise<Births> {
  const seconds = bench.quick ? 10 : 20;
  const filled = await FilledCgroup.fill([bench.c.churn], [100, NEW_PER_SECOND]);
  try {
    const [command, ...args] = withNode([import.meta.filename, filled.path, `${seconds}`]);
    const { stdout } = await promisify(execFile)(command, args);
    const first = JSON.parse(stdout) as number[];
    const sorted = first.toSorted((a, b) => a - b);
    return { rows: first.length, first: spreadOf(first), p95: sorted[Math.floor(sorted.length * 0.95)]! };
  } finally {
    await filled.end();
  }
}

function watch(cgroup: string, seconds: number): void {
  const layout = findCgroupLayout('/sys/fs/cgroup');
  if (layout.kind === 'none') throw new Error(layout.message);
  const host = openHost('/proc', systemClock);
  const targets = openTargets({
    targets: [{ kind: 'cgroup', path: cgroup }],
    layout,
    procRoot: '/proc',
    report: (problem) => {
      throw new Error(`the cgroup cannot be read: ${JSON.stringify(problem)}`);
    },
  });
  const sampler = new Sampler(host, targets, new ReadProblems(() => {}), { showCommandLine: false });
  const seen = new Set<number>();
  const first: number[] = [];
  const start = systemClock.monotonicSeconds();
  const scheduler = new SampleScheduler(systemClock, INTERVAL_SECONDS, () => {
    const sample = sampler.sample(systemClock.monotonicSeconds(), systemClock.unixMillis());
    const now = systemClock.monotonicSeconds();
    for (const slot of sample.slots.subarray(0, sample.count)) {
      const { serial, bornAtSeconds } = sample.identities[slot]!;
      if (seen.has(serial)) continue;
      seen.add(serial);
      // Those of before it began are no births.
      if (bornAtSeconds > start) first.push(now - bornAtSeconds);
    }
    if (now - start < seconds) return;
    console.log(JSON.stringify(first));
    process.exit();
  });
  scheduler.start();
}

if (import.meta.main) watch(process.argv[2]!, Number(process.argv[3]));
