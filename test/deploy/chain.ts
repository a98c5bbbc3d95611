import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { Collector } from '../end-to-end/backends/collector.ts';
import { freePorts } from '../end-to-end/backends/loopback.ts';
import { Prometheus } from '../end-to-end/backends/prometheus.ts';
import { bootSystemd, type SystemdLab } from '../end-to-end/systemd/lab.ts';
import { loadNginx, startNginx } from '../end-to-end/systemd/services.ts';
import { chart } from './chart.ts';
import { Cluster } from './cluster.ts';
import { helm } from './helm.ts';
import { ImageStore, image } from './image.ts';
import { type AdmittedPod, Kubelet } from './kubelet.ts';
import { installServers } from './kubernetes-programs.ts';

const COLLECTOR = resolve(import.meta.dirname, '../../deploy/collector/prometheus.yaml');
const NAMESPACE = 'observability';
export const NODE = 'node-of-the-tests';

/** A pod's container that runs, or has run. */
export interface RunningPod {
  /** Its log so far. */
  stderr(): string;
  /** Asks it to end, as the kubelet does. */
  stop(): void;
  readonly ended: Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;
}

/**
 * All that is between `helm install` and Prometheus. Helm, API server and etcd, the image, systemd with an nginx under
 * load, Collector and Prometheus are real. What the controllers and the kubelet of a cluster do in between is done
 * here: the pod of the DaemonSet's template is made, and `kubelet.ts` tells podman what the pod says that the API
 * server gave back. The node is this machine, but its cgroups are those of the tests' systemd.
 */
export class Chain {
  readonly cluster: Cluster;
  readonly prometheus: Prometheus;
  readonly collector: Collector;
  readonly listenPort: number;
  readonly #lab: SystemdLab;
  readonly #load: ChildProcess;
  readonly #kubelet: Kubelet;
  readonly #store: ImageStore;

  private constructor(
    parts: { cluster: Cluster; prometheus: Prometheus; collector: Collector; store: ImageStore },
    lab: SystemdLab,
    load: ChildProcess,
    ports: { collector: number; listen: number },
  ) {
    this.cluster = parts.cluster;
    this.prometheus = parts.prometheus;
    this.collector = parts.collector;
    this.#store = parts.store;
    this.#lab = lab;
    this.#load = load;
    this.listenPort = ports.listen;
    const directories = { '/sys/fs/cgroup': lab.cgroupRoot };
    this.#kubelet = new Kubelet(parts.cluster, { name: NODE, address: '127.0.0.1', directories });
    const [repository, tag] = image.split(':');
    const values = [
      ...['targets.services={nginx}', `image.repository=${repository}`, `image.tag=${tag}`],
      ...[`export.endpoint=http://$(HOST_IP):${ports.collector}`, `listen.port=${ports.listen}`],
      ...['options.interval=250ms', 'options.exportInterval=2s', 'options.summary=json'],
    ];
    this.helm('install', 'unitledger', '.', ...values.flatMap((value) => ['--set', value]));
  }

  /** Makes all of it: a minute, and more where something is not built yet. */
  static async start(): Promise<Chain> {
    const [listen, port] = (await freePorts(2)) as [number, number];
    const store = new ImageStore();
    store.build();
    installServers();
    const cluster = await Cluster.start();
    await cluster.makeNamespace(NAMESPACE, 'privileged');
    const lab = await bootSystemd();
    await startNginx(lab);
    const load = loadNginx(lab, 600);
    // As docs/backends.md says.
    const prometheus = await Prometheus.start({ otlp: { promote_resource_attributes: ['host.name'] } });
    // The documented ports may be taken here; all else is as documented.
    const endpoints = { http: { endpoint: `127.0.0.1:${port}` }, grpc: { endpoint: '127.0.0.1:0' } };
    const overlay = { receivers: { otlp: { protocols: endpoints } } };
    const collector = await Collector.startWith([COLLECTOR], overlay, { PROMETHEUS_URL: prometheus.url });
    return new Chain({ cluster, prometheus, collector, store }, lab, load, { collector: port, listen });
  }

  /** Runs Helm against the API server; gives what it printed. */
  helm(...args: string[]): string {
    const where = ['--kubeconfig', this.cluster.kubeconfig, '--namespace', NAMESPACE];
    const { status, stdout, stderr } = helm([...args, ...where], chart);
    assert.equal(status, 0, stderr);
    return stdout;
  }

  /** Hands an object to the API server, and reads it back. */
  async create(plural: string, object: AdmittedPod): Promise<AdmittedPod> {
    const path = `/api/v1/namespaces/${NAMESPACE}/${plural}`;
    const made = await this.cluster.call('POST', path, object);
    assert.equal(made.status, 201, JSON.stringify(made.body));
    return (await this.cluster.call('GET', `${path}/${object.metadata.name}`)).body;
  }

  /** The pod, as admitted, of the DaemonSet as it stands in etcd; changed before it is handed in. */
  async podOfDaemonSet(name: string, change: (spec: AdmittedPod) => void = () => {}): Promise<AdmittedPod> {
    const path = `/apis/apps/v1/namespaces/${NAMESPACE}/daemonsets/unitledger`;
    const { status, body } = await this.cluster.call('GET', path);
    assert.equal(status, 200);
    const { metadata, spec } = body.spec.template;
    change(spec);
    return this.createPod({ metadata: { ...metadata, name }, spec });
  }

  /** A pod on the node of the tests. */
  createPod({ metadata, spec }: AdmittedPod): Promise<AdmittedPod> {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { ...spec, nodeName: NODE } };
    return this.create('pods', pod);
  }

  /** Starts the container of an admitted pod. */
  async run(pod: AdmittedPod): Promise<RunningPod> {
    const { podman, program } = await this.#kubelet.commandOf(pod);
    const container = `unitledger-${pod.metadata.name}-${process.pid}`;
    const named = ['--name', container, '--no-healthcheck', ...podman];
    const [file, ...args] = this.#store.bareCommand(named, program);
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const stdout = text(child.stdout);
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (more: string) => {
      stderr += more;
    });
    const ended = once(child, 'close').then(async ([code]) => ({ code, stdout: await stdout, stderr }));
    return { stderr: () => stderr, stop: () => this.#store.terminate(container), ended };
  }

  async stop(): Promise<void> {
    this.#load.kill('SIGKILL');
    await this.collector.crash();
    await this.prometheus.stop();
    await this.#lab.stop();
    await this.cluster.stop();
    this.#kubelet.remove();
    this.#store.remove();
  }
}
