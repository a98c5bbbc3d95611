import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Ledger } from '../../src/ledger/ledger.ts';
import { RunTotals } from '../../src/ledger/run/run-totals.ts';
import type { RecordedTick } from '../../src/recording/recorded-tick.ts';
import { RecordingError } from '../../src/recording/recording-error.ts';
import { clearRows, ROW_COLUMNS } from '../../src/recording/row-columns.ts';
import { SampleDecoder } from '../../src/recording/sample-decoder.ts';
import { LENGTH_BYTES, SampleEncoder } from '../../src/recording/sample-encoder.ts';
import { PROCESS_DETAILS } from '../../src/sampling/choices.ts';
import { ProcessColumns } from '../../src/sampling/process-columns.ts';
import { DetailColumns } from '../../src/sampling/process-details.ts';
import type { ProcessIdentity, Sample } from '../../src/sampling/sample.ts';
import { changedRows } from '../ledger/changed-rows.ts';
import { SimulatedUnits } from '../ledger/simulated-units.ts';
import { history, playedTicks } from './histories.ts';

const NO_PROGRESS = {
  missedSamples: 0,
  stretchedSamples: 4,
  exitRecords: null,
  processEvents: null,
  export: null,
};

/** Books, and what they come to. */
class Books {
  readonly #ledger = new Ledger();
  readonly #totals = new RunTotals(this.#ledger, 5);
  #last = NO_PROGRESS as RecordedTick['progress'];
  #samples = 0;

  book({ sample, exits, events, progress }: RecordedTick): void {
    this.#ledger.book(sample, exits, events);
    this.#totals.gather();
    this.#samples++;
    this.#last = progress;
  }

  text(): string {
    const facts = {
      startedUnixMillis: 0,
      startedAtSeconds: 0,
      endedUnixMillis: 5e12,
      intervalSeconds: 0.5,
      samples: this.#samples,
    };
    return JSON.stringify(this.#totals.document({ ...facts, ...this.#last }));
  }
}

/** All that a reader may see of a sample. */
function shown({ rows, slots, count, changed, changedCount, identities, details, ...rest }: Sample): unknown {
  const listed = [...slots.subarray(0, count)];
  return {
    ...rest,
    changed: [...changed.subarray(0, changedCount)],
    rows: listed.map((slot) => ROW_COLUMNS.map((column) => rows[column][slot])),
    identities: listed.map((slot) => textsOf(identities[slot]!)),
    details: listed.map((slot) => [
      details?.readAtTick[slot],
      ...(details?.figures ?? []).map((figure) => details!.get(figure, slot)),
    ]),
    listed,
  };
}

function textsOf(identity: ProcessIdentity): unknown {
  const { serial, pid, startTicks, bornAtSeconds, startedUnixMillis } = identity;
  const { name, title, executable, command, subCgroup } = identity;
  return {
    serial,
    pid,
    startTicks,
    bornAtSeconds,
    startedUnixMillis,
    name,
    title,
    executable,
    command,
    subCgroup,
  };
}

describe('samples that are written and read', () => {
  it('are unchanged, and book the same to the last digit, wherever a block begins', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 5 }), (ticks, blockSamples) => {
        const encoder = new SampleEncoder();
        const decoder = new SampleDecoder(new Set());
        const live = new Books();
        const replayed = new Books();
        for (const tick of playedTicks(ticks, true)) {
          const before = shown(tick.sample);
          const bytes = encoder.encode(tick, tick.sample.tick % blockSamples === 0);
          live.book(tick);
          const read = decoder.decode(bytes.subarray(LENGTH_BYTES));
          assert.deepEqual(shown(read.sample), before);
          assert.deepEqual({ ...read, sample: null }, { ...tick, sample: null });
          replayed.book(read);
        }
        assert.equal(replayed.text(), live.text());
      }),
      { numRuns: 300 },
    );
  });

  it('are unchanged if units come and go and lose their slots', () => {
    const moves = fc.array(fc.array(fc.nat(30), { maxLength: 5 }), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(moves, fc.integer({ min: 1, max: 7 }), (ticks, blockSamples) => {
        const host = new SimulatedUnits(3, 1);
        const encoder = new SampleEncoder();
        const decoder = new SampleDecoder(new Set());
        const live = new Books();
        const replayed = new Books();
        const running = new Set<string>();
        for (const [at, units] of ticks.entries()) {
          for (const unit of units) {
            const name = `unit-${unit}.service`;
            if (running.has(name)) host.work(name, unit * 1e6);
            else host.start(name);
            running.add(name);
          }
          const sample = host.sample();
          const tick = {
            sample,
            exits: { exits: [], lostShare: 0 },
            events: { events: [], lost: 0 },
            closesWindow: false,
            progress: NO_PROGRESS,
          };
          const before = shown(sample);
          const bytes = encoder.encode(tick, at % blockSamples === 0);
          live.book(tick);
          const read = decoder.decode(bytes.subarray(LENGTH_BYTES));
          assert.deepEqual(shown(read.sample), before);
          replayed.book(read);
          for (const name of [...running].slice(0, 2)) {
            host.stop(name);
            running.delete(name);
          }
        }
        assert.equal(replayed.text(), live.text());
      }),
      { numRuns: 100 },
    );
  });

  it('hold any number of a column, and details of processes', () => {
    const number = fc.oneof(
      fc.constantFrom(Number.NaN, 0, 1, 2 ** 51, 2 ** 53, 2 ** 63, 1e300, 0.1),
      fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
      fc.maxSafeNat(),
    );
    const row = fc.array(number, { minLength: 10, maxLength: 10 });
    const figures = fc.array(fc.oneof(number, fc.constant(Number.POSITIVE_INFINITY)), {
      minLength: 9,
      maxLength: 9,
    });
    const ticks = fc.array(fc.tuple(row, fc.option(figures)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(ticks, (all) => {
        const groups = new Set(PROCESS_DETAILS);
        const details = new DetailColumns(groups, 4);
        const rows = new ProcessColumns(4);
        clearRows(rows);
        const before = new ProcessColumns(4);
        details.begin(3);
        rows.begin(3, 1, 77, 0);
        const encoder = new SampleEncoder();
        const decoder = new SampleDecoder(groups);
        for (const [tick, [values, read]] of all.entries()) {
          for (const [at, column] of ROW_COLUMNS.slice(6).entries()) rows[column][3] = values[at]!;
          for (const [at, figure] of details.figures.entries())
            if (read !== null) details.set(figure, 3, read[at]!, tick);
          const news = changedRows(rows, before, [3], () => read !== null);
          before.copyFrom(rows);
          const sample = { ...oneRow(rows, details, tick), ...news };
          const bytes = encoder.encode(
            {
              sample,
              exits: { exits: [], lostShare: 0 },
              events: { events: [], lost: 0 },
              closesWindow: false,
              progress: NO_PROGRESS,
            },
            tick === 0,
          );
          assert.deepEqual(shown(decoder.decode(bytes.subarray(LENGTH_BYTES)).sample), shown(sample));
        }
      }),
    );
  });

  it('are rejected with a specific error, whatever is changed in them', () => {
    const change = fc.record({ at: fc.nat(100_000), to: fc.nat(255), cut: fc.boolean() });
    let refused = 0;
    fc.assert(
      fc.property(history, fc.array(change, { minLength: 1, maxLength: 3 }), (ticks, changes) => {
        const encoder = new SampleEncoder();
        const decoder = new SampleDecoder(new Set());
        for (const tick of playedTicks(ticks, true)) {
          let bytes = encoder.encode(tick, tick.sample.tick === 0).subarray(LENGTH_BYTES);
          for (const { at, to, cut } of changes) {
            bytes[at % bytes.length] = to;
            if (cut && to % 4 === 0) bytes = bytes.subarray(0, at % bytes.length);
            if (bytes.length === 0) return;
          }
          try {
            decoder.decode(bytes);
          } catch (error) {
            assert.ok(error instanceof RecordingError, String(error instanceof Error ? error.stack : error));
            assert.match(error.message, /^[\x20-\x7e]+$/);
            refused++;
            return;
          }
        }
      }),
      { numRuns: 1000 },
    );
    assert.ok(refused > 100, `${refused} were refused`);
  });
});

const ORIGINS = [{ serial: 1, kind: 'named', pattern: null }] as const;
const UNITS = ['a.service'];
const IDENTITY: ProcessIdentity = {
  serial: 1,
  pid: 77,
  startTicks: 5,
  bornAtSeconds: -3.25,
  startedUnixMillis: 1.5,
  name: 'half \ud83d of a character',
  title: null,
  executable: '\ufeffa\0b\n',
  command: null,
  subCgroup: '',
};

function oneRow(rows: ProcessColumns, details: DetailColumns, tick: number): Sample {
  return {
    tick,
    atSeconds: tick / 3,
    unixMillis: tick,
    units: UNITS,
    origins: ORIGINS,
    instances: [],
    ended: [null],
    outsideParents: [],
    rows,
    slots: Int32Array.of(3),
    count: 1,
    changed: Int32Array.of(3),
    changedCount: 1,
    identities: [undefined, undefined, undefined, IDENTITY],
    details,
  };
}
