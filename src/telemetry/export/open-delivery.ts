import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Clock } from '../../sampling/pace.ts';
import type { Log } from '../../text/log.ts';
import type { BacklogLimits } from './backlog.ts';
import { ConsoleDelivery } from './console-delivery.ts';
import type { Delivery } from './delivery.ts';
import { FanOut } from './fan-out.ts';
import { HttpTransport } from './http-transport.ts';
import { ENCODINGS } from './otlp-encoding.ts';
import {
  type Environment,
  otlpCompression,
  otlpEncoding,
  otlpHeaders,
  otlpUrl,
  readTlsFiles,
} from './otlp-environment.ts';
import { QueuedDelivery } from './queued-delivery.ts';
import { TelemetrySetupError } from './setup-error.ts';

export type ExporterName = 'otlp' | 'prometheus' | 'console' | 'none';

/** Ways out that there are. The first of those in use is the one whose counts stand for the run. */
const BUILT = ['otlp', 'console'] as const;

/** What waits in memory, where there is no spool. */
const IN_MEMORY: BacklogLimits = { bytes: 32 * 1024 * 1024, ageSeconds: 2 * 3600 };

export interface DeliveryValues {
  readonly environment: Environment;
  readonly timeoutSeconds: number;
  readonly version: string;
  readonly writeConsole: (line: string) => void;
  readonly clock: Clock;
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

function otlp({ environment, timeoutSeconds, version, clock, log }: DeliveryValues): Delivery {
  const encoding = ENCODINGS[otlpEncoding(environment)];
  const headers = otlpHeaders(environment);
  const url = otlpUrl(environment);
  const tls = readTlsFiles(environment);
  const transport = new HttpTransport({
    url,
    encoding,
    compression: otlpCompression(environment),
    headers: () => headers,
    agent: url.startsWith('https:')
      ? new HttpsAgent({ keepAlive: true, ...tls })
      : new HttpAgent({ keepAlive: true }),
    userAgent: `unitledger/${version}`,
    unixMillis: clock.unixMillis,
  });
  return new QueuedDelivery({ encoding, transport, limits: IN_MEMORY, timeoutSeconds, clock, log });
}
