import fc from 'fast-check';
import type { CgroupFigures } from '../../src/host/cgroup/figures.ts';
import type { RecordedTick } from '../../src/recording/recorded-tick.ts';
import type { ProcessEventBatch } from '../../src/sampling/process-events.ts';
import type { Sample } from '../../src/sampling/sample.ts';
import { cgroupFigures, disk } from '../ledger/cgroup-figures.ts';
import { SimulatedUnit } from '../ledger/simulated-unit.ts';

const step = fc.record({
  what: fc.constantFrom('work', 'work', 'fork', 'fork', 'exit', 'exit', 'reap', 'reap', 'rename', 'foreign'),
  whom: fc.nat(1000),
  nanos: fc.nat(80_000_000),
  bytes: fc.nat(1_000_000),
  text: fc.string({ unit: 'binary', maxLength: 20 }),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const known = fc.option(fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e15, noNaN: true })));

/** Other contents of a tick, and the run's own counts. */
const extras = fc.record({
  figures: fc.option(
    fc.record({
      throttledSeconds: known,
      memoryBytes: known,
      memoryPeakBytes: known,
      disks: fc.option(fc.array(fc.nat(99), { maxLength: 3 })),
    }),
  ),
  ended: fc.option(
    fc.record({
      cpuSeconds: fc.nat(1e6),
      sharedCpuSeconds: fc.nat(1e6),
      unseenInstances: fc.nat(9),
      oomKills: known,
    }),
  ),
  parentNanos: fc.option(fc.nat(1e9)),
  lostShare: fc.constantFrom(0, 0, 0.25),
  lostEvents: fc.constantFrom(0, 0, 7),
  name: fc.string({ unit: 'binary', maxLength: 15 }),
  processEvents: fc.option(fc.record({ received: fc.nat(), lost: fc.nat(9) })),
  stoppedAtSeconds: fc.option(fc.nat(1e6)),
  closesWindow: fc.boolean(),
  missedSamples: fc.nat(3),
  stretchedSamples: fc.nat(3),
  unixMillis: fc.nat(4e12),
});
type Extras = typeof extras extends fc.Arbitrary<infer E> ? E : never;

/** A run: events before each tick, and other contents of the tick. */
export const history = fc.array(
  fc.record({ steps: fc.array(step, { maxLength: 30 }), during: fc.nat(10), extras }),
  { minLength: 1, maxLength: 12 },
);
export type History = typeof history extends fc.Arbitrary<infer H> ? H : never;

/** Plays a history; each tick is valid until the next. `isTimed`: see `SimulatedUnit`. */
export function* playedTicks(ticks: History, isTimed = false): Generator<RecordedTick> {
  const unit = new SimulatedUnit(12, false, isTimed);
  const root = unit.fork(null)!;
  unit.work(root, 5e9, 5_000_000);
  for (const { steps, during, extras: more } of ticks) {
    const left = [...steps];
    while (left.length > during) act(unit, left.shift()!);
    const sample = unit.sample(() => {
      const next = left.shift();
      if (next !== undefined) act(unit, next);
    });
    const before = textsOf(sample);
    for (const each of steps) if (each.what === 'rename') rename(sample, each);
    const after = textsOf(sample);
    const renamed = [...sample.slots].filter((slot) => before[slot] !== after[slot]);
    yield {
      sample: withExtras({ ...sample, ...withThese(sample, renamed) }, more),
      exits: unit.exits(more.lostShare),
      events: eventsOf(unit, more),
      closesWindow: more.closesWindow,
      progress: {
        missedSamples: more.missedSamples,
        stretchedSamples: more.stretchedSamples,
        exitRecords: { received: sample.tick, lost: more.missedSamples },
        processEvents: more.processEvents && { ...more.processEvents },
        kernelEventsStoppedAtSeconds: more.stoppedAtSeconds,
        export: more.closesWindow ? { delivered: sample.tick, failed: 1, spooled: 0 } : null,
      },
    };
  }
}

/** Events of the unit, with nanosecond times like the source's, and one of each missing kind. */
function eventsOf(unit: SimulatedUnit, { lostEvents, name }: Extras): ProcessEventBatch {
  const { events, lost } = unit.events(lostEvents);
  const exact = events.map((event) => ({ ...event, atSeconds: Math.round(event.atSeconds * 1e9) / 1e9 }));
  const last = exact.at(-1);
  if (last === undefined) return { events: exact, lost };
  const { atSeconds, pid } = last;
  const killed = { atSeconds, pid: 1, exitCode: null, signal: 9, parentPid: 0 };
  return {
    events: [
      ...exact,
      { kind: 'exec', atSeconds, pid },
      { kind: 'comm', atSeconds, pid, name },
      { kind: 'exit', ...killed },
    ],
    lost,
  };
}

function act(unit: SimulatedUnit, { what, whom, nanos, bytes }: Step): void {
  const { living } = unit;
  const one = living[whom % Math.max(1, living.length)];
  if (one === undefined) return;
  if (what === 'work') unit.work(one, nanos, bytes);
  else if (what === 'fork' && unit.processes.length < 200) unit.fork(one);
  else if (what === 'exit' && one.parent !== null) unit.exit(one);
  else if (what === 'reap') {
    const zombies = unit.processes.filter((process) => process.state === 'zombie');
    const zombie = zombies[whom % Math.max(1, zombies.length)];
    if (zombie !== undefined) unit.reap(zombie);
  } else if (what === 'foreign') unit.reapForeign(one, 10 * nanos, bytes);
}

function textsOf({ identities }: Sample): string[] {
  return identities.map((identity) => JSON.stringify(identity));
}

/** A process executes another program, and the sampler changes its row's names in place. */
function rename({ slots, count, identities }: Sample, { whom, text }: Step): void {
  if (count === 0) return;
  const identity = identities[slots[whom % count]!]!;
  const change = [
    { name: text },
    { title: text },
    { executable: text },
    { command: text },
    { subCgroup: text },
  ];
  Object.assign(identity, change[whom % change.length]);
}

function withThese({ slots, count, changed, changedCount }: Sample, slotsOfNews: number[]) {
  const news = new Set([...changed.subarray(0, changedCount), ...slotsOfNews]);
  const all = slots.subarray(0, count).filter((slot) => news.has(slot));
  return { changed: all, changedCount: all.length };
}

function withExtras(sample: Sample, { figures, ended, parentNanos, unixMillis }: Extras): Sample {
  return {
    ...sample,
    unixMillis,
    instances: sample.instances.map((instance) => ({ ...instance, figures: figuresOf(figures) })),
    ended: [
      ended === null
        ? null
        : {
            cpuSeconds: ended.cpuSeconds / 1e6,
            unseenInstances: ended.unseenInstances,
            figures: figuresOf(figures),
            managerPids: [1],
          },
    ],
    outsideParents:
      parentNanos === null ? [] : [{ serial: 1, unit: 0, pid: 1, isSelf: false, reapedNanos: parentNanos }],
  };
}

function figuresOf(given: Extras['figures']): CgroupFigures | null {
  if (given === null) return null;
  return cgroupFigures({
    counters: { throttledSeconds: given.throttledSeconds },
    levels: { memoryBytes: given.memoryBytes },
    heights: { memoryPeakBytes: given.memoryPeakBytes },
    disks: given.disks === null ? null : given.disks.map((bytes, at) => disk(`8:${at}`, bytes)),
  });
}
