import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Ledger } from '../../src/ledger/ledger.ts';
import { RunTotals } from '../../src/ledger/run/run-totals.ts';
import { ByteWriter } from '../../src/recording/byte-writer.ts';
import { RecordingError } from '../../src/recording/recording-error.ts';
import { SampleDecoder } from '../../src/recording/sample-decoder.ts';
import { LENGTH_BYTES, SampleEncoder } from '../../src/recording/sample-encoder.ts';
import { SECTION } from '../../src/recording/sections.ts';
import type { Sample } from '../../src/sampling/sample.ts';
import { SimulatedChurn } from '../ledger/simulated-churn.ts';

const REST = {
  exits: { exits: [], lostShare: 0 },
  events: { events: [], lost: 0 },
  closesWindow: false,
  progress: { missedSamples: 0, stretchedSamples: 0, exitRecords: null, processEvents: null, export: null },
};

class Books {
  readonly #ledger = new Ledger(undefined, false, 0.5);
  readonly #totals = new RunTotals(this.#ledger, 5);

  book(sample: Sample): void {
    this.#ledger.book(sample);
    this.#totals.gather();
  }

  text(): string {
    return JSON.stringify(
      this.#totals.document({
        startedUnixMillis: 0,
        startedAtSeconds: 0,
        endedUnixMillis: 1e6,
        intervalSeconds: 0.5,
        samples: 0,
        missedSamples: 0,
        export: null,
      }),
    );
  }
}

const tick = fc.record({
  micros: fc.array(fc.integer({ min: 0, max: 200_000 }), { maxLength: 8 }),
  nanos: fc.array(fc.integer({ min: 0, max: 1e9 }), { minLength: 3, maxLength: 3 }),
  stamps: fc.array(fc.nat(8), { minLength: 4, maxLength: 4 }),
});

/** A sample whose readings lie between stamps. */
function stamped(sample: Sample, micros: readonly number[], stamps: readonly number[]): Sample {
  const times = [0];
  for (const each of micros) times.push(times.at(-1)! + each);
  const within = (stamp: number) => stamp % times.length;
  for (let i = 0; i < sample.count; i++) sample.rows.stamp[sample.slots[i]!] = within(stamps[i % 3]!);
  const instances = sample.instances.map((instance) => ({ ...instance, stamp: within(stamps[3]!) }));
  // Buffers of a sampler are longer than what they hold.
  const readTimes = { micros: Float64Array.from([...times, 5, 5]), count: times.length };
  return { ...sample, instances, readTimes };
}

describe('read times', () => {
  it('are recorded, so that a replay has the same rates to the last digit', () => {
    fc.assert(
      fc.property(
        fc.array(tick, { minLength: 2, maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        (ticks, block) => {
          const host = new SimulatedChurn(['u.service'], 8);
          const processes = [0, 1, 2].map((at) => host.start(0, 100 + at));
          const encoder = new SampleEncoder();
          const decoder = new SampleDecoder(new Set());
          const [live, replayed] = [new Books(), new Books()];
          for (const [at, { micros, nanos, stamps }] of ticks.entries()) {
            for (const [index, process] of processes.entries()) host.work(process, nanos[index]!);
            const sample = stamped(host.sample(), micros, stamps);
            const bytes = encoder.encode({ ...REST, sample }, at % block === 0);
            live.book(sample);
            replayed.book(decoder.decode(bytes.subarray(LENGTH_BYTES)).sample);
          }
          assert.equal(replayed.text(), live.text());
        },
      ),
    );
  });

  it('are missing in recordings of earlier versions: all reads are then at the time of the sample', () => {
    const host = new SimulatedChurn(['u.service'], 8);
    const process = host.start(0, 100);
    const encoder = new SampleEncoder();
    const decoder = new SampleDecoder(new Set());
    const books = new Books();
    for (let at = 0; at < 3; at++) {
      host.work(process, 25e7);
      const bytes = encoder.encode({ ...REST, sample: host.sample() }, at === 0);
      const { sample } = decoder.decode(bytes.subarray(LENGTH_BYTES));
      assert.equal(sample.readTimes, undefined);
      books.book(sample);
    }
    const { units } = JSON.parse(books.text());
    assert.equal(units[0].totals.cpuPercent.max, 50);
  });

  it('are rejected if there are more stamps than bytes', () => {
    const body = new ByteWriter();
    body.varint(SECTION.key | SECTION.readTimes);
    body.varint(0);
    body.float64(0);
    body.number(0, 0);
    // No parents outside, no rows, and then a billion stamps.
    for (const count of [0, 0]) body.varint(count);
    body.varint(1e9);
    assert.throws(() => new SampleDecoder(new Set()).decode(body.written), RecordingError);
  });
});
