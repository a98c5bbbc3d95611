import type { Log } from '../../text/log.ts';
import { ConsoleDelivery } from './console-delivery.ts';
import type { Delivery } from './delivery.ts';
import type { Diagnostics } from './diagnostics.ts';
import { FanOut } from './fan-out.ts';
import { type Environment, otlpUrl, readTlsFiles } from './otlp-environment.ts';
import { OtlpHttpSender } from './otlp-http-sender.ts';
import { QueuedDelivery } from './queued-delivery.ts';
import { TelemetrySetupError } from './setup-error.ts';

export type ExporterName = 'otlp' | 'prometheus' | 'console' | 'none';

/** Ways out that there are. The first of those in use is the one whose counts stand for the run. */
const BUILT = ['otlp', 'console'] as const;

export interface DeliveryValues {
  readonly environment: Environment;
  readonly timeoutSeconds: number;
  readonly version: string;
  readonly writeConsole: (line: string) => void;
  readonly diagnostics: Diagnostics;
  readonly log: Log;
}

/** Delivery by all of `exporters`; null for none. Throws TelemetrySetupError for what cannot be used. */
export function openDelivery(exporters: readonly ExporterName[], values: DeliveryValues): Delivery | null {
  if (exporters.includes('prometheus')) {
    throw new TelemetrySetupError(
      'The exporter "prometheus" is not built yet; there are otlp, console and none.',
    );
  }
  const [first, ...others] = BUILT.filter((name) => exporters.includes(name)).map((name) =>
    name === 'otlp' ? otlp(values) : new ConsoleDelivery(values.writeConsole),
  );
  if (first === undefined) return null;
  return others.length === 0 ? first : new FanOut([first, ...others]);
}

function otlp({ environment, timeoutSeconds, version, diagnostics, log }: DeliveryValues): Delivery {
  const sender = new OtlpHttpSender({
    url: otlpUrl(environment),
    tls: readTlsFiles(environment),
    timeoutSeconds,
    userAgent: `unitledger/${version}`,
    takePartialSuccess: () => diagnostics.takePartialSuccess(),
  });
  return new QueuedDelivery({ sender, timeoutSeconds, log });
}
