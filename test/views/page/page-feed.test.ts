import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Ledger } from '../../../src/ledger/ledger.ts';
import { RunTotals } from '../../../src/ledger/run/run-totals.ts';
import { RunData, type Values } from '../../../src/views/page/client/run/run-data.ts';
import { type FeedClient, PageFeed } from '../../../src/views/page/feed/page-feed.ts';
import { buildModel } from '../../../src/views/page/model/build-model.ts';
import { type HistoryBounds, PageHistory } from '../../../src/views/page/model/page-history.ts';
import type { PageModel } from '../../../src/views/page/model/page-model.ts';
import { history as histories, playedTicks } from '../../recording/histories.ts';
import { SimulatedService } from '../../recording/simulated-service.ts';

const FACTS = { program: '0', hostName: null, goesOn: true, missing: [] };
const BOUNDS: HistoryBounds = { points: 1_000, lives: 1_000, numbers: 1e6 };

/** A browser that draws what it is sent. */
class Reader implements FeedClient {
  isBehind = false;
  readonly data = new RunData();
  readonly models: PageModel[] = [];

  send(text: string): void {
    const model = JSON.parse(text) as PageModel;
    this.models.push(model);
    this.data.take(model);
  }
}

/** A run, its history and its feed. */
class Run {
  readonly ledger = new Ledger();
  readonly totals: RunTotals;
  readonly history: PageHistory;
  readonly feed: PageFeed;
  /** Seconds that making a model takes; time goes on by a second a tick. */
  costSeconds = 0;
  #nowSeconds = 0;
  #samples = 0;

  constructor(bounds: HistoryBounds, mostRows = 1_000) {
    this.totals = new RunTotals(this.ledger, mostRows);
    this.history = new PageHistory(this.ledger, 0.5, bounds);
    this.feed = new PageFeed(this.history, {
      document: () => {
        this.#nowSeconds += this.costSeconds;
        return this.document();
      },
      facts: FACTS,
      nowSeconds: () => this.#nowSeconds,
    });
  }

  document() {
    return this.totals.soFar({
      startedUnixMillis: 0,
      startedAtSeconds: 0,
      endedUnixMillis: 1,
      intervalSeconds: 0.5,
      samples: this.#samples,
      missedSamples: 0,
      export: null,
    });
  }

  tick(...[sample, exits]: Parameters<Ledger['book']>): void {
    const usage = this.ledger.book(sample, exits);
    this.totals.gather();
    this.history.take(usage);
    this.#samples++;
    this.#nowSeconds += 1;
    this.feed.push();
  }
}

const seen = (values: Values | null, points: number) =>
  Array.from({ length: points }, (_, point) => values?.[point] ?? Number.NaN);

/** All that a page shows: figures of rows, series by point, marks. */
function shownOf(data: RunData) {
  const points = data.seconds.length;
  const byPoint = (all: Readonly<Record<string, Values | null>> | null) =>
    all === null ? null : Object.entries(all).map(([figure, values]) => [figure, seen(values, points)]);
  return {
    seconds: data.seconds,
    marks: data.marks,
    units: [...data.units.values()].map(({ key, info, values }) => ({
      key,
      totals: info.totals,
      series: byPoint(values),
    })),
    processes: [...data.processes.values()]
      .sort((a, b) => a.key - b.key)
      .map(({ key, info, values }) => ({ key, totals: info.totals, series: byPoint(values) })),
  };
}

/** Both show the same. What is in the others was put together in another order, and is as near as a code is. */
function assertAlike(one: RunData, other: RunData): void {
  assert.deepEqual(shownOf(one), shownOf(other));
  for (const [key, { others: some }] of one.units) {
    const { others: rest } = other.units.get(key)!;
    for (const name of new Set([...some.keys(), ...rest.keys()]))
      for (const figure of ['cpu', 'reaped', 'memory', 'disk', 'transfer'] as const) {
        for (let point = 0; point < one.seconds.length; point++) {
          const [a, b] = [some, rest].map((each) => each.get(name)?.[figure]?.[point] || 0) as [
            number,
            number,
          ];
          assert.ok(
            Math.abs(a - b) <= 0.01 * Math.max(a, b) + 2e-4,
            `${name} ${figure} of ${point}: ${a} and ${b}`,
          );
        }
      }
  }
}

const serviceOf = (processes: number, samples: number) =>
  new SimulatedService({
    processes,
    samples,
    intervalSeconds: 0.5,
    startedUnixMillis: Date.UTC(2026, 0, 1),
    names: ['main', 'worker'],
    busy: 0.7,
  });

describe('the feed of the live page', () => {
  test('sends a whole model to who comes, and then no more than what is new', () => {
    const run = new Run(BOUNDS);
    const service = serviceOf(30, 40);
    const reader = new Reader();
    for (let tick = 0; tick < 20; tick++) run.tick(service.sample());
    run.feed.join(reader);
    for (let tick = 0; tick < 10; tick++) run.tick(service.sample());
    assert.equal(reader.models.length, 10);
    const [first, ...later] = reader.models;
    assert.equal(first!.points.from, 0);
    assert.equal(first!.points.seconds.length, 20);
    for (const { points } of later) {
      assert.ok(points.from > 15);
      assert.ok(points.seconds.length <= 5, `${points.seconds.length} points`);
    }
  });

  test('costs nothing where nobody looks, and at most a small share of the time where somebody does', () => {
    const run = new Run(BOUNDS);
    const service = serviceOf(10, 400);
    const reader = new Reader();
    let documents = 0;
    const { document } = run;
    run.document = () => {
      documents++;
      return document.call(run);
    };
    for (let tick = 0; tick < 20; tick++) run.tick(service.sample());
    assert.equal(documents, 0);
    run.costSeconds = 2;
    run.feed.join(reader);
    for (let tick = 0; tick < 300; tick++) run.tick(service.sample());
    assert.ok(documents > 3 && documents <= 8, `${documents} models in 300 s that take 2 s each`);
    run.feed.leave(reader);
    for (let tick = 0; tick < 60; tick++) run.tick(service.sample());
    assert.ok(documents <= 8);
  });

  test('sends nothing to who is behind, and a whole model once that has been taken', () => {
    const run = new Run(BOUNDS);
    const service = serviceOf(10, 60);
    const [slow, quick] = [new Reader(), new Reader()];
    for (const reader of [slow, quick]) run.feed.join(reader);
    for (let tick = 0; tick < 10; tick++) run.tick(service.sample());
    slow.isBehind = true;
    const before = slow.models.length;
    for (let tick = 0; tick < 10; tick++) run.tick(service.sample());
    assert.equal(slow.models.length, before);
    slow.isBehind = false;
    run.tick(service.sample());
    assert.equal(slow.models.at(-1)!.points.from, 0);
    assert.ok(quick.models.at(-1)!.points.from > 0);
    assertAlike(slow.data, quick.data);
  });

  test('tells how the run ended', () => {
    const run = new Run(BOUNDS);
    const service = serviceOf(10, 20);
    const reader = new Reader();
    run.feed.join(reader);
    for (let tick = 0; tick < 10; tick++) run.tick(service.sample());
    assert.equal(reader.data.run.goesOn, true);
    run.feed.end(run.document(), { ...FACTS, goesOn: false });
    assert.equal(reader.data.run.goesOn, false);
  });

  for (const [title, bounds, rows] of [
    ['', BOUNDS, 1_000],
    [', where points become longer and processes are folded', { points: 6, lives: 3, numbers: 1e6 }, 5],
    [', where rows of exited processes are folded', BOUNDS, 2],
  ] as const) {
    test(`whoever followed sees what they see who have just come${title}`, () => {
      fc.assert(
        fc.property(histories, fc.nat(10), fc.nat(10), (ticks, joinsAt, restsAt) => {
          const run = new Run(bounds, rows);
          const [follower, late] = [new Reader(), new Reader()];
          let at = 0;
          for (const { sample, exits } of playedTicks(ticks)) {
            if (at === joinsAt) run.feed.join(follower);
            follower.isBehind = at === restsAt;
            at++;
            run.tick(sample, exits);
          }
          follower.isBehind = false;
          if (at <= joinsAt) run.feed.join(follower);
          run.feed.join(late);
          run.feed.end(run.document(), FACTS);
          assertAlike(follower.data, late.data);
        }),
        { numRuns: 100 },
      );
    });
  }

  test('shows what the report of the same run would', () => {
    const run = new Run(BOUNDS);
    const service = serviceOf(20, 200);
    const [reader, whole] = [new Reader(), new RunData()];
    run.feed.join(reader);
    for (let tick = 0; tick < 200; tick++) run.tick(service.sample());
    run.feed.end(run.document(), FACTS);
    whole.take(JSON.parse(JSON.stringify(buildModel(run.document(), run.history, FACTS))));
    assertAlike(reader.data, whole);
  });
});
