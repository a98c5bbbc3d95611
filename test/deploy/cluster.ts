import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { apiServer, etcd } from './kubernetes-programs.ts';

/**
 * A real Kubernetes API server with etcd, without kubelet and controllers: objects are validated, stored and returned
 * as in any cluster, but nothing runs.
 */
const READY_MILLIS = 120_000;

/** Response of the API server. */
export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: each object has its own
  readonly body: any;
}

/** The running servers, on free ports of this machine. */
export class Cluster {
  /** For `helm` and `kubectl`. */
  readonly kubeconfig: string;
  readonly #folder: string;
  readonly #port: number;
  readonly #servers: ChildProcess[] = [];

  private constructor(directory: string, port: number) {
    this.#folder = directory;
    this.#port = port;
    this.kubeconfig = join(directory, 'kubeconfig');
  }

  static async start(): Promise<Cluster> {
    const directory = mkdtempSync(join(tmpdir(), 'unitledger-cluster-'));
    const cluster = new Cluster(directory, await freePort());
    try {
      await cluster.#start();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  async #start(): Promise<void> {
    const clients = `http://127.0.0.1:${await freePort()}`;
    const peers = `http://127.0.0.1:${await freePort()}`;
    this.#run(etcd, [
      ...['--data-dir', join(this.#folder, 'etcd'), '--unsafe-no-fsync', '--log-level', 'error'],
      ...['--listen-client-urls', clients, '--advertise-client-urls', clients, '--listen-peer-urls', peers],
      ...['--initial-advertise-peer-urls', peers, '--initial-cluster', `default=${peers}`],
    ]);
    const key = join(this.#folder, 'service-account.key');
    execFileSync('openssl', ['genrsa', '-out', key, '2048'], { stdio: 'ignore' });
    const tokens = join(this.#folder, 'tokens.csv');
    writeFileSync(tokens, `${TOKEN},admin,1,system:masters\n`);
    this.#run(apiServer, [
      ...['--etcd-servers', clients, '--bind-address', '127.0.0.1', '--secure-port', String(this.#port)],
      ...['--cert-dir', this.#folder, '--token-auth-file', tokens, '--authorization-mode', 'RBAC'],
      ...['--service-account-key-file', key, '--service-account-signing-key-file', key],
      ...['--service-account-issuer', 'https://kubernetes.default.svc', '--allow-privileged'],
      ...['--service-cluster-ip-range', '10.0.0.0/24'],
    ]);
    await this.#ready();
    writeFileSync(
      this.kubeconfig,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [
          {
            name: 'test',
            cluster: {
              server: `https://127.0.0.1:${this.#port}`,
              'certificate-authority': join(this.#folder, 'apiserver.crt'),
              'tls-server-name': '127.0.0.1',
            },
          },
        ],
        users: [{ name: 'admin', user: { token: TOKEN } }],
        contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
        'current-context': 'test',
      }),
    );
  }

  #run(program: string, args: readonly string[]): void {
    const log = openSync(join(this.#folder, `${this.#servers.length}.log`), 'w');
    this.#servers.push(spawn(program, args, { stdio: ['ignore', log, log] }));
  }

  #ready(): Promise<void> {
    return this.#until(() =>
      this.call('GET', '/readyz').then(
        ({ status }) => status === 200,
        () => false,
      ),
    );
  }

  async #until(isSo: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + READY_MILLIS;
    while (!(await isSo())) {
      const ended = this.#servers.findIndex(({ exitCode }) => exitCode !== null);
      if (ended !== -1 || Date.now() > deadline) throw new Error(`no API server:\n${this.#logs()}`);
      await sleep(200);
    }
  }

  #logs(): string {
    return this.#servers
      .map((_, place) => readFileSync(join(this.#folder, `${place}.log`), 'utf8').slice(-2000))
      .join('\n');
  }

  /** One request as an administrator; `path` includes the query. */
  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    const sent = request({
      ...{ host: '127.0.0.1', port: this.#port, path, method, rejectUnauthorized: false },
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    const [response] = await once(sent, 'response');
    const answer = await text(response);
    const isJson = String(response.headers['content-type']).startsWith('application/json');
    return { status: response.statusCode, body: isJson ? JSON.parse(answer) : answer };
  }

  /** Creates a namespace with a level of the Pod Security Standards. */
  async makeNamespace(name: string, level: 'privileged' | 'baseline' | 'restricted'): Promise<void> {
    const labels = { 'pod-security.kubernetes.io/enforce': level };
    const { status, body } = await this.call('POST', '/api/v1/namespaces', { metadata: { name, labels } });
    if (status !== 201) throw new Error(JSON.stringify(body));
    // Pods are rejected until a controller has created this one, and there is none.
    const account = { metadata: { name: 'default' } };
    await this.call('POST', `/api/v1/namespaces/${name}/serviceaccounts`, account);
  }

  /** Adds kinds of objects, and waits until they are served. */
  async define(definitions: readonly unknown[]): Promise<void> {
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    for (const definition of definitions) {
      const { status, body } = await this.call('POST', path, definition);
      if (status !== 201) throw new Error(JSON.stringify(body));
      const one = `${path}/${body.metadata.name}`;
      await this.#until(async () => {
        const { body: now } = await this.call('GET', one);
        return (now.status?.conditions ?? []).some(
          ({ type, status: holds }: Record<string, string>) => type === 'Established' && holds === 'True',
        );
      });
    }
  }

  async stop(): Promise<void> {
    for (const server of this.#servers.reverse()) {
      if (server.exitCode !== null || server.signalCode !== null) continue;
      const ended = once(server, 'exit');
      server.kill('SIGKILL');
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const TOKEN = 'of-the-tests';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
