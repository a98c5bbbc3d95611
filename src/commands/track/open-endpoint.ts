import { hostname } from 'node:os';
import type { ListenAddress } from '../../config/config.ts';
import type { Health, Verdict } from '../../telemetry/endpoint/health.ts';
import { HttpEndpoint, type Page } from '../../telemetry/endpoint/http-endpoint.ts';
import { PrometheusPage } from '../../telemetry/endpoint/prometheus-page.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { Log } from '../../text/log.ts';

/** Who may connect. */
export interface AllowedClients {
  /** Host names that requests may use, in addition to this machine's own. */
  readonly hosts: readonly string[];
  /** Most connections at a time. */
  readonly connections: number;
}

/**
 * Serves health and metrics at `address`, to requests by an IP address, localhost, this machine's name or one of
 * `hosts`. Throws TelemetrySetupError if it cannot listen there.
 */
export async function openEndpoint(
  address: ListenAddress,
  { hosts, connections }: AllowedClients,
  health: Health,
  telemetry: Telemetry,
  log: Log,
): Promise<HttpEndpoint> {
  const metrics = new PrometheusPage(() => telemetry.lastWindow);
  const endpoint = await HttpEndpoint.open(
    address,
    {
      '/healthz': () => verdictPage(health.live()),
      '/readyz': () => verdictPage(health.ready()),
      '/metrics': async (visitor, accepts, query) => {
        const onSent = telemetry.visit(visitor);
        return { ...(await metrics.answer(accepts, query)), onSent };
      },
    },
    { hosts: [hostname(), ...hosts], connections },
  );
  log.info({ url: endpoint.url }, `serving /healthz, /readyz and /metrics at ${endpoint.url}`);
  return endpoint;
}

function verdictPage({ isWell, lines }: Verdict): Page {
  return {
    status: isWell ? 200 : 503,
    contentType: 'text/plain; charset=utf-8',
    body: `${[...(isWell ? ['ok'] : []), ...lines].join('\n')}\n`,
  };
}
