import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Log } from '../../text/log.ts';
import { GrpcTransport } from './grpc-transport.ts';
import { type HeadersFile, watchHeaders } from './headers-file.ts';
import { HttpTransport } from './http-transport.ts';
import { encodingOf, otlpDestination } from './otlp-destination.ts';
import { ENCODINGS, type EncodingName } from './otlp-encoding.ts';
import { type Environment, otlpCompression, otlpHeaders } from './otlp-environment.ts';
import { type TlsMaterial, watchTlsMaterial } from './tls-material.ts';
import type { Transport } from './transport.ts';

export interface TransportValues {
  readonly environment: Environment;
  /** Headers beside those of the variables, and above them; null for none. */
  readonly headersFile: HeadersFile | null;
  readonly version: string;
  readonly unixMillis: () => number;
  readonly log: Log;
  /** Told what each answer has as its `Date`; by HTTP alone. */
  readonly heardDate?: (date: string | undefined) => void;
}

/** How windows get to the collector that the variables name. */
export interface OtlpTransports {
  /** The bytes that new windows are made of. */
  readonly encoding: EncodingName;
  /** A transport for windows of `encoding`; null where the protocol has no such windows. */
  readonly open: (encoding: EncodingName) => Transport | null;
}

/** Throws TelemetrySetupError for variables and files that cannot be used. */
export function otlpTransports(values: TransportValues): OtlpTransports {
  const { environment, headersFile, version, unixMillis, log, heardDate } = values;
  const destination = otlpDestination(environment);
  const compression = otlpCompression(environment);
  const ofVariables = otlpHeaders(environment);
  const ofFile = headersFile === null ? null : watchHeaders(headersFile, log);
  const headers = () => (ofFile === null ? ofVariables : { ...ofVariables, ...ofFile.current });
  const material = destination.isSecure ? watchTlsMaterial(environment, log) : null;
  const tls = () => material?.current ?? NO_TLS;
  const userAgent = `unitledger/${version}`;
  const { protocol, url, target, socketPath, isSecure } = destination;

  const open = (encoding: EncodingName): Transport | null => {
    if (protocol !== 'grpc') {
      const agent = isSecure ? agentOfTls(tls) : constantAgent(socketPath);
      const more = { headers, agent, userAgent, unixMillis, ...(heardDate && { heardDate }) };
      return new HttpTransport({
        url: url.href,
        target,
        encoding: ENCODINGS[encoding],
        compression,
        ...more,
      });
    }
    if (encoding !== 'protobuf') return null;
    return new GrpcTransport({ destination, compression, tls, headers, userAgent });
  };
  return { encoding: encodingOf(protocol), open };
}

const NO_TLS: TlsMaterial = {};

function constantAgent(socketPath: string | null): () => HttpAgent {
  const agent = new HttpAgent({ keepAlive: true, ...(socketPath !== null && { socketPath }) });
  return () => agent;
}

/** Connections with other files are other connections. */
function agentOfTls(tls: () => TlsMaterial): () => HttpAgent {
  let used = tls();
  let agent = new HttpsAgent({ keepAlive: true, ...used });
  return () => {
    const current = tls();
    if (current !== used) {
      agent.destroy();
      used = current;
      agent = new HttpsAgent({ keepAlive: true, ...used });
    }
    return agent;
  };
}
