import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MetricData } from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { SELF_SERIES, SeriesBudget } from '../../src/ledger/accounts/series-budget.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { WindowBuilder } from '../../src/ledger/window/window-builder.ts';
import { PROCESS_DETAILS } from '../../src/sampling/choices.ts';
import type { Metric } from '../../src/telemetry/catalogue/metric.ts';
import { detailMetricNames } from '../../src/telemetry/catalogue/process-details.ts';
import { chooseMetrics } from '../../src/telemetry/catalogue.ts';
import { OPTIONAL_METRICS } from '../../src/telemetry/choices.ts';
import { Recorder } from '../../src/telemetry/recorder.ts';
import { SimulatedUnits } from '../ledger/simulated-units.ts';
import { EVERY_FIGURE, SELF_READING, STARTED, valuesOf as valuesIn } from './windows.ts';

const seriesOf = (metrics: readonly Metric[]) =>
  metrics.reduce((sum, metric) => sum + ('series' in metric ? metric.series.length : 1), 0);

test('the budget has the number of series that the catalogue creates of each kind', () => {
  const chosen = chooseMetrics();
  const left = (budget: SeriesBudget) => budget.processesLeft;
  const ofProcess = (details: readonly (typeof PROCESS_DETAILS)[number][]) => {
    const budget = new SeriesBudget(1e9, { ofProcesses: true, details: new Set(details) });
    return Math.round((1e9 - SELF_SERIES) / left(budget));
  };
  assert.equal(ofProcess([]), seriesOf(chosen.process));
  for (const group of PROCESS_DETAILS) {
    const metrics = chooseMetrics({ alsoOn: detailMetricNames(new Set([group])) });
    assert.equal(ofProcess([group]), seriesOf(metrics.process), group);
  }
  const parts = seriesOf(chosen.executable) + seriesOf(chosen.disk);
  const ofUnit = seriesOf(chosen.unit) + seriesOf(chosen.sample) + 2 * parts + seriesOf(chosen.process);
  assert.equal(new SeriesBudget().ofUnit, ofUnit);
  for (const name of OPTIONAL_METRICS) {
    const { unit, process } = chooseMetrics({ alsoOn: [name] });
    const more = seriesOf(unit) + seriesOf(process) - seriesOf(chosen.unit) - seriesOf(chosen.process);
    const wishes = { ofProcesses: true, details: new Set<never>(), metrics: [name] };
    assert.equal(new SeriesBudget(1e9, wishes).ofUnit, ofUnit + more, name);
    const { unit: alone } = chooseMetrics({ alsoOn: [name], ofProcesses: false });
    const without = new SeriesBudget(1e9, { ...wishes, ofProcesses: false }).ofUnit;
    assert.equal(without, ofUnit - seriesOf(chosen.process) + seriesOf(alone) - seriesOf(chosen.unit), name);
  }
  assert.ok(seriesOf([...chosen.self, ...chosen.tick]) <= SELF_SERIES);
});

/** Books and series of units of `*`. */
class Program {
  readonly host: SimulatedUnits;
  readonly ledger: Ledger;
  readonly #builder: WindowBuilder;
  readonly #recorder: Recorder;

  constructor(most: number, processesOfUnit: number) {
    const budget = new SeriesBudget(most);
    this.host = new SimulatedUnits(2000, 10);
    this.host.figures = EVERY_FIGURE;
    this.ledger = new Ledger(budget);
    this.#builder = new WindowBuilder(this.ledger, STARTED, 0, { processesOfUnit, budget });
    this.#recorder = new Recorder({
      metrics: chooseMetrics(),
      resource: { version: '1', hostName: 'h', instanceId: 'i' },
      temporality: 'cumulative',
      histogramAggregation: 'explicit_bucket_histogram',
      startedUnixMillis: STARTED,
    });
  }

  tick(): void {
    const usage = this.ledger.book(this.host.sample());
    this.#builder.gather();
    this.#recorder.recordTick(usage);
  }

  window(sequence: number) {
    const window = this.#builder.close(STARTED + sequence * 5000, sequence * 5);
    const { scopeMetrics } = this.#recorder.collectWindow(window, SELF_READING);
    return { window, metrics: valuesIn(scopeMetrics[0]!.metrics, window) };
  }
}

/** Every series of a window, with its value; fails where one stands twice. */
function valuesOf(metrics: readonly MetricData[]): Map<string, unknown> {
  const values = new Map<string, unknown>();
  for (const { descriptor, dataPoints } of metrics) {
    for (const { attributes, startTime, value } of dataPoints) {
      const key = JSON.stringify([descriptor.name, attributes, startTime]);
      assert.ok(!values.has(key), `${key} twice`);
      values.set(key, value);
    }
  }
  return values;
}

test('a thousand units of a pattern stay within the budget, and those without room are counted', () => {
  const program = new Program(20_000, 20);
  for (let i = 0; i < 1000; i++) program.host.start(`u${i}.service`, `name-${i}`);
  program.tick();
  program.tick();
  const { window, metrics } = program.window(1);
  const series = valuesOf(metrics).size;
  assert.ok(series <= 20_000, `${series}`);
  assert.ok(series > 10_000, `${series}`);
  assert.ok(window.folded.units > 100, JSON.stringify(window.folded));
  assert.equal(window.units.at(0)!.unit, '(other units of *)');
  assert.equal(window.units.at(0)!.processCount, window.folded.units);
  assert.equal(window.units.length + window.folded.units, 1001);
});

test('the budget computed in docs/scaling.md has room for every process, and one less has not', () => {
  const enough = 40 + 70 * (100 + 1) + 8 * 100;
  for (const [most, over] of [
    [enough, 0],
    [enough - 1, 100],
  ] as const) {
    const program = new Program(most, 20);
    for (let i = 0; i < 100; i++) program.host.start(`u${i}.service`, 'name');
    for (let sequence = 1; sequence <= 2; sequence++) {
      program.tick();
      assert.equal(program.window(sequence).window.folded.processesOverBudget, over);
    }
  }
});

test('whatever units come and go, the budget holds, no counter decreases, and all usage is in some series', () => {
  const step = fc.record({
    start: fc.array(fc.tuple(fc.nat({ max: 30 }), fc.nat({ max: 3 })), { maxLength: 6 }),
    stop: fc.array(fc.nat({ max: 30 }), { maxLength: 6 }),
    work: fc.array(fc.tuple(fc.nat({ max: 30 }), fc.nat({ max: 400_000_000 })), { maxLength: 8 }),
  });
  const limits = fc.record({ most: fc.integer({ min: 160, max: 1500 }), own: fc.nat({ max: 3 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), limits, (steps, { most, own }) => {
      const program = new Program(most, own);
      const running = new Set<string>();
      const last = new Map<string, number>();
      let sequence = 0;
      const check = () => {
        const { metrics } = program.window(++sequence);
        const values = valuesOf(metrics);
        assert.ok(values.size <= most, `${values.size} of ${most}`);
        for (const [key, value] of values) {
          if (!/(?:unit|executable|process)\.cpu\.time/.test(key)) continue;
          assert.ok((value as number) >= (last.get(key) ?? 0) - 1e-9, `${key} fell`);
          last.set(key, value as number);
        }
        let used = 0;
        const totals = { unit: 0, executable: 0, process: 0 };
        for (const [key, value] of last) {
          if (key.includes('unitledger.unit.cpu.time')) totals.unit += value;
          else if (key.includes('unitledger.executable.cpu.time')) totals.executable += value;
          else totals.process += value;
        }
        used = program.host.readSeconds;
        for (const [level, total] of Object.entries(totals)) {
          assert.ok(Math.abs(total - used) < 1e-6, `${level}: ${total} of ${used} s`);
        }
      };
      for (const [at, { start, stop, work }] of steps.entries()) {
        for (const n of stop) if (running.delete(`u${n}`)) program.host.stop(`u${n}`);
        program.tick();
        for (const [n, name] of start) {
          if (running.has(`u${n}`)) continue;
          running.add(`u${n}`);
          program.host.start(`u${n}`, `name-${name}`);
        }
        for (const [n, nanos] of work) if (running.has(`u${n}`)) program.host.work(`u${n}`, nanos);
        program.tick();
        if (at % 5 === 4) check();
      }
      program.tick();
      check();
    }),
    { numRuns: 150 },
  );
});

test('units that are gone give their series to later ones', () => {
  const program = new Program(20_000, 20);
  const folded: number[] = [];
  for (let i = 0; i < 600; i++) {
    const name = `run-${i}.service`;
    program.host.start(name);
    program.tick();
    program.host.work(name, 1e9);
    program.tick();
    program.host.stop(name);
    program.tick();
    folded.push(program.window(i + 1).window.folded.units);
  }
  assert.deepEqual(
    folded.filter((units) => units > 0),
    [],
  );
});

test('a unit that returns without room is folded, with what it used since its return', () => {
  const ofUnit = new SeriesBudget().ofUnit;
  const program = new Program(SELF_SERIES + 2 * ofUnit, 20);
  let sequence = 0;
  const cpuOf = (busy: string | null) => {
    if (busy !== null) program.host.work(busy, 1e9);
    program.tick();
    const { units } = program.window(++sequence).window;
    return units.map(({ unit, cpuSeconds, executables, otherProcesses }) => [
      unit,
      cpuSeconds,
      executables.reduce((sum, one) => sum + one.cpuSeconds, 0),
      otherProcesses?.userSeconds ?? 0,
    ]);
  };
  program.host.start('a.service');
  program.tick();
  assert.deepEqual(cpuOf('a.service'), [['a.service', 1, 1, 1]]);
  program.host.stop('a.service');
  cpuOf(null);
  cpuOf(null);
  program.host.start('b.service');
  program.tick();
  program.host.start('a.service', 'another');
  program.tick();
  assert.deepEqual(cpuOf('a.service')[0], ['(other units of *)', 1, 1, 1]);
  program.host.stop('b.service');
  assert.deepEqual(cpuOf('a.service')[0], ['(other units of *)', 2, 2, 2]);
});

test('a name that never used anything gives way to another after an hour', () => {
  const program = new Program(20_000, 0);
  const nameOf = (sequence: number) => {
    program.host.start('a.service', `name-${sequence}`);
    program.tick();
    const { units } = program.window(sequence).window;
    program.host.stop('a.service');
    program.tick();
    return units[0]!.executables.find(({ processCount }) => processCount === 1)!.executable;
  };
  for (let sequence = 1; sequence <= 200; sequence++) {
    // Ends before the window that its first sample belongs to.
    program.host.start('a.service', `name-${sequence}`);
    program.tick();
    program.host.stop('a.service');
    program.tick();
    program.window(sequence);
  }
  assert.equal(nameOf(201), 'other');
  program.window(1200);
  assert.equal(nameOf(1201), 'name-1201');
});
