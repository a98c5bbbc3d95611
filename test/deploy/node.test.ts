import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Collector } from '../end-to-end/backends/collector.ts';
import { type InstantSeries, Prometheus } from '../end-to-end/backends/prometheus.ts';
import { until } from '../end-to-end/program/unitledger.ts';
import { skipUnless } from '../skip.ts';
import { image } from './image.ts';
import { kubectl } from './kubernetes-programs.ts';
import { toolsImage } from './node/images.ts';
import { KubernetesNode, makeNamespace, NAMESPACE } from './node/node.ts';

const folder = process.env.UNITLEDGER_TEST_NODE;
const FILES = resolve(import.meta.dirname, '../../deploy/collector');
const PATIENCE_SECONDS = 60;
const CPU = 'process_cpu_time_seconds_total';
const UNIT_CPU = 'unitledger_unit_cpu_time_seconds_total';
const [repository, tag] = image.split(':') as [string, string];
const IMAGE = [`image.repository=${repository}`, `image.tag=${tag}`];

/** A line for the table in docs/verification.md. */
function report(what: string, figure: string): void {
  console.log(`measured: ${what} | ${figure}`);
}

describe('on a real node', {
  timeout: 15 * 60_000,
  ...skipUnless(folder !== undefined || 'npm run test:node makes the node'),
}, () => {
  let node: KubernetesNode;
  let prometheus: Prometheus;
  let collector: Collector;

  before(
    async () => {
      mkdirSync(join(folder!, 'n'));
      const startedAt = performance.now();
      node = await KubernetesNode.start(join(folder!, 'n'), folder!);
      report('node ready', `${seconds(startedAt)} s`);
      await makeNamespace(node);
      prometheus = await Prometheus.start({ otlp: { promote_resource_attributes: ['host.name'] } });
      collector = await startCollector();
      await node.apply(
        podOf('shop', [
          { name: 'web', command: ['/load', '2', '3600'] },
          { name: 'db', command: ['/load', '3', '3600'] },
        ]),
      );
      await node.kubectl('wait', '--for=condition=Ready', 'pod/shop', '--timeout=60s');
    },
    { timeout: 4 * 60_000 },
  );
  after(async () => {
    await collector?.crash();
    await prometheus?.stop();
    await node?.stop();
  });

  /** As documented for a cluster, but for the port's address and the way to the API server. */
  function startCollector(): Promise<Collector> {
    const endpoints = { http: { endpoint: '0.0.0.0:4318' }, grpc: { endpoint: '127.0.0.1:4317' } };
    return Collector.startWith(
      [join(FILES, 'prometheus.yaml'), join(FILES, 'kubernetes.yaml')],
      {
        receivers: { otlp: { protocols: endpoints } },
        processors: { k8s_attributes: { auth_type: 'kubeConfig' } },
      },
      { PROMETHEUS_URL: prometheus.url, KUBECONFIG: node.kubeconfig },
    );
  }

  function install(release: string, ...values: readonly string[]): string {
    const all = [...IMAGE, 'options.exportInterval=2s', ...values];
    return node.helm('install', release, '.', ...all.flatMap((value) => ['--set', value]));
  }

  async function podOfRelease(release: string): Promise<{ name: string; uid: string }> {
    const selector = `app.kubernetes.io/instance=${release},app.kubernetes.io/name=unitledger`;
    const path = '-o=jsonpath={range .items[*]}{.metadata.name} {.metadata.uid}{"\\n"}{end}';
    const lines = await comes(
      async () => (await node.kubectl('get', 'pods', `--selector=${selector}`, path)).trim(),
      (text) => text !== '',
      `a pod of ${release}`,
    );
    const [name = '', uid = ''] = lines.split('\n').at(-1)!.split(' ');
    return { name, uid };
  }

  async function ready(release: string): Promise<{ name: string; uid: string }> {
    const pod = await podOfRelease(release);
    await node.kubectl('wait', '--for=condition=Ready', `pod/${pod.name}`, '--timeout=60s');
    return pod;
  }

  async function cpuSamples(): Promise<number> {
    return (await prometheus.stored(UNIT_CPU)).flatMap(({ samples }) => samples).length;
  }

  test('the first point is in Prometheus seconds after helm install', async () => {
    const startedAt = performance.now();
    install(
      'main',
      ...['targets.cgroups={/kubepods}', 'spool.type=hostPath', `spool.path=${folder}/spool`],
      'resources.limits.memory=256Mi',
    );
    await comes(cpuSamples, (count) => count > 0, 'a sample in Prometheus');
    report('helm install to the first point in Prometheus (export interval 2 s)', `${seconds(startedAt)} s`);
  });

  test('processes have the names of their pods and containers, and all series join with target_info', async () => {
    // The pause process of the pod has a container id, and no name among those of the pod's containers.
    const namesOf = (found: readonly InstantSeries[]) =>
      [...new Set(found.map(({ labels }) => labels.k8s_container_name ?? '-'))].sort();
    const series = await comes(
      () => prometheus.query(`${CPU}{k8s_pod_name="shop",cpu_mode="user"}`),
      (found) => namesOf(found).includes('db') && namesOf(found).includes('web'),
      'series of both containers',
    );
    for (const { labels } of series) {
      assert.equal(labels.k8s_namespace_name, NAMESPACE);
      assert.match(labels.container_id ?? '', /^[0-9a-f]{64}$/);
    }
    const containers = new Set(
      series.map(({ labels }) => `${labels.container_id} ${labels.k8s_container_name}`),
    );
    assert.equal(containers.size, new Set(series.map(({ labels }) => labels.container_id)).size);
    const all = await prometheus.query(CPU);
    const joined = await prometheus.query(`${CPU} * on (job, instance) group_left () target_info`);
    assert.equal(joined.length, all.length);
    report('series of process CPU, each joined with target_info', String(all.length));
  });

  test('a second program in the pod shows it live, and ends when its terminal is gone', async () => {
    const { name } = await ready('main');
    const args = node.kubectlArguments('exec', '-it', name, '--', 'unitledger', '--live');
    const words = [kubectl, ...args].map((word) => `'${word}'`).join(' ');
    const terminal = spawn('script', ['-qfc', `stty rows 40 cols 120; exec ${words}`, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, TERM: 'xterm' },
    });
    let screen = '';
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
      screen += text;
    });
    await comes(
      async () => screen,
      (text) => text.includes('/kubepods') && text.includes('load'),
      'the targets of the pod on the screen',
    );
    assert.equal(live().length, 1);
    // As any terminal answers the question whether it is there.
    await comes(
      async () => screen,
      (text) => text.includes('\x1b[5n'),
      'a question to the terminal',
    );
    terminal.stdin.write('\x1b[0n');
    // The answer goes the whole way through kubectl, the API server and the kubelet.
    await sleep(1000);
    const client = processes().find(({ words: [program] }) => program === kubectl);
    const goneAt = performance.now();
    process.kill(client!.pid, 'SIGKILL');
    await comes(
      async () => live().length,
      (count) => count === 0,
      'its end',
      90,
    );
    report('the live view ends after its client was killed', `${seconds(goneAt)} s`);
    terminal.kill('SIGKILL');
    // The pod's own program was not disturbed.
    const restarts = '-o=jsonpath={.status.containerStatuses[0].restartCount}';
    assert.equal(await node.kubectl('get', 'pod', name, restarts), '0');
  });

  test('a restart of the kubelet leaves the pod and its series alone', async () => {
    const { name, uid } = await ready('main');
    await node.killKubelet();
    const before = await cpuSamples();
    await comes(cpuSamples, (count) => count >= before + 2, 'samples without a kubelet');
    node.startKubelet();
    await sleep(3000);
    await comes(cpuSamples, (count) => count >= before + 4, 'samples with a new kubelet');
    assert.deepEqual(await ready('main'), { name, uid });
    const restarts = '-o=jsonpath={.status.containerStatuses[0].restartCount}';
    assert.equal(await node.kubectl('get', 'pod', name, restarts), '0');
    assert.equal((await prometheus.query(`sum(resets(${UNIT_CPU}[10m]))`))[0]!.value, 0);
  });

  test('with the collector away over a rollout, a hostPath keeps every window', async () => {
    const old = await ready('main');
    await collector.stop();
    const awayAt = Date.now() / 1000;
    await sleep(5000);
    node.helm('upgrade', 'main', '.', '--reuse-values', '--set', 'options.logLevel=debug');
    const fresh = await comes(
      () => podOfRelease('main'),
      ({ name }) => name !== old.name,
      'another pod',
    );
    await node.kubectl('wait', '--for=condition=Ready', `pod/${fresh.name}`, '--timeout=60s');
    await sleep(5000);
    const windows = spooled();
    assert.ok(windows >= 3, `${windows} windows in the spool`);
    const backAt = Date.now() / 1000;
    collector = await startCollector();
    await comes(
      async () => spooled(),
      (count) => count <= 1,
      'an empty spool',
    );
    // Both pods' windows of the outage are in Prometheus: no gap longer than the change of pods itself.
    const stored = await prometheus.stored(UNIT_CPU);
    const times = [...new Set(stored.flatMap(({ samples }) => samples.map(([at]) => at)))].sort(
      (a, b) => a - b,
    );
    const during = times.filter((at) => at > awayAt - 3 && at < backAt);
    const gaps = during.slice(1).map((at, i) => at - during[i]!);
    report(
      `collector away for ${(backAt - awayAt).toFixed(0)} s over a rollout, spool on hostPath`,
      `${windows} windows spooled, ${during.length} samples of the time arrived, longest gap ${Math.max(...gaps).toFixed(1)} s`,
    );
    assert.ok(during.length >= windows, `${during.length} of ${windows}`);
    assert.ok(Math.max(...gaps) < 8, `gaps ${gaps.map((gap) => gap.toFixed(1)).join(' ')}`);
  });

  test('helm test prints the log of the doctor, and helm uninstall leaves no pod', async () => {
    const printed = node.helm('test', 'main');
    assert.match(printed, /^ok +endpoint/m);
    const { name } = await ready('main');
    const log = node.wholeLog(`pod/${name}`, 'unitledger');
    const startedAt = performance.now();
    node.helm('uninstall', 'main', '--wait');
    const text = await log;
    report('helm uninstall to the end of the log, which is whole', `${seconds(startedAt)} s`);
    assert.match(text, /"event":"summary\.unit"/);
    assert.match(text, /^unitledger run /m);
    assert.match(text, /^Export: delivered \d+ windows, failed 0$/m);
    await comes(
      () => node.kubectl('get', 'pods', '--selector=app.kubernetes.io/instance=main', '-o=name'),
      (names) => names === '',
      'no pod of the release',
    );
  });

  test('an emptyDir is tried until the timeout when its pod is deleted, and the loss is logged', async () => {
    install(
      'volatile',
      ...['targets.cgroups={/kubepods}', 'spool.type=emptyDir', 'export.endpoint=http://$(HOST_IP):9'],
      'options.shutdownTimeout=4s',
    );
    const { name } = await ready('volatile');
    const log = node.wholeLog(`pod/${name}`, 'unitledger');
    await sleep(7000);
    const startedAt = performance.now();
    node.helm('uninstall', 'volatile', '--wait');
    const text = await log;
    assert.match(text, /lost \d+ export windows: .*deleted with the pod/);
    assert.doesNotMatch(text, /left in the spool for the next run/);
    assert.match(text, /^Export: delivered 0 windows, failed \d+$/m);
    report(
      'deletion of a pod with an emptyDir, collector away, --shutdown-timeout 4s',
      `${seconds(startedAt)} s`,
    );
  });

  test('a Job of 12,000 processes has its whole summary in the log, within 128 MiB', async () => {
    const COUNT = 12_000;
    const container = { name: 'work', image: toolsImage, command: ['/load', String(COUNT), '30'] };
    const startedAt = performance.now();
    node.helm(
      ...[
        'install',
        'batch',
        '.',
        '--set-json',
        `workload.podSpec=${JSON.stringify({ containers: [container] })}`,
      ],
      ...[
        ...IMAGE,
        'mode=pod',
        'resources.limits.memory=128Mi',
        'options.export={none}',
        'options.logSummary=processes',
        'options.summaryRows=all',
        'options.interval=2s',
      ].flatMap((value) => ['--set', value]),
    );
    // As NOTES.txt says.
    const ofRelease = '--selector=app.kubernetes.io/instance=batch';
    await comes(
      () => node.kubectl('get', 'pods', ofRelease, '-o=name'),
      (names) => names !== '',
      'the pod of the Job',
    );
    await node.kubectl('wait', '--for=condition=Initialized', 'pod', ofRelease, '--timeout=5m');
    const text = await node.wholeLog('job/batch-unitledger', 'unitledger');
    const lines = text.split('\n');
    const records = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
    const rows = records.filter(({ event }) => event === 'summary.process').length;
    const restarts = '-o=jsonpath={.items[0].status.initContainerStatuses[0].restartCount}';
    assert.equal(await node.kubectl('get', 'pods', ofRelease, restarts), '0', text.slice(-3000));
    assert.ok(rows > COUNT, `${rows} records of processes\n${text.slice(-1000)}`);
    const table = lines.filter((line) => !line.startsWith('{'));
    const tableRows = table.filter((line) => /\bload\b/.test(line)).length;
    assert.ok(tableRows >= COUNT, `${tableRows} rows in the table`);
    assert.match(text, /^Export: nothing was to be sent$/m);
    report(
      `Job in mode pod, ${COUNT} processes, limit 128Mi`,
      `${rows} records and the table whole in the log (${(text.length / 1e6).toFixed(1)} MB), ${seconds(startedAt)} s in all`,
    );
    node.helm('uninstall', 'batch', '--wait');
  });

  test('a StatefulSet whose container ignores SIGTERM until it is killed has its summary in the log', async () => {
    const spec = {
      terminationGracePeriodSeconds: 5,
      containers: [{ name: 'work', image: toolsImage, command: ['/deaf', '5', '3600'] }],
    };
    node.helm(
      ...['install', 'deaf', '.', '--set-json', `workload.podSpec=${JSON.stringify(spec)}`],
      ...[...IMAGE, 'mode=pod', 'workload.kind=StatefulSet', 'export.endpoint=http://$(HOST_IP):9'].flatMap(
        (value) => ['--set', value],
      ),
    );
    const { name } = await ready('deaf');
    const log = node.wholeLog(`pod/${name}`, 'unitledger');
    await sleep(3000);
    const startedAt = performance.now();
    node.helm('uninstall', 'deaf', '--wait');
    const text = await log;
    assert.match(text, /"event":"summary\.unit"/);
    assert.match(text, /^unitledger run /m);
    assert.match(text, /\bdeaf\b/);
    report(
      'deletion of a StatefulSet that ignores SIGTERM (grace 5 s), collector away',
      `${seconds(startedAt)} s, summary in the log`,
    );
  });

  for (const count of [100, 1000]) {
    test(`what the defaults need with ${count} processes`, async () => {
      await node.apply(podOf('crowd', [{ name: 'crowd', command: ['/load', String(count), '3600'] }]));
      await node.kubectl('wait', '--for=condition=Ready', 'pod/crowd', '--timeout=60s');
      const startedAt = performance.now();
      node.helm(
        'install',
        'sized',
        '.',
        ...[...IMAGE, 'targets.cgroups={/kubepods}'].flatMap((value) => ['--set', value]),
      );
      const { name, uid } = await ready('sized');
      const readySeconds = seconds(startedAt);
      const start = usageOf(uid);
      let most = start.workingSet;
      for (let i = 0; i < 20; i++) {
        await sleep(1000);
        most = Math.max(most, usageOf(uid).workingSet);
      }
      const end = usageOf(uid);
      report(
        `${count} processes, chart defaults (0.5 s, export every 10 s), first 20 s`,
        `ready ${readySeconds} s; working set ${mib(start.workingSet)} at start, ${mib(most)} most, ${mib(end.workingSet)} at end; ` +
          `CPU ${(((end.cpuSeconds - start.cpuSeconds) / 20) * 1000).toFixed(0)}m`,
      );
      assert.ok(most < 256 * 1024 ** 2);
      const log = node.wholeLog(`pod/${name}`, 'unitledger');
      node.helm('uninstall', 'sized', '--wait');
      const text = await log;
      assert.match(
        text,
        /^Export: delivered \d+ windows?, failed 0$/m,
        `${text.slice(-3000)}\n${prometheus.log.slice(-3000)}`,
      );
      await node.kubectl('delete', 'pod', 'crowd', '--grace-period=1');
    });
  }
});

function podOf(name: string, containers: readonly { name: string; command: readonly string[] }[]): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      automountServiceAccountToken: false,
      containers: containers.map((container) => ({ ...container, image: toolsImage })),
    },
  };
}

/** Waits until what `look` gives is as it should be, and gives it. */
async function comes<T>(
  look: () => Promise<T>,
  isSo: (found: T) => boolean,
  what: string,
  patience = PATIENCE_SECONDS,
): Promise<T> {
  let found: T | undefined;
  await until(
    async () => {
      found = await look();
      return isSo(found);
    },
    () => `${what}, but ${JSON.stringify(found)?.slice(0, 2000)}`,
    patience,
  );
  return found!;
}

function seconds(startedAt: number): string {
  return ((performance.now() - startedAt) / 1000).toFixed(1);
}

function mib(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(0)} MiB`;
}

/** Windows in the spool of the release `main`. */
function spooled(): number {
  return readdirSync(join(folder!, 'spool')).filter((name) => /\.(json|pb)$/.test(name)).length;
}

function processes(): { readonly pid: number; readonly words: readonly string[] }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), words: commandLine(name) }));
}

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    // Ended meanwhile.
    return [];
  }
}

/** The programs that show a live view in a container. */
function live(): readonly number[] {
  return processes()
    .filter(({ words }) => words.includes('/usr/local/bin/unitledger') && words.includes('--live'))
    .map(({ pid }) => pid);
}

/** What the kernel charges the pod of unitledger, which has this one container. */
function usageOf(uid: string): { readonly workingSet: number; readonly cpuSeconds: number } {
  const memory = directoryOf('/sys/fs/cgroup/memory/kubepods', `pod${uid}`)!;
  const cpu = directoryOf('/sys/fs/cgroup/cpuacct/kubepods', `pod${uid}`)!;
  const number = (file: string) => Number(readFileSync(file, 'utf8'));
  const inactive = /^total_inactive_file (\d+)$/m.exec(readFileSync(join(memory, 'memory.stat'), 'utf8'))![1];
  return {
    workingSet: number(join(memory, 'memory.usage_in_bytes')) - Number(inactive),
    cpuSeconds: number(join(cpu, 'cpuacct.usage')) / 1e9,
  };
}

function directoryOf(root: string, name: string): string | undefined {
  const names = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  if (names.some((entry) => entry.name === name)) return join(root, name);
  for (const entry of names) {
    const found = directoryOf(join(root, entry.name), name);
    if (found !== undefined) return found;
  }
  return undefined;
}
