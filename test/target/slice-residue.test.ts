import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import fc from 'fast-check';
import { SliceResidue } from '../../src/target/slice-residue.ts';
import { SimulatedSlice } from './simulated-slice.ts';

const RUNS = Number(process.env.HISTORIES ?? 1000);
const UNIT = 'unit.service';
const SIBLINGS = ['a.service', 'b.service'];
/** Rounding of sums of seconds. */
const EXACT = 1e-6;

type What = 'start' | 'end' | 'restart' | 'work';
interface Step {
  readonly name: string;
  readonly what: What;
  readonly nanos: number;
}
interface Tick {
  readonly steps: readonly Step[];
  /** How many of the steps happen between its reads, and not before it. */
  readonly during: number;
}

function steps(names: readonly string[], ...what: readonly What[]): fc.Arbitrary<Step> {
  return fc.record({
    name: fc.constantFrom(...names),
    what: fc.constantFrom(...what),
    nanos: fc.nat(50_000_000),
  });
}

function history(...step: readonly fc.Arbitrary<Step>[]): fc.Arbitrary<Tick[]> {
  const tick = fc.record({ steps: fc.array(fc.oneof(...step), { maxLength: 12 }), during: fc.nat(6) });
  return fc.array(tick, { minLength: 2, maxLength: 30 });
}

/** The same with nothing between the reads of a tick: then nothing is lost to doubt. */
function quietly(ticks: readonly Tick[]): Tick[] {
  return ticks.map(({ steps: all }) => ({ steps: all, during: 0 }));
}

function act(slice: SimulatedSlice, { name, what, nanos }: Step): void {
  if (what === 'end' || what === 'restart') slice.end(name);
  if (what === 'start' || what === 'restart') slice.start(name);
  if (what === 'work') slice.work(name, nanos);
}

/** Runs a history from a slice in which all have a past; the last ticks are quiet. */
function run(ticks: readonly Tick[], tellsRemoved = false) {
  const slice = new SimulatedSlice([UNIT], tellsRemoved);
  const residue = new SliceResidue();
  residue.follow(UNIT);
  for (const name of [...SIBLINGS, UNIT]) {
    slice.start(name);
    slice.work(name, 7e9);
  }
  let at = 0;
  const ended = residue.endedOf(UNIT)!;
  const tick = (during: readonly Step[]) => {
    const left = [...during];
    at += 0.5;
    const before = { ...ended };
    const { reading, lives } = slice.read(at, () => {
      const next = left.shift();
      if (next !== undefined) act(slice, next);
    });
    for (const step of left) act(slice, step);
    residue.noteLives(lives);
    residue.settle(reading);
    assert.ok(ended.cpuSeconds >= before.cpuSeconds && ended.sharedCpuSeconds >= before.sharedCpuSeconds);
  };
  tick([]);
  for (const { steps: all, during } of ticks) {
    for (const step of all.slice(during)) act(slice, step);
    tick(all.slice(0, during));
  }
  slice.end(UNIT);
  for (let i = 0; i < 3; i++) tick([]);
  return {
    slice,
    booked: (slice.bookedBy.get(UNIT) ?? 0) + ended.cpuSeconds,
    shared: ended.sharedCpuSeconds,
    used: slice.usedBy.get(UNIT)! / 1e9,
  };
}

describe('the residue of a slice, over random histories', () => {
  it('is all that a unit used beyond what was read, however often it restarts, where no sibling ends', () => {
    const ticks = history(steps([UNIT], 'restart', 'work'), steps(SIBLINGS, 'work'));
    fc.assert(
      fc.property(ticks, (each) => {
        const { booked, shared, used } = run(quietly(each));
        assert.ok(Math.abs(booked - used) <= EXACT, `booked ${booked} of ${used}`);
        assert.equal(shared, 0);
      }),
      { numRuns: RUNS },
    );
  });

  it('is never more than the unit used where siblings restart; what may be its own is said apart', () => {
    const ticks = history(
      steps([UNIT], 'start', 'end', 'restart', 'work'),
      steps(SIBLINGS, 'restart', 'work', 'work'),
    );
    fc.assert(
      fc.property(ticks, (each) => {
        const { booked, used } = run(each);
        assert.ok(booked <= used + EXACT, `booked ${booked} of ${used}`);
      }),
      { numRuns: RUNS },
    );
    fc.assert(
      fc.property(history(steps([UNIT, ...SIBLINGS], 'restart', 'work', 'work')), (each) => {
        const { booked, shared, used } = run(quietly(each));
        assert.ok(booked + shared >= used - EXACT, `booked ${booked}, shared ${shared}, of ${used}`);
      }),
      { numRuns: RUNS },
    );
  });

  it('is never more than the unit used, whatever comes and goes, where the kernel tells what does', () => {
    const ticks = history(steps([UNIT, ...SIBLINGS, 'c.service'], 'start', 'end', 'restart', 'work', 'work'));
    fc.assert(
      fc.property(ticks, (each) => {
        const { booked, used } = run(each, true);
        assert.ok(booked <= used + EXACT, `booked ${booked} of ${used}`);
      }),
      { numRuns: RUNS },
    );
    fc.assert(
      fc.property(ticks, (each) => {
        const { booked, shared, used } = run(quietly(each), true);
        assert.ok(booked + shared >= used - EXACT, `booked ${booked}, shared ${shared}, of ${used}`);
      }),
      { numRuns: RUNS },
    );
  });

  it('takes for the unit at most what siblings used that came and went unseen', () => {
    const ticks = history(steps([UNIT, ...SIBLINGS, 'c.service'], 'start', 'end', 'restart', 'work', 'work'));
    fc.assert(
      fc.property(ticks, (each) => {
        const { slice, booked, used } = run(each);
        let unseen = 0;
        for (const [name, nanos] of slice.unseenOf) if (name !== UNIT) unseen += nanos / 1e9;
        assert.ok(booked <= used + unseen + EXACT, `booked ${booked} of ${used}, unseen ${unseen}`);
      }),
      { numRuns: RUNS },
    );
  });
});

/** A slice with the unit and `a.service`, both stable, after its first tick; `tick` is one half second on. */
function begun(tellsRemoved = false) {
  const slice = new SimulatedSlice([UNIT], tellsRemoved);
  const residue = new SliceResidue();
  residue.follow(UNIT);
  slice.start(UNIT);
  slice.start('a.service');
  let at = 0;
  const tick = (ticks = 1) => {
    for (let i = 0; i < ticks; i++) {
      at += 0.5;
      const { reading, lives } = slice.read(at, () => {});
      residue.noteLives(lives);
      residue.settle(reading);
    }
    return residue.endedOf(UNIT)!;
  };
  const restart = (name: string, seconds: number) => {
    slice.end(name);
    slice.start(name);
    slice.work(name, seconds * 1e9);
  };
  tick();
  return { slice, residue, tick, restart };
}

test("a last stretch and lives that came and went in one tick are the unit's", () => {
  const { slice, tick, restart } = begun();
  slice.work(UNIT, 1e9);
  restart(UNIT, 2);
  restart(UNIT, 4);
  // The last life is there: it is read on its own.
  assert.deepEqual({ ...tick() }.cpuSeconds, 3);
});

test('two that end in one tick share what is left, and what was read of each stays its own', () => {
  const { slice, tick, restart } = begun();
  slice.work(UNIT, 1e9);
  slice.work('a.service', 8e9);
  restart(UNIT, 0);
  restart('a.service', 0);
  const { cpuSeconds, sharedCpuSeconds } = tick();
  assert.equal(cpuSeconds, 0);
  assert.equal(sharedCpuSeconds, 9);
});

test('a unit that comes and goes is booked lives that no tick saw, until it has been quiet for a minute', () => {
  const { slice, tick, restart } = begun();
  for (let i = 0; i < 2; i++) {
    restart(UNIT, 0);
    tick();
  }
  slice.end(UNIT);
  tick();
  const live = (seconds: number) => {
    slice.start(UNIT);
    slice.work(UNIT, seconds * 1e9);
    slice.end(UNIT);
  };
  live(1);
  assert.equal(tick().cpuSeconds, 1);
  live(1);
  assert.equal(tick().cpuSeconds, 2);
  tick(125);
  live(1);
  assert.equal(tick().cpuSeconds, 2);
});

test('a unit that was stopped once is not booked what is used after it', () => {
  const { slice, tick } = begun();
  slice.end(UNIT);
  tick();
  slice.start('timer.service');
  slice.work('timer.service', 1e9);
  slice.end('timer.service');
  assert.equal(tick().cpuSeconds, 0);
});

test('a sibling that comes and goes makes shared ground of every tick in which it may have been there', () => {
  const { slice, tick, restart } = begun();
  for (let i = 0; i < 2; i++) {
    restart('a.service', 0);
    tick();
  }
  slice.end('a.service');
  tick();
  slice.work(UNIT, 1e9);
  restart(UNIT, 0);
  assert.deepEqual({ ...tick() }.cpuSeconds, 0);
  assert.equal(tick().sharedCpuSeconds, 1);
  // As long as it is there all the time, it cannot be taken for the unit.
  slice.start('a.service');
  tick(2);
  slice.work(UNIT, 1e9);
  restart(UNIT, 0);
  assert.equal(tick().cpuSeconds, 1);
});

test("what was used while the slice was not read is nobody's", () => {
  const { slice, residue, tick, restart } = begun();
  slice.work(UNIT, 1e9);
  residue.forget();
  restart(UNIT, 0);
  assert.equal(tick().cpuSeconds, 0);
  slice.work(UNIT, 1e9);
  restart(UNIT, 0);
  assert.equal(tick().cpuSeconds, 1);
});

test('where the kernel tells what was removed, a life that came and went unseen is the unit’s at once', () => {
  const { slice, tick } = begun(true);
  slice.end(UNIT);
  tick();
  slice.start(UNIT);
  slice.work(UNIT, 1e9);
  slice.end(UNIT);
  assert.equal(tick().cpuSeconds, 1);
});

test('where the kernel tells what was removed, that of a sibling is never the unit’s', () => {
  const { slice, tick, restart } = begun(true);
  slice.work(UNIT, 1e9);
  restart(UNIT, 0);
  slice.start('timer.service');
  slice.work('timer.service', 2e9);
  slice.end('timer.service');
  assert.equal(tick().cpuSeconds, 0);
  assert.equal(tick().sharedCpuSeconds, 3);
});
