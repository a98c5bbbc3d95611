import { Agent as HttpAgent } from 'node:http';
import { type AgentOptions, Agent as HttpsAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import type { HttpProxy } from './proxy-route.ts';

/** Reaches `http://` endpoints by requests to the proxy itself (RFC 9112, absolute-form). */
export function proxiedHttpAgent({ url }: HttpProxy): HttpAgent {
  return new HttpAgent({ keepAlive: true, proxyEnv: { HTTP_PROXY: url.href } });
}

/** Reaches `https://` endpoints by a tunnel (RFC 9110, CONNECT). */
export function proxiedHttpsAgent({ url }: HttpProxy, tls: AgentOptions): HttpsAgent {
  return new TunnelAgent({ ...tls, keepAlive: true, proxyEnv: { HTTPS_PROXY: url.href } });
}

/** Opens tunnels for grpc-js (1.14), which uses Node's global agent for them and does not close failed ones. */
export class GrpcTunnelAgent extends HttpAgent {
  readonly #connections = new Connections();

  override createConnection(
    ...args: Parameters<HttpAgent['createConnection']>
  ): ReturnType<HttpAgent['createConnection']> {
    return this.#connections.keep(super.createConnection(...args));
  }

  override destroy(): void {
    super.destroy();
    this.#connections.destroy();
  }
}

/**
 * Node (24.21) forgets the connection to a proxy that refuses a tunnel or never answers: neither the end of the request
 * nor `destroy()` closes it. This agent therefore keeps a list of its connections.
 */
class TunnelAgent extends HttpsAgent {
  readonly #connections = new Connections();

  override createConnection(
    ...args: Parameters<HttpsAgent['createConnection']>
  ): ReturnType<HttpsAgent['createConnection']> {
    return this.#connections.keep(super.createConnection(...args));
  }

  override destroy(): void {
    super.destroy();
    this.#connections.destroy();
  }
}

/** All connections of an agent, whatever the state of their requests. */
class Connections {
  readonly #open: Set<Duplex> = new Set();

  keep<T extends Duplex | null | undefined>(connection: T): T {
    if (connection) {
      this.#open.add(connection);
      connection.once('close', () => this.#open.delete(connection));
    }
    return connection;
  }

  destroy(): void {
    for (const connection of this.#open) connection.destroy();
  }
}
