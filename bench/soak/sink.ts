import { Collector, collectorAvailable } from '../../test/end-to-end/backends/collector.ts';
import { freePorts } from '../../test/end-to-end/backends/loopback.ts';
import { Receiver } from './receiver.ts';

/** What takes the exports, and says what arrived. */
export interface Sink {
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly receiver: Receiver;
  end(): Promise<void>;
}

/** A Collector in front of a receiver; the receiver alone where no Collector has been built. */
export async function openSink(): Promise<Sink> {
  const receiver = await Receiver.open();
  if (collectorAvailable !== true) {
    return {
      name: `a receiver of its own (the Collector is ${collectorAvailable})`,
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' },
      receiver,
      end: async () => receiver.close(),
    };
  }
  const [port] = await freePorts(1);
  const collector = await Collector.start({
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    exporters: { otlp_http: { endpoint: receiver.url, encoding: 'json', compression: 'none' } },
    pipelines: { metrics: { receivers: ['otlp'], exporters: ['otlp_http'] } },
  });
  return {
    name: 'an OpenTelemetry Collector, which forwards them',
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` },
    receiver,
    async end() {
      await collector.stop();
      receiver.close();
    },
  };
}
