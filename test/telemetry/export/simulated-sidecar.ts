import type { Clock } from '../../../src/host/clock.ts';
import { chooseMetrics } from '../../../src/telemetry/catalogue.ts';
import { ENCODINGS, type EncodingName } from '../../../src/telemetry/export/otlp-encoding.ts';
import { QueuedDelivery } from '../../../src/telemetry/export/queued-delivery.ts';
import { SpoolDirectory } from '../../../src/telemetry/export/spool/spool-directory.ts';
import { Recorder } from '../../../src/telemetry/recorder.ts';
import { RecordedLog } from '../recorded-log.ts';
import { exportWindow, processWindow, SELF, STARTED, unitWindow } from '../windows.ts';
import type { SimulatedCollector } from './simulated-collector.ts';

export interface SidecarOptions {
  readonly clock: Clock;
  readonly collector: SimulatedCollector;
  readonly encoding: EncodingName;
  /** Null: memory only. */
  readonly spoolPath: string | null;
}

/** The program's own code from window to network; runs until it is killed. */
export class SimulatedSidecar {
  readonly delivery: QueuedDelivery;
  readonly log = new RecordedLog();
  readonly #encoding: EncodingName;
  readonly #spool: SpoolDirectory | null;
  readonly #recorder = new Recorder({
    metrics: chooseMetrics(),
    resource: { version: '1', hostName: 'h', instanceId: 'i' },
    temporality: 'cumulative',
    histogramAggregation: 'explicit_bucket_histogram',
    startedUnixMillis: STARTED,
  });
  #isDead = false;

  constructor({ clock, collector, encoding, spoolPath }: SidecarOptions) {
    this.#encoding = encoding;
    this.#spool = spoolPath === null ? null : SpoolDirectory.open(spoolPath);
    const mortal: Clock = {
      monotonicSeconds: () => clock.monotonicSeconds(),
      unixMillis: () => clock.unixMillis(),
      after: (seconds, callback) => clock.after(seconds, () => this.#isDead || callback()),
    };
    this.delivery = new QueuedDelivery({
      encoding: ENCODINGS[encoding],
      transport: collector.transport(mortal),
      transportOf: () => null,
      limits: { memoryBytes: 2 ** 25, diskBytes: 2 ** 28, ageSeconds: 7200 },
      spool: this.#spool,
      timeoutSeconds: 8,
      clock: mortal,
      log: this.log,
      random: () => 0.5,
    });
  }

  /** Creates and sends the window with this number. Returns its expected bytes. */
  closeWindow(sequence: number): Uint8Array {
    const processes = [processWindow({ userSeconds: sequence }, { pid: sequence })];
    const metrics = this.#recorder.collectWindow(exportWindow(sequence, [unitWindow({ processes })]), {
      ...SELF,
      delivery: this.delivery.counts,
      seriesBudget: null,
    });
    this.delivery.send(metrics);
    return ENCODINGS[this.#encoding].encode(metrics);
  }

  /** Stops its timers, and leaves its files unchanged. */
  kill(): void {
    this.#isDead = true;
    this.#spool?.close();
  }
}
