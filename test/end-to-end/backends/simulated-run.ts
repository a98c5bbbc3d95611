import { Ledger } from '../../../src/ledger/ledger.ts';
import { WindowBuilder } from '../../../src/ledger/window/window-builder.ts';
import { chooseMetrics } from '../../../src/telemetry/catalogue.ts';
import { NOTHING_DELIVERED } from '../../../src/telemetry/export/delivery.ts';
import { ENCODINGS, type EncodingName } from '../../../src/telemetry/export/otlp-encoding.ts';
import { Meters } from '../../../src/telemetry/meters.ts';
import { type Churning, SimulatedChurn } from '../../ledger/simulated-churn.ts';
import { SELF } from '../../telemetry/windows.ts';

const WINDOW_SECONDS = 10;
const TICKS = 20;

/** A run of simulated units. Windows of ten seconds are sent as fast as they are accepted, with times in the past. */
export class SimulatedRun {
  readonly #host: SimulatedChurn;
  readonly #ledger = new Ledger();
  readonly #builder: WindowBuilder;
  readonly #meters: Meters;
  readonly #url: string;
  readonly #encoding: EncodingName;
  /** Wall-clock time of the simulation's start. */
  readonly #originUnixMillis: number;
  #pid = 1000;

  /** `url`: of an OTLP metrics receiver. `windows`: number of windows; the last one ends about now. */
  constructor(url: string, units: readonly string[], windows: number, encoding: EncodingName = 'json') {
    this.#url = url;
    this.#encoding = encoding;
    this.#originUnixMillis = Date.now() - windows * WINDOW_SECONDS * 1000;
    this.#host = new SimulatedChurn(units, 2048, this.#originUnixMillis);
    this.#builder = new WindowBuilder(this.#ledger, this.#originUnixMillis, 0);
    this.#meters = new Meters({
      metrics: chooseMetrics(),
      resource: { version: '1', hostName: 'h', instanceId: 'i' },
      temporality: 'cumulative',
      histogramAggregation: 'explicit_bucket_histogram',
      startedUnixMillis: this.#originUnixMillis,
    });
    this.tick();
  }

  start(unit: number, executable = 'worker'): Churning {
    return this.#host.start(unit, ++this.#pid, executable);
  }

  /** Each process works for this many seconds of CPU; then a tick reads it. */
  tick(work: Iterable<readonly [Churning, number]> = []): void {
    for (const [process, seconds] of work) this.#host.work(process, seconds * 1e9);
    const usage = this.#ledger.book(this.#host.sample());
    this.#builder.gather();
    this.#meters.recordTick(usage, null);
    this.#host.sweep();
  }

  /**
   * Twenty ticks, each after the work that `act` returns, and a window. Returns the window's end after it was accepted.
   */
  async window(act: (tick: number) => Iterable<readonly [Churning, number]>): Promise<number> {
    for (let i = 0; i < TICKS; i++) this.tick(act(i));
    const endUnixMillis = this.#originUnixMillis + this.#host.atSeconds * 1000;
    const window = this.#builder.close(endUnixMillis, this.#host.atSeconds);
    const reading = { ...SELF, delivery: NOTHING_DELIVERED, seriesBudget: 1 };
    const { contentType, encode } = ENCODINGS[this.#encoding];
    const body = encode(await this.#meters.collectWindow(window, reading)) as Uint8Array<ArrayBuffer>;
    const answer = await fetch(this.#url, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body,
    });
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
    return endUnixMillis / 1000;
  }
}
