import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EncodingName } from '../../../src/telemetry/export/otlp-encoding.ts';
import { type ExportRequest, pointsOf } from '../../end-to-end/otlp-request.ts';
import { ManualClock } from '../../sampling/manual-clock.ts';
import { STARTED } from '../windows.ts';
import { SimulatedCollector, STORMS, type Weather } from './simulated-collector.ts';
import { SimulatedSidecar } from './simulated-sidecar.ts';

const WINDOWS = 120;
const WINDOW_SECONDS = 10;
const SECONDS = WINDOWS * WINDOW_SECONDS;

/** Something that happens to one of the two, at a second of the run. */
interface Blow {
  readonly atSeconds: number;
  readonly of: Weather | 'kill';
}

/** The weather changes some times, for many minutes sometimes; between two windows or in the midst of a request. */
const storms = fc.array(
  fc.record({
    atSeconds: fc.double({ min: 0, max: SECONDS, noNaN: true }),
    of: fc.constantFrom<Weather>('up', ...STORMS),
  }),
  { minLength: 1, maxLength: 12 },
);
/** Some come within the few milliseconds that an answer takes. */
const kills = fc.array(
  fc.record({
    atSeconds: fc.oneof(
      fc.double({ min: 0, max: SECONDS, noNaN: true }),
      fc.integer({ min: 1, max: WINDOWS }).map((window) => window * WINDOW_SECONDS + 0.002),
    ),
    of: fc.constant('kill' as const),
  }),
  { maxLength: 6 },
);

/** What a run came to. `made` has the bytes of each window, by the order in which they were made. */
interface Outcome {
  readonly made: readonly Uint8Array[];
  readonly collector: SimulatedCollector;
  readonly last: SimulatedSidecar;
}

/** Runs for twenty minutes, and then in good weather until nothing waits. */
async function run(
  blows: readonly Blow[],
  encoding: EncodingName,
  spoolPath: string | null,
): Promise<Outcome> {
  const clock = new ManualClock();
  const collector = new SimulatedCollector(0.004);
  const made: Uint8Array[] = [];
  const start = () => new SimulatedSidecar({ clock, collector, encoding, spoolPath });
  let sidecar = start();
  const windows = Array.from({ length: WINDOWS }, (_, i) => ({
    atSeconds: (i + 1) * WINDOW_SECONDS,
    of: 'window' as const,
  }));
  for (const { atSeconds, of } of [...windows, ...blows].sort((a, b) => a.atSeconds - b.atSeconds)) {
    await clock.pass(Math.max(atSeconds - clock.monotonicSeconds(), 0));
    if (of === 'window') made.push(sidecar.closeWindow(made.length + 1));
    else if (of === 'kill') {
      sidecar.kill();
      sidecar = start();
    } else collector.weather = of;
  }
  collector.weather = 'up';
  // The longest pause, what is under way, and all that waits.
  await clock.pass(120);
  return { made, collector, last: sidecar };
}

/** Throws unless all windows arrived, in order, as they were made, and twice only where nothing was heard of them. */
function checkArrival({ made, collector, last }: Outcome): void {
  assert.equal(made.length, WINDOWS);
  let previous = -1;
  for (const body of collector.taken) {
    // One that came before is what it was then; a new one is the next.
    const isAgain = previous >= 0 && Buffer.from(body).equals(made[previous]!);
    if (!isAgain) previous++;
    assert.ok(previous < made.length && Buffer.from(body).equals(made[previous]!), `window ${previous + 1}`);
  }
  assert.equal(previous, made.length - 1, 'all arrived');
  const unheard = collector.taken.length - collector.acknowledged.size;
  assert.equal(collector.taken.length - made.length, unheard, 'twice only where nothing was heard of it');
  const { failed, spooled } = last.delivery.counts;
  assert.deepEqual({ failed, spooled }, { failed: 0, spooled: 0 });
}

function checkTimes(made: readonly Uint8Array[]): void {
  made.forEach((body, i) => {
    const points = pointsOf(JSON.parse(new TextDecoder().decode(body)) as ExportRequest);
    assert.ok(points.length > 10);
    const end = STARTED + (i + 1) * WINDOW_SECONDS * 1000 + 0.25;
    assert.deepEqual(new Set(points.map((point) => point.unixMillis)), new Set([end]));
  });
}

test('in twenty minutes of outages and kills every window arrives unchanged, in order, and twice only after a lost acknowledgement', async () => {
  await fc.assert(
    fc.asyncProperty(
      storms,
      kills,
      fc.constantFrom<EncodingName>('json', 'protobuf'),
      async (storms, kills, encoding) => {
        const path = mkdtempSync(join(tmpdir(), 'unitledger-spool-'));
        try {
          const outcome = await run([...storms, ...kills], encoding, path);
          checkArrival(outcome);
          if (encoding === 'json') checkTimes(outcome.made);
          assert.deepEqual(
            readdirSync(path).filter((name) => !name.startsWith('.')),
            [],
          );
          outcome.last.kill();
        } finally {
          rmSync(path, { recursive: true, force: true });
        }
      },
    ),
    { numRuns: 30 },
  );
});

test('without a spool, twenty minutes of outages lose nothing either, as long as the program is running', async () => {
  await fc.assert(
    fc.asyncProperty(storms, async (storms) => {
      const outcome = await run(storms, 'json', null);
      checkArrival(outcome);
    }),
    { numRuns: 20 },
  );
});

test('a collector that is down for all twenty minutes, with the program killed in each, gets every window afterwards', async () => {
  const path = mkdtempSync(join(tmpdir(), 'unitledger-spool-'));
  try {
    const kills = Array.from({ length: 20 }, (_, i) => ({ atSeconds: i * 60 + 35, of: 'kill' as const }));
    const outcome = await run([{ atSeconds: 0, of: 'down' }, ...kills], 'json', path);
    checkArrival(outcome);
    assert.equal(outcome.collector.taken.length, WINDOWS);
    outcome.last.kill();
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
});
