import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HrTime } from '@opentelemetry/api';
import fc from 'fast-check';
import type { UnitWindow } from '../../src/ledger/window/export-window.ts';
import { PrometheusPage } from '../../src/telemetry/endpoint/prometheus-page.ts';
import type { Visitor } from '../../src/telemetry/scrapers.ts';
import { startTelemetry } from '../../src/telemetry/telemetry.ts';
import { parsePrometheusText } from './endpoint/prometheus-text.ts';
import { RecordedLog } from './recorded-log.ts';
import { exportWindow, processWindow, SELF, STARTED, unitWindow } from './windows.ts';

const PROMETHEUS: Visitor = { name: '10.0.0.1 Prometheus', isScraper: true };
const PERSON: Visitor = { name: '127.0.0.1 curl', isScraper: false };
const WINDOW_SECONDS = 10;

/** A page of windows of ten seconds, under a clock of the test's own. */
class Page {
  #nowSeconds = 1000;
  readonly #telemetry;
  readonly #page;
  #sequence = 0;

  constructor() {
    this.#telemetry = startTelemetry({
      exporters: [],
      keepsWindow: true,
      resource: { version: '1.2.3', hostName: 'host-a', instanceId: 'instance-1' },
      exportTimeoutSeconds: 10,
      clock: {
        monotonicSeconds: () => this.#nowSeconds,
        unixMillis: () => STARTED,
        after: () => () => {},
      },
      spool: { directory: undefined, bytes: 1, ageSeconds: 1 },
      selfFigures: () => SELF,
      startedUnixMillis: STARTED,
      log: new RecordedLog(),
      writeConsole: () => {},
      environment: {},
      temporality: 'cumulative',
      histogramAggregation: 'explicit_bucket_histogram',
    });
    this.#page = new PrometheusPage(() => this.#telemetry.lastWindow);
  }

  wait(seconds: number): void {
    this.#nowSeconds += seconds;
  }

  async close(units: readonly UnitWindow[]): Promise<void> {
    this.#nowSeconds += WINDOW_SECONDS;
    await this.#telemetry.exportWindow(exportWindow(++this.#sequence, units));
  }

  /** The start of the CPU time of the only unit on the page. */
  cpuStart(): HrTime | undefined {
    const metrics = this.#telemetry.lastWindow?.scopeMetrics.flatMap((scope) => scope.metrics) ?? [];
    return metrics.find(({ descriptor }) => descriptor.name === 'unitledger.unit.cpu.time')?.dataPoints[0]
      ?.startTime;
  }

  /** The series of units that a visitor is shown; fails where one stands twice. */
  scrape(visitor: Visitor = PROMETHEUS): Map<string, number> {
    this.#telemetry.visit(visitor)();
    const { samples } = parsePrometheusText(this.#page.body.toString());
    const ofUnits = samples.filter(({ labels }) => labels.systemd_unit_name !== undefined);
    return new Map(ofUnits.map(({ name, labels, value }) => [`${name} ${JSON.stringify(labels)}`, value]));
  }
}

const CPU = 'unitledger_unit_cpu_time_seconds_total';
const unit = (name: string, cpuSeconds: number, more: Partial<UnitWindow> = {}) =>
  unitWindow({ unit: name, cpuSeconds, ...more });
const cpuOf = (series: Map<string, number>, name: string) =>
  [...series].find(([key]) => key.startsWith(CPU) && key.includes(`"${name}"`))?.[1];
const gaugeOf = (series: Map<string, number>, name: string) =>
  [...series].find(
    ([key]) => key.startsWith('unitledger_unit_memory_usage') && key.includes(`"${name}"`),
  )?.[1];

describe('a page that Prometheus scrapes every three windows', () => {
  test('shows a new counter as 0 until it was scraped, and gauges unchanged', async () => {
    const page = new Page();
    page.scrape();
    const shown = [];
    for (const [i, live] of [1, 2, 3, 4, 5, 6].entries()) {
      await page.close([unit('a', live)]);
      if (i % 3 === 2) shown.push(page.scrape());
    }
    assert.deepEqual(
      shown.map((each) => cpuOf(each, 'a')),
      [0, 6],
    );
    assert.deepEqual(
      shown.map((each) => gaugeOf(each, 'a')),
      [3_000_000, 3_000_000],
    );
  });

  test('keeps an ended counter until it was scraped, then drops it; gauges are dropped immediately', async () => {
    const page = new Page();
    page.scrape();
    const shown = [];
    for (let i = 1; i <= 15; i++) {
      await page.close(i <= 7 ? [unit('a', i)] : []);
      if (i % 3 === 0) shown.push(page.scrape());
    }
    assert.deepEqual(
      shown.map((each) => cpuOf(each, 'a')),
      [0, 6, 7, undefined, undefined],
    );
    assert.deepEqual(
      shown.map((each) => gaugeOf(each, 'a')),
      [3_000_000, 3_000_000, undefined, undefined, undefined],
    );
  });

  test('shows a counter shorter than a scrape interval first as 0, then with its final value', async () => {
    const page = new Page();
    page.scrape();
    const shown = [];
    for (let i = 1; i <= 12; i++) {
      await page.close(i === 4 ? [unit('a', 5)] : []);
      if (i % 3 === 0) shown.push(cpuOf(page.scrape(), 'a'));
    }
    assert.deepEqual(shown, [undefined, 0, 5, undefined]);
  });

  test('continues a series that ended and returned before it was scraped', async () => {
    const page = new Page();
    page.scrape();
    const shown = [];
    for (const [i, units] of [
      [unit('a', 1)],
      [unit('a', 2)],
      [unit('a', 3)],
      [unit('a', 4)],
      [],
      [unit('a', 6)],
      [unit('a', 7)],
      [unit('a', 8)],
      [unit('a', 9)],
      [],
      [],
      [],
      [],
      [],
      [],
    ].entries()) {
      await page.close(units);
      if (i % 3 === 2) shown.push(cpuOf(page.scrape(), 'a'));
    }
    assert.deepEqual(shown, [0, 6, 9, undefined, undefined]);
  });

  test('keeps the start of a series that continues', async () => {
    const page = new Page();
    page.scrape();
    for (const cpuSeconds of [1, 2, 3]) await page.close([unit('a', cpuSeconds)]);
    page.scrape();
    await page.close([unit('a', 4)]);
    const start = page.cpuStart();
    assert.ok(start !== undefined);
    await page.close([]);
    await page.close([unit('a', 6)]);
    assert.deepEqual(page.cpuStart(), start);
    assert.equal(cpuOf(page.scrape(), 'a'), 6);
  });
});

test('a page waits for every scraper, as long as it scrapes', async () => {
  const page = new Page();
  const other: Visitor = { name: '10.0.0.2 Prometheus', isScraper: true };
  for (const each of [PROMETHEUS, other]) page.scrape(each);
  await page.close([unit('a', 1)]);
  assert.equal(cpuOf(page.scrape(), 'a'), 0);
  await page.close([unit('a', 2)]);
  assert.equal(cpuOf(page.scrape(), 'a'), 0);
  assert.equal(cpuOf(page.scrape(other), 'a'), 0);
  await page.close([unit('a', 3)]);
  assert.equal(cpuOf(page.scrape(), 'a'), 3);
  page.wait(300);
  await page.close([unit('a', 4), unit('b', 4)]);
  assert.equal(cpuOf(page.scrape(), 'b'), 4);
});

test('a single request gets the current state, and is not awaited', async () => {
  const page = new Page();
  page.scrape(PERSON);
  await page.close([unit('a', 1)]);
  assert.equal(cpuOf(page.scrape(PERSON), 'a'), 1);
  page.wait(3600);
  await page.close([unit('a', 2), unit('b', 2)]);
  assert.equal(cpuOf(page.scrape(PERSON), 'b'), 2);
});

test('whatever comes and goes, and however rarely it is scraped, no series is duplicated, and increases are the usage', async () => {
  const life = fc.record({ unit: fc.nat(3), first: fc.nat(20), windows: fc.integer({ min: 1, max: 6 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(life, { maxLength: 8 }),
      fc.integer({ min: 1, max: 5 }),
      async (lives, every) => {
        const page = new Page();
        const used = new Map<string, number>();
        const last = new Map<string, number>();
        const risen = new Map<string, number>();
        page.scrape();
        // The last life ends at 26. Every 5 windows, it takes three scrapes until nothing of it is shown.
        const LAST = 45;
        for (let i = 1; i <= LAST; i++) {
          const there = new Set(
            lives.flatMap(({ unit: name, first, windows }) =>
              i > first && i <= first + windows ? [`u${name}`] : [],
            ),
          );
          for (const name of there) used.set(name, (used.get(name) ?? 0) + 1);
          await page.close([...there].map((name) => unit(name, used.get(name)!)));
          if (i % every !== 0) continue;
          const shown = page.scrape();
          for (const [series, value] of shown) {
            if (!series.startsWith(CPU)) continue;
            const before = last.get(series);
            // As Prometheus has it: what falls has begun anew, and the first value says nothing.
            const rise = before === undefined ? 0 : value < before ? value : value - before;
            risen.set(series, (risen.get(series) ?? 0) + rise);
          }
          last.clear();
          for (const [series, value] of shown) last.set(series, value);
        }
        for (const [name, seconds] of used) {
          const all = [...risen].filter(([series]) => series.includes(`"${name}"`));
          assert.equal(
            all.reduce((sum, [, rise]) => sum + rise, 0),
            seconds,
            name,
          );
          assert.equal([...last.keys()].filter((series) => series.includes(`"${name}"`)).length, 0);
        }
      },
    ),
    { numRuns: 100 },
  );
});

test('a process that has come and gone is on the page until it is scraped, its memory is not', async () => {
  const page = new Page();
  page.scrape();
  await page.close([unit('a', 1, { processes: [processWindow()] })]);
  await page.close([unit('a', 1)]);
  const first = [...page.scrape().keys()].filter((series) => series.includes('process_pid'));
  assert.deepEqual([...new Set(first.map((series) => series.split(' ', 1)[0]))].sort(), [
    'process_cpu_time_seconds_total',
    'process_disk_io_bytes_total',
  ]);
});
