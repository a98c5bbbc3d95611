import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Ledger } from '../../../src/ledger/ledger.ts';
import { RunTotals } from '../../../src/ledger/run/run-totals.ts';
import { buildModel } from '../../../src/views/page/model/build-model.ts';
import { lifeFigure } from '../../../src/views/page/model/life.ts';
import { type HistoryBounds, PageHistory } from '../../../src/views/page/model/page-history.ts';
import type { PageModel, PageUnit } from '../../../src/views/page/model/page-model.ts';
import { decodeSeries, type PageSeries, PROCESS_FIGURES } from '../../../src/views/page/model/series.ts';
import { SimulatedUnit } from '../../ledger/simulated-unit.ts';
import { history as histories, playedTicks } from '../../recording/histories.ts';
import { SimulatedService } from '../../recording/simulated-service.ts';

const FACTS = { program: '0', hostName: null, goesOn: false, missing: [] };
const RUN = {
  startedUnixMillis: 0,
  startedAtSeconds: 0,
  endedUnixMillis: 10_000,
  intervalSeconds: 0.5,
  missedSamples: 0,
  export: null,
};
const BOUNDS: HistoryBounds = { points: 1_000, lives: 1_000, numbers: 1e6 };

function simulated(
  samples: number,
  bounds = BOUNDS,
  processes = 12,
): { model: PageModel; history: PageHistory } {
  const service = new SimulatedService({
    processes,
    samples,
    intervalSeconds: 0.5,
    startedUnixMillis: Date.UTC(2026, 0, 1),
    names: ['main', 'worker'],
    busy: 0.7,
  });
  const ledger = new Ledger();
  const totals = new RunTotals(ledger, 1_000);
  const history = new PageHistory(ledger, 0.5, bounds);
  for (let tick = 0; tick < samples; tick++) {
    const usage = ledger.book(service.sample());
    totals.gather();
    history.take(usage);
  }
  const document = totals.document({
    startedUnixMillis: Date.UTC(2026, 0, 1),
    startedAtSeconds: 0,
    endedUnixMillis: Date.UTC(2026, 0, 1) + 500 * samples,
    intervalSeconds: 0.5,
    samples,
    missedSamples: 0,
    export: null,
  });
  return { model: buildModel(document, history, FACTS), history };
}

test('the last CPU of a process that left its unit is shown when it left', () => {
  const unit = new SimulatedUnit(50);
  const mover = unit.fork(unit.fork(null)!)!;
  const ledger = new Ledger();
  const history = new PageHistory(ledger, 0.5);
  for (let tick = 0; tick < 6; tick++) {
    history.take(ledger.book(unit.sample()));
    if (tick < 2) unit.work(mover, 3e7, 1000);
    if (tick === 1) unit.move(mover, true);
    if (tick === 4) unit.exit(mover);
  }
  const { track } = history.units[0]!.lives.find(({ account }) => account.identity.pid === mover.pid)!;
  const cpu = Array.from(
    { length: history.points.count },
    (_, point) => lifeFigure(track!, 'cpu', point) || 0,
  );
  assert.ok(cpu.indexOf(Math.max(...cpu)) <= 1, String(cpu));
  assert.ok(Math.abs(cpu[0]! + cpu[1]! - 0.06) < 1e-6, String(cpu));
});

test('processes that no sample saw are folded by name below the row that they descend from, with their times', () => {
  const unit = new SimulatedUnit(50, false, true);
  const ledger = new Ledger();
  const totals = new RunTotals(ledger, 1_000);
  const history = new PageHistory(ledger, 0.5);
  const tick = () => {
    const sample = unit.sample();
    history.take(ledger.book(sample, unit.exits(), unit.events()));
    totals.gather();
    return sample.atSeconds;
  };
  const main = unit.fork(null)!;
  const first = tick();
  tick();
  const lived: (readonly [number, number])[] = [];
  for (const count of [2, 0, 1]) {
    for (let born = 0; born < count; born++) {
      const child = unit.fork(main)!;
      unit.exit(child);
      unit.reap(child);
      lived.push([child.bornAtSeconds, child.endedAtSeconds]);
    }
    tick();
  }
  const model = buildModel(totals.document({ ...RUN, samples: 5 }), history, FACTS);
  const [{ folds }] = model.units as [PageUnit];
  const parent = model.processes.find(({ totals: { pid } }) => pid === main.pid)!.key;
  // Each has a name of its own there.
  assert.deepEqual(
    folds.map((fold) => [fold.parent, fold.count, fold.failed]),
    lived.map(() => [parent, 1, 0]),
  );
  for (const [born, ended] of lived)
    assert.ok(
      folds
        .flatMap(({ stretches }) => stretches)
        .some(([from, to]) => from <= born - first + 1e-4 && to >= ended - first - 1e-4),
      `${born} to ${ended}`,
    );
});

function valuesOf(series: PageSeries | null, length: number): Float64Array {
  const values = new Float64Array(length).fill(Number.NaN);
  if (series !== null) decodeSeries(series, 'share', values);
  return values;
}

/** Bytes a second as a whole model has them, added up. */
function bytesOf(series: PageSeries | null, seconds: readonly number[]): number {
  const rates = new Float64Array(seconds.length).fill(Number.NaN);
  if (series !== null) decodeSeries(series, PROCESS_FIGURES.disk.scale, rates);
  return rates.reduce((sum, rate, point) => sum + (rate || 0) * seconds[point]!, 0);
}

/** What a rate came to. */
function amountOf(series: PageSeries | null, seconds: readonly number[]): number {
  return valuesOf(series, seconds.length).reduce(
    (sum, rate, point) => sum + (rate || 0) * seconds[point]!,
    0,
  );
}

function near(actual: number, wanted: number, share: number, what: string): void {
  assert.ok(Math.abs(actual - wanted) <= share * wanted + 1e-3, `${what}: ${actual}, and not ${wanted}`);
}

for (const [title, bounds] of [
  ['one sample a point', BOUNDS],
  ['several samples a point', { ...BOUNDS, points: 64 }],
  ['so little room that most processes are folded', { points: 64, lives: 4, numbers: 1e6 }],
] as const) {
  test(`what is drawn adds up to what the table says, with ${title}`, () => {
    const { model } = simulated(500, bounds);
    const { seconds } = model.points;
    const [unit] = model.units;
    assert.ok(seconds.length <= bounds.points);
    near(
      seconds.reduce((sum, each) => sum + each, 0),
      249.5,
      0.001,
      'time',
    );
    const { cpu } = unit!.totals;
    near(amountOf(unit!.series.cpu, seconds), cpu.totalSeconds!, 0.01, 'all CPU');
    const own = model.processes.map(({ series }) => amountOf(series?.cpu ?? null, seconds));
    const others = unit!.series.others.reduce((sum, { series }) => sum + amountOf(series.cpu, seconds), 0);
    const rows = own.reduce((sum, each) => sum + each, others);
    const reaped = amountOf(unit!.series.reaped, seconds);
    near(rows + reaped, cpu.attributedSeconds, 0.01, 'attributed CPU');
    near(
      amountOf(unit!.series.unattributed, seconds),
      cpu.totalSeconds! - cpu.attributedSeconds,
      0.05,
      'the rest',
    );
    for (const [at, { series, totals }] of model.processes.entries()) {
      if (series !== null) near(own[at]!, totals.cpuSeconds, 0.01, `CPU of ${totals.pid}`);
    }
  });
}

/** At every point, what processes show with what has no row is what the unit shows. */
function assertStackIsUnit({ units, processes, points }: PageModel): void {
  const { length } = points.seconds;
  for (const { key, series } of units) {
    const layers = [
      ...processes.filter(({ unit }) => unit === key).map((process) => process.series?.cpu ?? null),
      ...series.others.map((each) => each.series.cpu),
      series.reaped,
      series.unattributed,
    ].map((each) => valuesOf(each, length));
    const line = valuesOf(series.cpu, length);
    for (let point = 0; point < length; point++) {
      if (points.seconds[point] === 0) continue;
      const stack = layers.reduce((sum, values) => sum + (values[point] || 0), 0);
      // Each code is rounded to a hundredth of a percent, or to 0.2%.
      const error = 1e-4 * (layers.length + 1) + 0.004 * stack;
      assert.ok(Math.abs(stack - (line[point] || 0)) <= error, `${point}: ${stack}, and not ${line[point]}`);
    }
  }
}

test('at every moment the stack is as high as the line of the unit, however much is folded', () => {
  for (const bounds of [BOUNDS, { ...BOUNDS, points: 64 }, { points: 64, lives: 4, numbers: 1e6 }])
    assertStackIsUnit(simulated(500, bounds, 40).model);
  fc.assert(
    fc.property(histories, fc.boolean(), (ticks, isSmall) => {
      const bounds = isSmall ? { points: 6, lives: 3, numbers: 1e6 } : BOUNDS;
      assertStackIsUnit(playedModel(ticks, bounds));
    }),
    { numRuns: 200 },
  );
});

test('what ended unseen is with the others of its name, as soon as that is known', () => {
  const unit = new SimulatedUnit(100);
  const ledger = new Ledger();
  const totals = new RunTotals(ledger, 1000);
  const history = new PageHistory(ledger, 0.5, BOUNDS);
  const shell = unit.fork(null)!;
  for (let tick = 0; tick < 20; tick++) {
    history.take(ledger.book(unit.sample(), unit.exits()));
    totals.gather();
    for (let i = 0; i < 3; i++) {
      const child = unit.fork(shell)!;
      unit.work(child, 20_000_000, 4096);
      unit.exit(child);
      unit.reap(child);
    }
  }
  const model = buildModel(totals.document({ ...RUN, samples: 20 }), history, FACTS);
  const { seconds } = model.points;
  const [{ totals: told, series }] = model.units as [PageUnit];
  assert.ok(told.exited.length > 3);
  for (const { name, cpuSeconds, diskBytes } of told.exited) {
    const drawn = series.others.find((each) => each.name === name)!.series;
    near(amountOf(drawn.cpu, seconds), cpuSeconds, 0.01, `CPU of ${name}`);
    near(bytesOf(drawn.disk, seconds), diskBytes!, 0.01, `bytes of ${name}`);
  }
  assert.ok(amountOf(series.reaped, seconds) < 0.01, 'nothing without a name');
  assertStackIsUnit(model);
});

test('a name that many brief processes had is not shown to grow when most of them are folded', () => {
  const { model } = simulated(1_500, { points: 64, lives: 30, numbers: 1e6 }, 200);
  const { seconds } = model.points;
  const memory = new Float64Array(seconds.length);
  const add = (series: PageSeries | null) => {
    const values = new Float64Array(seconds.length).fill(Number.NaN);
    if (series !== null) decodeSeries(series, 'memoryBytes', values);
    for (const [point, value] of values.entries()) memory[point]! += value || 0;
  };
  for (const { totals, series } of model.processes) if (totals.name === 'worker') add(series?.memory ?? null);
  for (const { name, series } of model.units[0]!.series.others) {
    assert.notEqual(name, null, 'each name has its own series');
    if (name === 'worker') add(series.memory);
  }
  assert.ok(model.units[0]!.series.others.some(({ name }) => name === 'worker'));
  const early = memory.slice(2, 12).reduce((sum, each) => sum + each, 0);
  const late = memory.slice(-12, -2).reduce((sum, each) => sum + each, 0);
  assert.ok(late < 1.5 * early && late > early / 1.5, `${early} and ${late}`);
});

test('parents are told by key, marks by point, and nothing is told of what is not known', () => {
  const { model } = simulated(2_000);
  const [unit] = model.units;
  const main = model.processes.find(({ totals }) => totals.pid === 1001)!;
  assert.ok(model.processes.some(({ parent }) => parent === main.key));
  assert.ok(model.marks.some(({ kind }) => kind === 'oomKill'));
  assert.ok(model.marks.every(({ point }) => point < model.points.seconds.length));
  assert.notEqual(unit!.series.cpuPressure, null);
  assert.equal(main.series!.transfer !== null, true);
});

test('a run of one sample has no points', () => {
  const { model } = simulated(1);
  assert.deepEqual(model.points.seconds, [0]);
  assert.equal(model.processes.length, 12);
});

function playedModel(ticks: Parameters<typeof playedTicks>[0], bounds: HistoryBounds): PageModel {
  const ledger = new Ledger();
  const totals = new RunTotals(ledger, 5);
  const pages = new PageHistory(ledger, 0.5, bounds);
  for (const { sample, exits } of playedTicks(ticks)) {
    const usage = ledger.book(sample, exits);
    totals.gather();
    pages.take(usage);
  }
  const document = totals.document({
    startedUnixMillis: 0,
    startedAtSeconds: 0,
    endedUnixMillis: 1,
    intervalSeconds: 0.5,
    samples: ticks.length,
    missedSamples: 0,
    export: null,
  });
  return buildModel(document, pages, FACTS);
}

/** A value with what its objects write as JSON, before that is text: what is no number is still none. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('toJSON' in value) return plain((value as { toJSON(): unknown }).toJSON());
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

test('whatever a run does, its model is sound JSON, and its rows are those of the document', () => {
  fc.assert(
    fc.property(histories, (ticks) => {
      const model = playedModel(ticks, { points: 6, lives: 3, numbers: 1e6 });
      assert.deepEqual(JSON.parse(JSON.stringify(model)), plain(model));
      assert.equal(new Set(model.processes.map(({ key }) => key)).size, model.processes.length);
      const { seconds } = model.points;
      const drawn = amountOf(model.units[0]!.series.cpu, seconds);
      const { totalSeconds, attributedSeconds } = model.units[0]!.totals.cpu;
      if (ticks.length > 1)
        assert.ok(drawn <= (totalSeconds ?? attributedSeconds) * 1.01 + 0.01 * seconds.length);
    }),
    { numRuns: 60 },
  );
});
