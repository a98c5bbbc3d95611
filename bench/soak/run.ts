import { getPriority, loadavg } from 'node:os';
import { NODE_FLAGS } from '../../scripts/build.ts';
import type { RunDocument } from '../../src/ledger/document/run-document.ts';
import { ChargedMemory } from '../charged-memory.ts';
import { Contender } from '../contender.ts';
import { FilledCgroup } from '../filled-cgroup.ts';
import { describeMachine } from '../machine.ts';
import { buildPrograms } from '../programs.ts';
import { wait } from '../wait.ts';
import type { Sighting, SoakEnd, SoakRecord } from './record.ts';
import { openSink } from './sink.ts';

const SIGHTING_SECONDS = 10;
const TOLD_EVERY_SIGHTINGS = 6;

/** What is to be run. */
export interface SoakPlan {
  readonly minutes: number;
  readonly newPerSecond: number;
  readonly steady: number;
  /** For the program, beside its own. */
  readonly options: readonly string[];
  /** As it was typed. */
  readonly command: string;
}

/**
 * Runs the whole program, its load and what takes its exports until the time is over or this is interrupted. `tell` gets
 * what there is once a minute. Rejects where something could not be started, or where the program ends by itself.
 */
export async function soak(
  { minutes, newPerSecond, steady, options: more, command }: SoakPlan,
  tell: (record: SoakRecord) => Promise<void>,
): Promise<SoakRecord> {
  await using cleanUp = new AsyncDisposableStack();
  const programs = await buildPrograms();
  cleanUp.defer(() => programs.remove());
  if (programs.c === undefined) throw new Error(programs.missing);
  const niceness = getPriority();
  const sink = await openSink();
  cleanUp.defer(() => sink.end());
  // The load has the ordinary priority, whatever this was started with.
  const load: [string, ...string[]] = ['nice', '-n', `${-niceness}`, programs.c.churn];
  const filled = await FilledCgroup.fill(load, [steady, newPerSecond]);
  cleanUp.defer(async () => void (await filled.end()));
  const charged = ChargedMemory.make();
  cleanUp.defer(() => charged?.remove());
  const options = [
    '--interval',
    '0.5',
    '--export',
    'otlp',
    '--export-interval',
    '10',
    '--summary',
    'json',
    ...more,
  ];
  const argv: [string, ...string[]] = [
    process.execPath,
    ...NODE_FLAGS,
    programs.unitledger,
    '--cgroup',
    filled.path,
    ...options,
  ];
  const machine = describeMachine(programs.compiler);
  const program = Contender.start({
    name: 'unitledger',
    argv: charged?.wrap(argv) ?? argv,
    environment: sink.environment,
    reports: true,
  });
  cleanUp.defer(async () => void (await program.end()));

  const sightings: Sighting[] = [];
  const { windows } = sink.receiver;
  const recorded = (end: SoakEnd | null): SoakRecord => {
    const fixed = { command, machine, newPerSecond, steady, niceness, collector: sink.name };
    return { ...fixed, minutes: sightings.at(-1)?.minutes ?? 0, sightings, windows, end };
  };
  const start = performance.now();
  for await (const elapsed of ticks(start, minutes)) {
    sightings.push({
      minutes: elapsed,
      residentBytes: program.memoryBytes().resident,
      chargedBytes: charged?.read()?.bytes ?? null,
      cpuSeconds: program.cpuSeconds(),
      loadAverage: loadavg()[0]!,
    });
    if (sightings.length % TOLD_EVERY_SIGHTINGS === 0) await tell(recorded(null));
  }
  const document = JSON.parse(await program.end()) as RunDocument;
  return recorded(endOf(document, await filled.end()));
}

/** The minutes since `start`, every ten seconds, until as many are over or this is interrupted. */
async function* ticks(start: number, minutes: number): AsyncGenerator<number> {
  const elapsed = () => (performance.now() - start) / 60_000;
  for (let count = 1; elapsed() < minutes; count++) {
    const next = start + count * SIGHTING_SECONDS * 1000;
    try {
      await wait(Math.max(0, next - performance.now()) / 1000);
    } catch {
      // Interrupted: what was measured until now is summed up.
      return;
    }
    yield elapsed();
  }
}

function endOf({ samples, missedSamples, units, export: exported }: RunDocument, started: number): SoakEnd {
  return {
    samples,
    missedSamples,
    coverage: units[0]!.cpu.coverage,
    delivered: exported!.delivered,
    failed: exported!.failed,
    started,
  };
}
