import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { BacklogLimits } from '../../../src/telemetry/export/backlog.ts';
import { ENCODINGS } from '../../../src/telemetry/export/otlp-encoding.ts';
import { QueuedDelivery, type QueuedDeliveryOptions } from '../../../src/telemetry/export/queued-delivery.ts';
import { SpoolDirectory } from '../../../src/telemetry/export/spool/spool-directory.ts';
import { ManualClock } from '../../sampling/manual-clock.ts';
import { RecordedLog } from '../recorded-log.ts';
import { ACCEPTED, away, HeldTransport, refused, turn } from './held-transport.ts';
import { temporaryDirectory } from './spool/temporary-directory.ts';
import { valueInJson, windowWith } from './windows-on-the-wire.ts';

const WINDOW_BYTES = ENCODINGS.json.encode(windowWith(1)).length;

interface More extends Partial<Omit<QueuedDeliveryOptions, 'limits'>> {
  readonly limits?: Partial<BacklogLimits>;
  readonly clock?: ManualClock;
}

/** A run of the program, as far as delivery goes. */
class Run {
  readonly transport = new HeldTransport();
  readonly log = new RecordedLog();
  readonly clock: ManualClock;
  readonly delivery: QueuedDelivery;
  readonly #spool: SpoolDirectory;

  constructor(path: string, { limits, clock = new ManualClock(), ...more }: More = {}) {
    this.clock = clock;
    this.#spool = SpoolDirectory.open(path);
    this.delivery = new QueuedDelivery({
      encoding: ENCODINGS.json,
      transport: this.transport,
      transportOf: () => null,
      limits: { memoryBytes: 1_000_000, diskBytes: 1_000_000, ageSeconds: 7200, ...limits },
      spool: this.#spool,
      timeoutSeconds: 10,
      clock: this.clock,
      log: this.log,
      random: () => 0,
      ...more,
    });
  }

  /** What is left when the kernel has cleaned up behind a process: its files, and no lock. */
  kill(): void {
    this.#spool.close();
  }

  async pass(seconds: number): Promise<void> {
    this.clock.advance(seconds);
    await turn();
  }

  send(...values: number[]): void {
    for (const value of values) this.delivery.send(windowWith(value));
  }

  get some(): Record<string, number> {
    const { delivered, failed, spooled } = this.delivery.counts;
    return { delivered, failed, spooled };
  }
}

const filesIn = (path: string) =>
  readdirSync(path)
    .filter((name) => name.endsWith('.json'))
    .sort();
const valuesIn = (path: string) => filesIn(path).map((name) => valueInJson(readFileSync(join(path, name))));

/** A spool, and runs on it one after the other. */
function setUp(t: TestContext) {
  const path = temporaryDirectory(t);
  return { path, run: (more?: More) => new Run(path, more) };
}

test('a window is on disk before it is sent, and removed after it was accepted', async (t) => {
  const { path, run } = setUp(t);
  const { transport, delivery } = run();
  delivery.send(windowWith(1));
  delivery.send(windowWith(2));
  assert.deepEqual(valuesIn(path), [1, 2]);
  assert.deepEqual([delivery.counts.spooled, delivery.counts.spoolBytes], [2, 2 * WINDOW_BYTES]);
  await transport.answer(ACCEPTED);
  assert.deepEqual(valuesIn(path), [2]);
  await transport.answer(ACCEPTED);
  assert.deepEqual(valuesIn(path), []);
});

test('windows of an earlier run are sent first, in order and with the same bytes, before new ones', async (t) => {
  const { path, run } = setUp(t);
  const first = run();
  first.send(1, 2, 3);
  first.kill();
  const files = filesIn(path).map((name) => readFileSync(join(path, name), 'utf8'));
  const second = run();
  await turn();
  second.send(4);
  for (let i = 0; i < 4; i++) await second.transport.answer(ACCEPTED);
  assert.deepEqual(second.transport.values, [1, 2, 3, 4]);
  const sent = second.transport.bodies.slice(0, 3).map((body) => `${Buffer.from(body)}\n`);
  assert.deepEqual(sent, files);
  assert.deepEqual(second.some, { delivered: 4, failed: 0, spooled: 0 });
});

test('a shutdown leaves unsent windows in the spool, and does not wait for an unavailable collector', async (t) => {
  const { path, run } = setUp(t);
  const { transport, delivery, log } = run();
  delivery.send(windowWith(1));
  await transport.answer(away('down'));
  delivery.send(windowWith(2));
  const shutDown = delivery.shutdown(5);
  await turn();
  await transport.answer(away('down'));
  await shutDown;
  assert.deepEqual(valuesIn(path), [1, 2]);
  assert.deepEqual([delivery.counts.failed, delivery.counts.spooled], [0, 2]);
  assert.equal(log.lines.at(-1)!.message, '2 windows left in the spool for the next run');
});

test('a shutdown cuts a collector that does not answer, without losing anything', async (t) => {
  const { path, run } = setUp(t);
  const first = run();
  first.send(1, 2);
  const shutDown = first.delivery.shutdown(5);
  await first.pass(5);
  await shutDown;
  assert.deepEqual(first.some, { delivered: 0, failed: 0, spooled: 2 });
  assert.deepEqual(valuesIn(path), [1, 2]);
});

test('a spool that is deleted with the pod is sent until the shutdown ends; the remainder is lost, and logged as such', async (t) => {
  const { path, run } = setUp(t);
  const temporary = run({ isSpoolTemporary: true });
  const { transport, delivery, log } = temporary;
  delivery.send(windowWith(1));
  delivery.send(windowWith(2));
  const shutDown = delivery.shutdown(5);
  await turn();
  await transport.answer(away('down'));
  // Not over yet: the collector is tried again, and takes one.
  await temporary.pass(1);
  await transport.answer(ACCEPTED);
  await transport.answer(away('down'));
  await temporary.pass(5);
  await shutDown;
  assert.deepEqual(temporary.some, { delivered: 1, failed: 1, spooled: 0 });
  const last = log.lines.at(-1)!;
  assert.match(last.message, /^lost 1 export window: .*deleted with the pod/);
  // For a container that was only restarted.
  assert.deepEqual(valuesIn(path), [2]);
});

test('a spool that is deleted with the pod logs nothing if everything was delivered', async (t) => {
  const temporary = setUp(t).run({ isSpoolTemporary: true });
  const { transport, delivery, log } = temporary;
  delivery.send(windowWith(1));
  const shutDown = delivery.shutdown(5);
  await transport.answer(ACCEPTED);
  await shutDown;
  assert.deepEqual(temporary.some, { delivered: 1, failed: 0, spooled: 0 });
  assert.deepEqual(log.lines, []);
});

test('beyond its size the spool drops quarantined windows first, and then the oldest', async (t) => {
  const { path, run } = setUp(t);
  const { transport, delivery } = run({ limits: { diskBytes: 3 * WINDOW_BYTES } });
  for (const value of [1, 2, 3]) delivery.send(windowWith(value));
  await transport.answer(refused('odd'));
  assert.deepEqual(valuesIn(join(path, 'set-aside')), [1]);
  delivery.send(windowWith(4));
  assert.deepEqual(valuesIn(join(path, 'set-aside')), []);
  assert.deepEqual(valuesIn(path), [2, 3, 4]);
  delivery.send(windowWith(5));
  // The second is on its way.
  assert.deepEqual(valuesIn(path), [2, 4, 5]);
  assert.deepEqual([delivery.counts.setAside, delivery.counts.dropped, delivery.counts.failed], [1, 1, 2]);
  assert.deepEqual(delivery.counts.droppedBy, { age: 0, disk: 1, memory: 0 });
});

test('a window that is larger than the spool waits in memory', async (t) => {
  const { path, run } = setUp(t);
  const { transport, delivery } = run({ limits: { diskBytes: WINDOW_BYTES - 1 } });
  delivery.send(windowWith(1));
  delivery.send(windowWith(2));
  assert.deepEqual(valuesIn(path), []);
  await transport.answer(ACCEPTED);
  await transport.answer(ACCEPTED);
  assert.deepEqual(transport.values, [1, 2]);
  assert.deepEqual([delivery.counts.delivered, delivery.counts.dropped], [2, 0]);
});

test('windows older than the limit are dropped, also those of an earlier run and quarantined ones', async (t) => {
  const { path, run } = setUp(t);
  const clock = new ManualClock();
  const first = run({ clock, limits: { ageSeconds: 100 } });
  first.send(1, 2);
  await first.transport.answer(refused('odd'));
  first.kill();
  clock.advance(60);
  const second = run({ clock, limits: { ageSeconds: 100 } });
  second.send(3);
  second.kill();
  clock.advance(60);
  const third = run({ clock, limits: { ageSeconds: 100 } });
  await turn();
  assert.deepEqual(third.transport.values, [3]);
  assert.deepEqual(valuesIn(join(path, 'set-aside')), []);
  assert.deepEqual(third.some, { delivered: 0, failed: 1, spooled: 1 });
});

test('a failing disk is logged once; windows are buffered in memory, and written in order when it works again', async (t) => {
  const { path, run } = setUp(t);
  const first = run();
  first.send(1);
  await first.transport.answer(away('down', 3600));
  renameSync(path, `${path}.gone`);
  t.after(() => rmSync(`${path}.gone`, { recursive: true, force: true }));
  first.send(2, 3);
  assert.deepEqual(first.some, { delivered: 0, failed: 0, spooled: 3 });
  renameSync(`${path}.gone`, path);
  assert.deepEqual(valuesIn(path), [1]);
  first.send(4);
  assert.deepEqual(valuesIn(path), [1, 2, 3, 4]);
  assert.deepEqual(
    first.log.lines.map(({ message }) => message),
    [
      'collector http://collector.test/: down; buffering metrics (1 window)',
      'spool directory not writable: ENOENT; buffering metrics in memory',
      'spool directory writable again',
    ],
  );
});

test('a disk that accepts every other window is logged once in ten minutes', async (t) => {
  const { path, run } = setUp(t);
  const first = run();
  t.after(() => rmSync(`${path}.gone`, { recursive: true, force: true }));
  for (let value = 0; value < 10; value++) {
    if (value % 2 === 0) renameSync(path, `${path}.gone`);
    else renameSync(`${path}.gone`, path);
    first.send(value);
  }
  assert.deepEqual(
    first.log.lines.map(({ message }) => message),
    ['spool directory not writable: ENOENT; buffering metrics in memory', 'spool directory writable again'],
  );
});

test('a disk that fails again within ten minutes, and does not recover, is logged after them', async (t) => {
  const { path, run } = setUp(t);
  const first = run();
  t.after(() => rmSync(`${path}.gone`, { recursive: true, force: true }));
  for (const [from, to] of [
    [path, `${path}.gone`],
    [`${path}.gone`, path],
    [path, `${path}.gone`],
  ] as const) {
    renameSync(from, to);
    first.send(1);
  }
  first.clock.advance(601);
  first.send(2);
  assert.match(first.log.lines.at(-1)!.message, /^spool directory not writable: ENOENT/);
});

test('windows that a failed disk left in memory are bounded, delivered, and lost only with the run', async (t) => {
  const { path, run } = setUp(t);
  const { transport, delivery, clock } = run({ limits: { memoryBytes: 2 * WINDOW_BYTES } });
  renameSync(path, `${path}.gone`);
  t.after(() => rmSync(`${path}.gone`, { recursive: true, force: true }));
  for (const value of [1, 2, 3]) delivery.send(windowWith(value));
  assert.deepEqual([delivery.counts.spooled, delivery.counts.dropped], [2, 1]);
  await transport.answer(ACCEPTED);
  const shutDown = delivery.shutdown(5);
  clock.advance(5);
  await shutDown;
  assert.deepEqual(transport.values, [1, 3]);
  assert.deepEqual([delivery.counts.spooled, delivery.counts.failed], [0, 2]);
});

test('a refused window that the disk could not take is logged as dropped', async (t) => {
  const { path, run } = setUp(t);
  const { transport, delivery, log } = run();
  renameSync(path, `${path}.gone`);
  t.after(() => rmSync(`${path}.gone`, { recursive: true, force: true }));
  delivery.send(windowWith(1));
  await transport.answer(refused('bad'));
  assert.equal(log.lines.at(-1)!.message, 'collector http://collector.test/ rejected 1 window: bad; dropped');
});

test('a window deleted by somebody is lost, logged, and delays nothing', async (t) => {
  const { path, run } = setUp(t);
  const first = run();
  first.send(1, 2, 3);
  rmSync(join(path, filesIn(path)[1]!));
  await first.transport.answer(ACCEPTED);
  await first.transport.answer(ACCEPTED);
  assert.deepEqual(first.transport.values, [1, 3]);
  assert.deepEqual(first.some, { delivered: 2, failed: 1, spooled: 0 });
  assert.match(first.log.said[0]!, /dropped 1 export window: cannot read it from the spool: ENOENT/);
});

test('a window in an encoding that cannot be sent now is quarantined, and others are sent unchanged', async (t) => {
  const { path, run } = setUp(t);
  const first = run();
  first.send(1);
  first.kill();
  const second = run({ encoding: ENCODINGS.protobuf });
  second.send(2);
  await turn();
  assert.deepEqual(valuesIn(join(path, 'set-aside')), [1]);
  await second.transport.answer(ACCEPTED);
  second.kill();

  const third = run();
  third.send(3);
  third.kill();
  const json = new HeldTransport();
  const fourth = run({ encoding: ENCODINGS.protobuf, transportOf: () => json });
  await turn();
  await json.answer(ACCEPTED);
  assert.deepEqual(json.values, [3]);
  fourth.kill();
});

/** What happens to a run, one after the other. `lose`: the collector takes a window, and its answer is lost. */
const steps = fc.array(fc.constantFrom('window', 'window', 'accept', 'accept', 'lose', 'down'), {
  maxLength: 25,
});

test('whatever happens to collector and program, all windows arrive, in order, twice only if an answer was lost, and only torn ones are lost', async () => {
  const runs = fc.array(fc.record({ steps, torn: fc.option(fc.nat()) }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(runs, async (lives) => {
      const path = mkdtempSync(join(tmpdir(), 'unitledger-spool-'));
      try {
        const clock = new ManualClock();
        const taken: Uint8Array[] = [];
        const answersLost = new Map<unknown, number>();
        const torn = new Set<unknown>();
        let produced = 0;
        for (const life of lives) {
          const run = new Run(path, { clock });
          for (const step of life.steps) {
            await turn();
            if (step === 'window') run.send(++produced);
            else if (run.transport.isUnderWay) {
              const body = run.transport.bodies.at(-1)!;
              if (step !== 'down') taken.push(body);
              if (step === 'lose')
                answersLost.set(valueInJson(body), (answersLost.get(valueInJson(body)) ?? 0) + 1);
              await run.transport.answer(step === 'accept' ? ACCEPTED : away(step));
              if (step !== 'accept') await run.pass(35);
            }
          }
          run.kill();
          const last = filesIn(path).at(-1);
          if (life.torn === null || last === undefined) continue;
          torn.add(valuesIn(path).at(-1));
          const file = join(path, last);
          truncateSync(file, life.torn % (statSync(file).size - 1));
        }
        const final = new Run(path, { clock });
        await turn();
        while (final.transport.isUnderWay) {
          taken.push(final.transport.bodies.at(-1)!);
          await final.transport.answer(ACCEPTED);
        }
        assert.equal(final.delivery.counts.spooled, 0);
        await final.delivery.shutdown(0);

        const values = taken.map(valueInJson) as number[];
        assert.deepEqual(
          values,
          values.toSorted((a, b) => a - b),
          'in order',
        );
        for (let value = 1; value <= produced; value++) {
          const bodies = taken.filter((body) => valueInJson(body) === value);
          const lost = answersLost.get(value) ?? 0;
          assert.equal(bodies.length, torn.has(value) ? lost : lost + 1, `window ${value}`);
          for (const body of bodies)
            assert.ok(Buffer.from(ENCODINGS.json.encode(windowWith(value))).equals(body));
        }
      } finally {
        rmSync(path, { recursive: true, force: true });
      }
    }),
    { numRuns: 60 },
  );
});
