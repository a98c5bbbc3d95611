import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Log } from '../../text/log.ts';
import { GrpcTransport } from './grpc-transport.ts';
import { type HeadersFile, watchHeaders } from './headers-file.ts';
import { HttpTransport } from './http-transport.ts';
import { type Destination, encodingOf, otlpDestination } from './otlp-destination.ts';
import { ENCODINGS, type EncodingName } from './otlp-encoding.ts';
import { type Environment, otlpCompression, otlpHeaders } from './otlp-environment.ts';
import { proxiedHttpAgent, proxiedHttpsAgent } from './proxy/proxied-agent.ts';
import { describeProxy, type HttpProxy, type ProxyRoute, proxyRoute } from './proxy/proxy-route.ts';
import type { SignalName } from './signal.ts';
import { type TlsMaterial, watchTlsMaterial } from './tls-material.ts';
import type { Transport } from './transport.ts';

export interface TransportValues {
  /** `metrics` if not given. */
  readonly signal?: SignalName;
  readonly environment: Environment;
  /** Whether the proxy variables count. */
  readonly usesProxy: boolean;
  /** Headers that override those of the variables; null for none. */
  readonly headersFile: HeadersFile | null;
  readonly version: string;
  readonly unixMillis: () => number;
  readonly log: Log;
  /** Called with the `Date` header of each answer; HTTP only. */
  readonly heardDate?: (date: string | undefined) => void;
}

/** The way to the collector in the variables. */
export interface OtlpTransports {
  /** The encoding of new windows. */
  readonly encoding: EncodingName;
  readonly destination: Destination;
  /** How requests reach the collector. */
  readonly route: ProxyRoute;
  /** A transport for windows of `encoding`; null if the protocol does not support it. */
  readonly open: (encoding: EncodingName) => Transport | null;
}

/** Throws TelemetrySetupError for unusable variables and files. */
export function otlpTransports(values: TransportValues): OtlpTransports {
  const { environment, usesProxy, headersFile, version, unixMillis, log, heardDate } = values;
  const signal = values.signal ?? 'metrics';
  const destination = otlpDestination(environment, signal);
  const route = proxyRoute(environment, destination, usesProxy);
  if (route.warning !== null) log.warn({}, route.warning);
  const compression = otlpCompression(environment, signal);
  const ofVariables = otlpHeaders(environment, (sentence) => log.warn({}, sentence), signal);
  const ofFile = headersFile === null ? null : watchHeaders(headersFile, log);
  const headers = () => (ofFile === null ? ofVariables : { ...ofVariables, ...ofFile.current });
  const material = destination.isSecure ? watchTlsMaterial(environment, log, signal) : null;
  const tls = () => material?.current ?? NO_TLS;
  const userAgent = `unitledger/${version}`;
  const { protocol, url, target, socketPath, isSecure } = destination;
  const { proxy } = route;

  const open = (encoding: EncodingName): Transport | null => {
    if (protocol !== 'grpc') {
      const agent = isSecure ? agentOfTls(tls, proxy) : constantAgent(socketPath, proxy);
      const more = { headers, agent, userAgent, unixMillis, ...(heardDate && { heardDate }) };
      return new HttpTransport({
        url: url.href,
        target,
        proxy: proxy && describeProxy(proxy),
        encoding: ENCODINGS[encoding],
        compression,
        ...more,
      });
    }
    if (encoding !== 'protobuf') return null;
    return new GrpcTransport({ signal, destination, proxy, compression, tls, headers, userAgent });
  };
  return { encoding: encodingOf(protocol), destination, route, open };
}

const NO_TLS: TlsMaterial = {};

function constantAgent(socketPath: string | null, proxy: HttpProxy | null): () => HttpAgent {
  const agent =
    proxy === null
      ? new HttpAgent({ keepAlive: true, ...(socketPath !== null && { socketPath }) })
      : proxiedHttpAgent(proxy);
  return () => agent;
}

/** Changed files need new connections. Throws TelemetrySetupError while the files cannot be used. */
function agentOfTls(tls: () => TlsMaterial, proxy: HttpProxy | null): () => HttpAgent {
  let used: TlsMaterial | null = null;
  let agent: HttpsAgent | null = null;
  return () => {
    const current = tls();
    if (agent === null || current !== used) {
      agent?.destroy();
      used = current;
      agent =
        proxy === null
          ? new HttpsAgent({ keepAlive: true, ...current })
          : proxiedHttpsAgent(proxy, { ...current });
    }
    return agent;
  };
}
