import assert from 'node:assert/strict';
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { chart } from '../chart.ts';
import { helmProgram } from '../helm.ts';
import { apiServer, controllers, etcd, kubectl, kubelet } from '../kubernetes-programs.ts';
import { Credentials } from './credentials.ts';
import { ARCHIVES, toolsImage } from './images.ts';
import { ADDRESS, BRIDGE, SUBNET } from './network.ts';

const NAME = 'lab-node';
const READY_SECONDS = 120;
const API = 16443;
const run = promisify(execFile);

/**
 * One Kubernetes node on this machine: etcd, API server, scheduler and controllers, containerd and kubelet, all real.
 * Must be started in the namespaces that `run.ts` creates, whose end also ends the node.
 */
export class KubernetesNode {
  readonly name = NAME;
  /** For clients with all permissions. */
  readonly kubeconfig: string;
  readonly #folder: string;
  readonly #kubeletArguments: readonly string[];
  readonly #servers = new Map<string, ChildProcess>();

  /** `folder` receives all files; its path must be short, because it contains sockets. */
  private constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(join(folder, 'pki'), { recursive: true });
    const credentials = new Credentials(join(folder, 'pki'));
    const server = `https://${ADDRESS}:${API}`;
    this.kubeconfig = credentials.kubeconfig('admin', '/O=system:masters/CN=admin', server);
    const serving = credentials.issue('kubelet-server', `/CN=${NAME}`, `IP:${ADDRESS},DNS:${NAME}`);
    const ofNode = credentials.kubeconfig('kubelet', `/O=system:nodes/CN=system:node:${NAME}`, server);
    const config = join(folder, 'kubelet.json');
    writeFileSync(config, JSON.stringify(kubeletConfig(folder, credentials.ca, serving)));
    this.#kubeletArguments = [
      ...['--config', config, '--kubeconfig', ofNode, '--root-dir', join(folder, 'kubelet')],
      ...['--hostname-override', NAME, '--node-ip', ADDRESS, '--cert-dir', join(folder, 'kubelet-pki')],
    ];
    this.#startControlPlane(credentials);
  }

  /** Starts everything, and waits until pods can run. `archives`: the folder filled by `buildImages`. */
  static async start(folder: string, archives: string): Promise<KubernetesNode> {
    const node = new KubernetesNode(folder);
    await node.#until('containerd', () => node.#ctr('version'));
    for (const archive of ARCHIVES) await node.#ctr('images', 'import', join(archives, archive));
    await node.#until('the API server', () => node.kubectl('get', '--raw', '/readyz'));
    node.#startManagers();
    node.startKubelet();
    await node.#until('the node', async () => {
      const path = '-o=jsonpath={.status.conditions[?(@.type=="Ready")].status}';
      assert.equal(await node.kubectl('get', 'node', NAME, path), 'True');
    });
    return node;
  }

  #startControlPlane(credentials: Credentials): void {
    const folder = this.#folder;
    writeFileSync(join(folder, 'containerd.toml'), containerdConfig(folder));
    mkdirSync(join(folder, 'cni'));
    writeFileSync(join(folder, 'cni/node.conflist'), JSON.stringify(networkConfig(folder)));
    this.#spawn('containerd', 'containerd', ['--config', join(folder, 'containerd.toml')]);
    const [clients, peers] = ['http://127.0.0.1:12379', 'http://127.0.0.1:12380'];
    this.#spawn('etcd', etcd, [
      ...['--data-dir', join(folder, 'etcd'), '--unsafe-no-fsync', '--log-level', 'error'],
      ...['--listen-client-urls', clients, '--advertise-client-urls', clients, '--listen-peer-urls', peers],
      ...['--initial-advertise-peer-urls', peers, '--initial-cluster', `default=${peers}`],
    ]);
    const names = `IP:${ADDRESS},IP:127.0.0.1,IP:10.0.0.1,DNS:localhost,DNS:kubernetes.default.svc`;
    const serving = credentials.issue('apiserver', '/CN=apiserver', names);
    const client = credentials.issue('apiserver-client', '/O=system:masters/CN=apiserver-client');
    const accounts = credentials.privateKey('accounts');
    this.#spawn('apiserver', apiServer, [
      ...['--etcd-servers', clients, '--bind-address', '0.0.0.0', '--secure-port', String(API)],
      ...['--advertise-address', ADDRESS, '--tls-cert-file', serving.cert, '--tls-private-key-file'],
      ...[serving.key, '--client-ca-file', credentials.ca, '--authorization-mode', 'Node,RBAC'],
      ...['--enable-admission-plugins', 'NodeRestriction', '--service-account-key-file', accounts],
      ...['--service-account-signing-key-file', accounts, '--allow-privileged'],
      ...['--service-account-issuer', 'https://kubernetes.default.svc'],
      ...['--service-cluster-ip-range', '10.0.0.0/24', '--kubelet-preferred-address-types', 'InternalIP'],
      ...['--kubelet-client-certificate', client.cert, '--kubelet-client-key', client.key],
      ...['--kubelet-certificate-authority', credentials.ca],
    ]);
  }

  #startManagers(): void {
    this.#spawn('manager', controllers, ['manager', this.kubeconfig]);
    const elected = ['--leader-elect=false', '--bind-address', '127.0.0.1'];
    this.#spawn('scheduler', controllers, ['scheduler', '--kubeconfig', this.kubeconfig, ...elected]);
  }

  startKubelet(): void {
    this.#spawn('kubelet', kubelet, this.#kubeletArguments);
  }

  /** Like a crash, or an upgrade of the node's package: the pods continue. */
  async killKubelet(): Promise<void> {
    const server = this.#servers.get('kubelet')!;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  }

  /** Output of kubectl; throws with its error output. */
  async kubectl(...args: readonly string[]): Promise<string> {
    const { stdout } = await run(kubectl, this.kubectlArguments(...args), {
      maxBuffer: 256 * 1024 * 1024,
    });
    return stdout;
  }

  kubectlArguments(...args: readonly string[]): string[] {
    return ['--kubeconfig', this.kubeconfig, '--namespace', NAMESPACE, ...args];
  }

  /** Follows the log of a container from its beginning; resolves with the whole log when the container has ended. */
  async wholeLog(object: string, container: string): Promise<string> {
    return this.kubectl('logs', '--follow', object, '--container', container, '--pod-running-timeout=60s');
  }

  /** Applies objects in their JSON form. */
  async apply(...objects: readonly object[]): Promise<void> {
    const list = { apiVersion: 'v1', kind: 'List', items: objects };
    const child = spawn(kubectl, this.kubectlArguments('apply', '-f', '-'), {
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    child.stdin.end(JSON.stringify(list));
    const [code] = await once(child, 'exit');
    assert.equal(code, 0, complaint);
  }

  /**
   * Runs Helm in the chart's folder; returns its output, or throws with it if Helm fails. Logs of hooks are on standard
   * error.
   */
  async helm(...args: readonly string[]): Promise<string> {
    const where = ['--kubeconfig', this.kubeconfig, '--namespace', NAMESPACE];
    const { stdout, stderr } = await run(helmProgram, [...args, ...where], { cwd: chart });
    return `${stdout}${stderr}`;
  }

  /** Directory of an emptyDir of a pod. */
  volumeOf(uid: string, volume: string): string {
    return join(this.#folder, 'kubelet/pods', uid, 'volumes/kubernetes.io~empty-dir', volume);
  }

  /** The end of each server's log. */
  logs(): string {
    return [...this.#servers.keys()]
      .map((name) => `== ${name}\n${readFileSync(join(this.#folder, `${name}.log`), 'utf8').slice(-3000)}`)
      .join('\n');
  }

  /** Ends containers and servers; remaining files are in the folder. */
  async stop(): Promise<void> {
    for (const name of ['kubelet', 'manager', 'scheduler', 'apiserver', 'etcd']) await this.#kill(name);
    const tasks = await this.#ctr('task', 'ls', '-q').catch(() => '');
    for (const task of tasks.split('\n').filter((each) => each !== ''))
      await this.#ctr('task', 'kill', '-s', 'KILL', '-a', task).catch(() => '');
    await sleep(500);
    for (const task of tasks.split('\n').filter((each) => each !== ''))
      await this.#ctr('task', 'rm', '-f', task).catch(() => '');
    await this.#kill('containerd');
  }

  async #kill(name: string): Promise<void> {
    const server = this.#servers.get(name);
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  }

  async #ctr(...args: readonly string[]): Promise<string> {
    const socket = join(this.#folder, 'containerd.sock');
    const { stdout } = await run('ctr', ['-a', socket, '-n', 'k8s.io', ...args]);
    return stdout;
  }

  #spawn(name: string, program: string, args: readonly string[]): void {
    const log = openSync(join(this.#folder, `${name}.log`), 'a');
    this.#servers.set(name, spawn(program, args, { stdio: ['ignore', log, log] }));
  }

  async #until(what: string, isReady: () => Promise<unknown>): Promise<void> {
    const deadline = performance.now() + READY_SECONDS * 1000;
    for (;;) {
      try {
        await isReady();
        return;
      } catch (error) {
        const ended = [...this.#servers].find(([, { exitCode }]) => exitCode !== null);
        if (ended !== undefined || performance.now() > deadline)
          assert.fail(`${what} did not get ready (${ended?.[0] ?? 'too slow'}): ${error}\n${this.logs()}`);
        await sleep(200);
      }
    }
  }
}

/** Namespace of all objects of the tests. */
export const NAMESPACE = 'observability';

function kubeletConfig(folder: string, ca: string, serving: { cert: string; key: string }): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    containerRuntimeEndpoint: `unix://${folder}/containerd.sock`,
    cgroupDriver: 'cgroupfs',
    // The test machines have the hybrid layout.
    failCgroupV1: false,
    failSwapOn: false,
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: ca } },
    authorization: { mode: 'Webhook' },
    tlsCertFile: serving.cert,
    tlsPrivateKeyFile: serving.key,
    makeIPTablesUtilChains: false,
    imageGCHighThresholdPercent: 100,
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    podLogsDir: `${folder}/pod-logs`,
    // A summary of 12,000 processes is larger than 10Mi, at which the kubelet rotates logs by default.
    containerLogMaxSize: '64Mi',
    syncFrequency: '10s',
    // With the default, 1m, an eviction for a full volume takes up to a minute longer.
    volumeStatsAggPeriod: '5s',
  };
}

function containerdConfig(folder: string): string {
  return `version = 2
root = "${folder}/containerd"
state = "${folder}/containerd-state"
imports = []
[grpc]
  address = "${folder}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${toolsImage}"
  disable_hugetlb_controller = true
  disable_tcp_service = true
  # Root of a container or sandbox may lack CAP_SYS_RESOURCE.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${folder}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
`;
}

function networkConfig(folder: string): object {
  const ipam = { type: 'host-local', ranges: [[{ subnet: SUBNET }]], dataDir: `${folder}/addresses` };
  const bridge = { type: 'bridge', bridge: BRIDGE, isGateway: true, ipMasq: false, hairpinMode: true, ipam };
  return { cniVersion: '1.0.0', name: 'node', plugins: [bridge] };
}

/** Creates a namespace in which the chart's pods are permitted. */
export async function makeNamespace(node: KubernetesNode): Promise<void> {
  const labels = { 'pod-security.kubernetes.io/enforce': 'privileged' };
  await node.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels } });
  const deadline = performance.now() + 30_000;
  for (;;) {
    const accounts = await node.kubectl('get', 'serviceaccounts', '-o=name');
    if (accounts.includes('default')) return;
    assert.ok(performance.now() < deadline, `no service account: ${node.logs()}`);
    await sleep(100);
  }
}

/** Whether the machine has the tools that a node needs besides its programs, or which are missing. */
export function nodeToolsAvailable(): true | string {
  const tools = ['containerd', 'ctr', 'runc', 'openssl', 'gcc', 'unshare', 'ip', 'script'];
  const absent = tools.filter((tool) => {
    try {
      execFileSync('which', [tool], { stdio: 'ignore' });
      return false;
    } catch {
      return true;
    }
  });
  return absent.length === 0 || `not installed: ${absent.join(', ')}`;
}
