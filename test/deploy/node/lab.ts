import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Collector } from '../../end-to-end/backends/collector.ts';
import { Prometheus } from '../../end-to-end/backends/prometheus.ts';
import { unifiedMount } from '../../end-to-end/systemd/cgroup.ts';
import { bootSystemd, type SystemdLab } from '../../end-to-end/systemd/lab.ts';
import { startNginx } from '../../end-to-end/systemd/services.ts';
import { image } from '../image.ts';
import { toolsImage } from './images.ts';
import { KubernetesNode, makeNamespace, NAMESPACE } from './node.ts';

const FILES = resolve(import.meta.dirname, '../../../deploy/collector');
const PATIENCE_SECONDS = 60;
const LOOK_MILLIS = 100;
export const UNIT_CPU = 'unitledger_unit_cpu_time_seconds_total';
const [repository, tag] = image.split(':') as [string, string];

/** Name and uid of a pod. */
export interface PodName {
  readonly name: string;
  readonly uid: string;
}

/** A summary record in a log; only the fields that the tests use. */
// biome-ignore lint/suspicious/noExplicitAny: each event has fields of its own
export type LogRecord = any;

/**
 * A Kubernetes node under a systemd that runs nginx, with a Collector and a Prometheus. systemd and the node share the
 * cgroup root, so its units and the kubelet's pods are siblings, as on a host.
 */
export class NodeLab {
  readonly node: KubernetesNode;
  readonly systemd: SystemdLab;
  readonly prometheus: Prometheus;
  /** Mount point of the node's v2 hierarchy. */
  readonly cgroups: string;
  readonly #spool: string;
  #collector: Collector | undefined;
  #refused = '';
  #main: Promise<unknown> | undefined;

  private constructor(
    folder: string,
    parts: { node: KubernetesNode; systemd: SystemdLab; prometheus: Prometheus; cgroups: string },
  ) {
    this.#spool = join(folder, 'spool');
    this.node = parts.node;
    this.systemd = parts.systemd;
    this.prometheus = parts.prometheus;
    this.cgroups = parts.cgroups;
  }

  /** Starts everything. `folder` contains the images, and receives all files; see `run.ts` for the namespaces. */
  static async start(folder: string): Promise<NodeLab> {
    const systemd = await bootSystemd();
    await startNginx(systemd);
    const cgroups = unifiedMount()!;
    execFileSync('mount', ['--bind', systemd.cgroupRoot, cgroups]);
    mkdirSync(join(folder, 'n'));
    const startedAt = performance.now();
    const node = await KubernetesNode.start(join(folder, 'n'), folder);
    report('start of the node until it is Ready', `${secondsSince(startedAt)} s`);
    await makeNamespace(node);
    const prometheus = await Prometheus.start({ otlp: { promote_resource_attributes: ['host.name'] } });
    const lab = new NodeLab(folder, { node, systemd, prometheus, cgroups });
    await lab.startCollector();
    return lab;
  }

  async stop(): Promise<void> {
    await this.#collector?.crash();
    await this.prometheus.stop();
    await this.node.stop();
    execFileSync('umount', [this.cgroups]);
    await this.systemd.stop();
  }

  /** As documented for a cluster, except for the address of its port and the access to the API server. */
  async startCollector(): Promise<void> {
    const endpoints = { http: { endpoint: '0.0.0.0:4318' }, grpc: { endpoint: '127.0.0.1:4317' } };
    this.#collector = await Collector.startWith(
      [join(FILES, 'prometheus.yaml'), join(FILES, 'kubernetes.yaml')],
      {
        receivers: { otlp: { protocols: endpoints } },
        processors: { k8s_attributes: { auth_type: 'kubeConfig' } },
      },
      { PROMETHEUS_URL: this.prometheus.url, KUBECONFIG: this.node.kubeconfig },
    );
  }

  async stopCollector(): Promise<void> {
    this.#refused = this.refusals();
    await this.#collector!.stop();
    this.#collector = undefined;
  }

  /** Log lines of all Collectors so far about windows that Prometheus rejected, and the end of Prometheus' log. */
  refusals(): string {
    const lines = (this.#collector?.log ?? '').split('\n').filter((line) => / 4\d\d\b/.test(line));
    const all = [this.#refused, ...lines].filter((line) => line !== '');
    return all.length === 0 ? '' : [...all, this.prometheus.log.slice(-3000)].join('\n');
  }

  /** Installs a release of the chart with the image of the tests. `values`: as for `--set`. */
  install(release: string, ...values: readonly string[]): Promise<string> {
    return this.installWith(release, [], ...values);
  }

  /** Like `install`, with additional arguments of Helm. */
  installWith(release: string, args: readonly string[], ...values: readonly string[]): Promise<string> {
    const all = [`image.repository=${repository}`, `image.tag=${tag}`, ...values];
    return this.node.helm('install', release, '.', ...args, ...all.flatMap((value) => ['--set', value]));
  }

  /** Installs a release in mode pod. */
  installBeside(release: string, podSpec: object, ...values: readonly string[]): Promise<string> {
    const spec = ['--set-json', `workload.podSpec=${JSON.stringify(podSpec)}`];
    return this.installWith(release, spec, 'mode=pod', ...values);
  }

  /** The release `main`, which tracks nginx and all pods, and the pod `shop`; installed once, by the first case that needs it. */
  main(): Promise<unknown> {
    this.#main ??= this.#installMain();
    return this.#main;
  }

  async #installMain(): Promise<void> {
    await this.runPod(
      podOf('shop', [
        { name: 'web', command: ['/load', '2', '3600'] },
        { name: 'db', command: ['/load', '3', '3600'] },
      ]),
    );
    const startedAt = performance.now();
    await this.install(
      'main',
      ...['options.exportInterval=2s', 'options.logSummary=processes'],
      ...['targets.services={nginx.service,kubepods-*-pod*.slice}', 'targets.cgroups={/kubepods}'],
      ...['spool.type=hostPath', `spool.path=${this.#spool}`],
    );
    await comes(
      () => this.cpuSamples(),
      (count) => count > 0,
      'a sample in Prometheus',
    );
    report(
      '`helm install` to the first point in Prometheus, export interval 2 s',
      `${secondsSince(startedAt)} s`,
    );
  }

  /** Number of windows in the spool of the release `main`. */
  spooled(): number {
    return readdirSync(this.#spool).filter((name) => /\.(json|pb)$/.test(name)).length;
  }

  /** The newest pod of a release. */
  async podOfRelease(release: string): Promise<PodName> {
    const path = '-o=jsonpath={range .items[*]}{.metadata.name} {.metadata.uid}{"\\n"}{end}';
    const order = '--sort-by=.metadata.creationTimestamp';
    const lines = await comes(
      async () => (await this.node.kubectl('get', 'pods', selectorOf(release), order, path)).trim(),
      (text) => text !== '',
      `a pod of ${release}`,
    );
    const [name = '', uid = ''] = lines.split('\n').at(-1)!.split(' ');
    return { name, uid };
  }

  /** The newest pod, once it is ready. */
  async ready(release: string): Promise<PodName> {
    const pod = await this.podOfRelease(release);
    await this.node.kubectl('wait', '--for=condition=Ready', `pod/${pod.name}`, '--timeout=60s');
    return pod;
  }

  /** The pod that replaces `old`, once it is ready. */
  async readyAfter(release: string, old: PodName): Promise<PodName> {
    await comes(
      () => this.podOfRelease(release),
      ({ uid }) => uid !== old.uid,
      `another pod of ${release}`,
    );
    return this.ready(release);
  }

  /** Number of restarts of unitledger's container. */
  async restarts(pod: string): Promise<number> {
    return Number(await this.statusOf(pod, 'restartCount'));
  }

  /** A field of the status of the pod's first container, as a JSONPath. */
  statusOf(pod: string, path: string): Promise<string> {
    return this.node.kubectl('get', 'pod', pod, `-o=jsonpath={.status.containerStatuses[0].${path}}`);
  }

  /** Applies a pod and waits until it is ready. Returns its uid. */
  async runPod(pod: { readonly metadata: { readonly name: string } }): Promise<string> {
    const { name } = pod.metadata;
    await this.node.apply(pod);
    await this.node.kubectl('wait', '--for=condition=Ready', `pod/${name}`, '--timeout=60s');
    return this.node.kubectl('get', 'pod', name, '-o=jsonpath={.metadata.uid}');
  }

  async deletePod(name: string): Promise<void> {
    await this.node.kubectl('delete', 'pod', name, '--grace-period=1');
  }

  /** Number of samples of unit CPU in Prometheus. */
  async cpuSamples(): Promise<number> {
    return (await this.prometheus.stored(UNIT_CPU)).flatMap(({ samples }) => samples).length;
  }

  /** Times of these samples from `fromSeconds` on, in seconds since the epoch. */
  async sampleTimes(fromSeconds: number): Promise<number[]> {
    const stored = await this.prometheus.stored(UNIT_CPU);
    const times = stored.flatMap(({ samples }) => samples.map(([at]) => at));
    return [...new Set(times)].filter((at) => at >= fromSeconds).sort((a, b) => a - b);
  }
}

export function selectorOf(release: string): string {
  return `--selector=app.kubernetes.io/instance=${release},app.kubernetes.io/name=unitledger`;
}

/** A pod with containers of the tools image. */
export function podOf(
  name: string,
  containers: readonly { readonly name: string; readonly command: readonly string[] }[],
  spec: object = {},
): { readonly metadata: { readonly name: string } } {
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      automountServiceAccountToken: false,
      ...spec,
      containers: containers.map((container) => ({ ...container, image: toolsImage })),
    },
  };
  return object;
}

/** Waits until the result of `look` is as wanted, and returns it. Polls slowly, because each call may be a request. */
export async function comes<T>(
  look: () => Promise<T>,
  isWanted: (found: T) => boolean,
  what: string,
  patience = PATIENCE_SECONDS,
): Promise<T> {
  const deadline = performance.now() + patience * 1000;
  for (;;) {
    const found = await look();
    if (isWanted(found)) return found;
    if (performance.now() > deadline)
      assert.fail(`never came: ${what}, but ${JSON.stringify(found)?.slice(0, 2000)}`);
    await sleep(LOOK_MILLIS);
  }
}

/** Prints a line for the table in docs/verification.md. */
export function report(what: string, figure: string): void {
  console.log(`measured: ${what} | ${figure}`);
}

/** @param startedAt Time of `performance.now()`. */
export function secondsSince(startedAt: number): string {
  return ((performance.now() - startedAt) / 1000).toFixed(1);
}

/** The longest interval between two consecutive times. */
export function longestGap(times: readonly number[]): number {
  return Math.max(...times.slice(1).map((at, place) => at - times[place]!));
}

/** The records of one event in a log. */
export function recordsOf(log: string, event: string): LogRecord[] {
  return log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .filter((record) => record.event === event);
}

/** Asserts that the log of a container has both parts of a summary. */
export function assertSummary(log: string): void {
  assert.match(log, /"event":"summary\.unit"/);
  assert.match(log, /^unitledger run /m);
}

/** Asserts that a log reports all windows as delivered. */
export function assertDelivered(lab: NodeLab, log: string): void {
  const said = log.split('\n').filter((line) => line.startsWith('{') && !line.includes('"event":"summary.'));
  const isDelivered = /^Export: delivered \d+ windows?, failed 0$/m.test(log);
  assert.ok(isDelivered, [...said, log.slice(-500), lab.refusals()].join('\n'));
}
