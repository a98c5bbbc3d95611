/**
 * `node exit-records.ts CGROUP`: follows the cgroup with exit records and process events, as `commands/track` does, until
 * SIGTERM. Then it prints what they cost in each part of that time (`ExitRecordParts`), or why there are none.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { NODE_FLAGS } from '../../scripts/build.ts';
import { openTargets } from '../../src/discovery/open-targets.ts';
import { findCgroupLayout } from '../../src/host/cgroup/layout.ts';
import { systemClock } from '../../src/host/clock.ts';
import { openHost } from '../../src/host/host.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { RunTotals } from '../../src/ledger/run/run-totals.ts';
import { ExitRecords } from '../../src/sampling/exit-records.ts';
import { ProcessEvents } from '../../src/sampling/process-events.ts';
import { ReadProblems } from '../../src/sampling/read-problems.ts';
import { SampleScheduler } from '../../src/sampling/sample-scheduler.ts';
import { Sampler } from '../../src/sampling/sampler.ts';
import { startPopulation } from '../population.ts';
import { type Spread, shown, spreadOf } from '../spread.ts';
import { wait } from '../wait.ts';

const INTERVAL_SECONDS = 0.5;
/** Code is compiled until then. */
const WARM_UP_SECONDS = 5;
const PART_SECONDS = 5;

/** What was measured in each part. */
interface ExitRecordParts {
  /** CPU microseconds of a record, the events of its process with it: read, put together and booked. */
  readonly micros: number[];
  /** Records a second. */
  readonly rates: number[];
  readonly lost: number;
}

export interface ExitRecordCost {
  readonly micros: Spread;
  readonly rates: Spread;
  readonly lost: number;
  /** What a record costs, over what the process that ended took of CPU. */
  readonly shareOfProcess: number;
}

/** Measures while a shell starts `/bin/true` as fast as it can. A sentence where there are no exit records here. */
export async function measureExitRecords(program: string, parts: number): Promise<ExitRecordCost | string> {
  const population = await startPopulation(program, { processes: 1, busyEvery: 0 });
  const { procs, path: cgroup } = population;
  const storm = spawn('sh', ['-c', 'echo $$ > "$0"; while :; do /bin/true; done', procs], {
    stdio: 'ignore',
  });
  const ended = once(storm, 'exit');
  const follower = spawn(process.execPath, [...NODE_FLAGS, import.meta.filename, cgroup], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  follower.stdout.on('data', (text: Buffer) => {
    said += text.toString();
  });
  const closed = once(follower, 'close');
  try {
    // What it has to say at once is why it cannot.
    await Promise.race([closed, wait(WARM_UP_SECONDS)]);
    const usedBefore = usedSeconds(procs);
    if (follower.exitCode === null) await wait(parts * PART_SECONDS + INTERVAL_SECONDS);
    const used = usedSeconds(procs) - usedBefore;
    follower.kill('SIGTERM');
    await closed;
    const measured = JSON.parse(said) as ExitRecordParts | { readonly missing: string };
    if ('missing' in measured) return measured.missing;
    const micros = spreadOf(measured.micros.slice(0, parts));
    const rates = spreadOf(measured.rates.slice(0, parts));
    const processMicros = (used / (rates.median * (parts * PART_SECONDS + INTERVAL_SECONDS))) * 1e6;
    return { micros, rates, lost: measured.lost, shareOfProcess: micros.median / processMicros };
  } finally {
    storm.kill('SIGKILL');
    follower.kill('SIGKILL');
    await Promise.all([ended, closed]);
    await population.end();
  }
}

export function exitRecordSection({ micros, rates, lost, shareOfProcess }: ExitRecordCost): string[] {
  return [
    '## Exit records',
    `A shell started \`/bin/true\` as fast as it could: ${shown(rates, 0)} processes ended per second, and ${lost} records were lost. Reading and booking one record, with the kernel's events for the birth and the end of its process, took ${shown(micros, 1)} µs of CPU: ${(shareOfProcess * 100).toFixed(1)}% of the CPU that the shell and the process used for it.`,
  ];
}

function usedSeconds(procs: string): number {
  const usage = /^usage_usec (\d+)$/m.exec(readFileSync(join(dirname(procs), 'cpu.stat'), 'latin1'));
  return Number(usage![1]) / 1e6;
}

async function follow(cgroup: string): Promise<void> {
  const refuse = (problem: object): never => {
    throw new Error(`the storm cannot be read: ${JSON.stringify(problem)}`);
  };
  const host = openHost('/proc', systemClock);
  const records = ExitRecords.open(host);
  const failure = records instanceof ExitRecords ? await records.verify() : records;
  if (!(records instanceof ExitRecords) || failure !== null) {
    console.log(JSON.stringify({ missing: `exit records: ${failure!.kind}` }));
    return;
  }
  const events = ProcessEvents.open(host, systemClock, { withPrograms: false });
  if (!(events instanceof ProcessEvents)) {
    console.log(JSON.stringify({ missing: `process events: ${events.kind}` }));
    return;
  }
  const layout = findCgroupLayout('/sys/fs/cgroup');
  if (layout.kind === 'none') throw new Error(layout.message);
  const targets = openTargets({
    targets: [{ kind: 'cgroup', path: cgroup }],
    layout,
    procRoot: '/proc',
    report: refuse,
  });
  const sampler = new Sampler(host, targets, new ReadProblems(() => {}), { showCommandLine: false });
  // One books the records, the other none: the difference is theirs.
  const [named, plain] = [new Ledger(), new Ledger()];
  const totals = [named, plain].map((ledger) => new RunTotals(ledger, 10_000));
  const nanos = () => host.clocks!.readProcessNanos(process.pid);
  const partTicks = PART_SECONDS / INTERVAL_SECONDS;
  const ticksBefore = WARM_UP_SECONDS / INTERVAL_SECONDS;
  const measured = { micros: [] as number[], rates: [] as number[], lost: 0 };
  let ticks = 0;
  let [partNanos, partRecords] = [0, 0];
  records.drain();
  events.skip();
  const tick = () => {
    const sample = sampler.sample(systemClock.monotonicSeconds(), systemClock.unixMillis());
    const received = records.received;
    const start = nanos();
    const exits = records.drain();
    named.book(sample, exits, events.drain(sample));
    const between = nanos();
    plain.book(sample);
    partNanos += between - start - (nanos() - between);
    partRecords += records.received - received;
    for (const each of totals) each.gather();
    if (++ticks % partTicks !== 0) return;
    if (ticks > ticksBefore) {
      measured.micros.push(partNanos / partRecords / 1000);
      measured.rates.push(partRecords / PART_SECONDS);
    }
    [partNanos, partRecords] = [0, 0];
  };
  process.on('SIGTERM', () => {
    console.log(JSON.stringify({ ...measured, lost: records.lost + events.lost } satisfies ExitRecordParts));
    process.exit();
  });
  new SampleScheduler(systemClock, INTERVAL_SECONDS, tick).start();
}

if (import.meta.main) await follow(process.argv[2]!);
