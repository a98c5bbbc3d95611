import assert from 'node:assert/strict';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { SeriesBudget } from '../../src/ledger/accounts/series-budget.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { ExportWindow } from '../../src/ledger/window/export-window.ts';
import { WindowBuilder } from '../../src/ledger/window/window-builder.ts';
import { chooseMetrics } from '../../src/telemetry/catalogue.ts';
import type { Temporality } from '../../src/telemetry/choices.ts';
import { NOTHING_DELIVERED } from '../../src/telemetry/export/delivery.ts';
import { Recorder } from '../../src/telemetry/recorder.ts';
import { type Churning, SimulatedChurn } from '../ledger/simulated-churn.ts';
import { SELF } from './windows.ts';

const UNITS = 20;
const LASTING_OF_UNIT = 10;
const TICKS_OF_WINDOW = 20;
const PID_MAX = 4_194_304;
const CHURN_BUDGET = 8000;

/**
 * Units with ten lasting, working processes each that also start others which end after two ticks, with reused PIDs
 * and, one in ten, a unique name. Goes through the ledger, its windows and the recorder.
 */
export class ProcessChurn {
  /** Number of started processes. */
  started = 0;
  readonly #host = new SimulatedChurn(
    Array.from({ length: UNITS }, (_, unit) => `unit-${unit}.service`),
    4096,
  );
  readonly #ledger: Ledger;
  readonly #builder: WindowBuilder;
  readonly #recorder: Recorder;
  readonly #lasting: Churning[] = [];
  #brief: Churning[] = [];
  #pid = 1000;

  constructor(temporality: Temporality) {
    const budget = new SeriesBudget(CHURN_BUDGET);
    this.#ledger = new Ledger(budget);
    this.#builder = new WindowBuilder(this.#ledger, 0, 0, { processesOfUnit: LASTING_OF_UNIT, budget });
    this.#recorder = new Recorder({
      metrics: chooseMetrics(),
      resource: { version: '1', hostName: 'h', instanceId: 'i' },
      temporality,
      histogramAggregation: 'explicit_bucket_histogram',
      startedUnixMillis: 0,
    });
    for (let i = 0; i < UNITS * LASTING_OF_UNIT; i++) {
      this.#lasting.push(this.#host.start(i % UNITS, ++this.#pid, 'lasting'));
    }
  }

  /** Ticks of one window, in each of which `births` processes are started. */
  run(births: number): ExportWindow {
    for (let tick = 0; tick < TICKS_OF_WINDOW; tick++) {
      for (const process of this.#brief.splice(0, Math.max(0, this.#brief.length - births))) {
        process.isOver = true;
      }
      for (let i = 0; i < births; i++) this.#brief.push(this.#startOne());
      for (const process of this.#lasting) this.#host.work(process, 20_000_000, 4096);
      for (const process of this.#brief) this.#host.work(process, 1_000_000, 512);
      const usage = this.#ledger.book(this.#host.sample());
      this.#builder.gather();
      this.#recorder.recordTick(usage);
      this.#host.sweep();
    }
    return this.#builder.close(this.#host.atSeconds * 1000, this.#host.atSeconds);
  }

  collect(window: ExportWindow): ResourceMetrics {
    return this.#recorder.collectWindow(window, {
      ...SELF,
      delivery: NOTHING_DELIVERED,
      seriesBudget: CHURN_BUDGET,
    });
  }

  /**
   * Fails unless the budget holds, lasting processes have series, and ended ones do not. Returns the number of series.
   */
  check({ scopeMetrics }: ResourceMetrics): number {
    const metrics = scopeMetrics.flatMap((scope) => scope.metrics);
    const series = metrics.reduce((count, { dataPoints }) => count + dataPoints.length, 0);
    assert.ok(series <= CHURN_BUDGET, `${series} series`);
    const usage = metrics.find(({ descriptor }) => descriptor.name === 'unitledger.process.cpu.usage')!;
    const pids = usage.dataPoints.flatMap(({ attributes }) => attributes['process.pid'] ?? []);
    assert.deepEqual(
      pids.sort((a, b) => Number(a) - Number(b)),
      this.#lasting.map(({ pid }) => pid),
    );
    return series;
  }

  #startOne(): Churning {
    this.started++;
    // PIDs are reused, except those in use.
    do this.#pid = this.#pid >= PID_MAX - 1 ? 1000 + this.#lasting.length : this.#pid + 1;
    while (this.#host.isUsed(this.#pid));
    const isOdd = this.started % 10 === 0;
    return this.#host.start(this.started % UNITS, this.#pid, isOdd ? `odd-${this.started}` : 'brief');
  }
}
