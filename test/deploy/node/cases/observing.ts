import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InstantSeries } from '../../../end-to-end/backends/prometheus.ts';
import { processesBelow } from '../../../end-to-end/systemd/cgroup.ts';
import { image } from '../../image.ts';
import { comes, type NodeLab, podOf, report, secondsSince, UNIT_CPU } from '../lab.ts';
import { NAMESPACE } from '../node.ts';
import { liveViews, Terminal } from '../terminal.ts';

const CPU = 'process_cpu_time_seconds_total';
const BOOKED = 'unitledger_unit_cpu_booked_time_seconds_total';

/** Output of a running release: in Prometheus and in a terminal. */
export function observingCases(lab: () => NodeLab): void {
  test('the first point is in Prometheus seconds after helm install', async () => {
    await lab().main();
  });

  test('processes have the names of their pods and containers, and all series join with target_info', async () => {
    const { prometheus } = lab();
    await lab().main();
    // The pause process of the pod has a container ID, but no container name in the pod.
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

  test('a pod in the layout of the cgroupfs driver has figures of its own', async () => {
    await lab().main();
    // Started while it is tracked, so that all its CPU is counted.
    const uid = await lab().runPod(podOf('own', [{ name: 'work', command: ['/load', '2', '3600'] }]));
    const cgroup = join(lab().cgroups, 'kubepods/besteffort', `pod${uid}`);
    await comes(
      async () => usageSeconds(cgroup),
      (seconds) => seconds > 0.8,
      'its CPU',
    );
    for (const pid of processesBelow(cgroup)) process.kill(pid, 'SIGSTOP');
    // The cgroup includes CPU of the runtime for starting the containers, which is in none of their processes.
    const seconds = await sameAsKernel(lab(), `sum(${CPU}{k8s_pod_name="own"})`, cgroup, 0.2);
    report('CPU of a pod (cgroupfs driver) by its processes in Prometheus, and in cpu.stat', seconds);
    await lab().deletePod('own');
  });

  test('pods in the layout of the systemd driver, found by a pattern, have figures and names of their own', async () => {
    await lab().main();
    const pods = await Promise.all([startSlicePod(lab(), 'slice-a', 1), startSlicePod(lab(), 'slice-b', 2)]);
    for (const pod of pods) {
      const ofUnit = `sum(${UNIT_CPU}{systemd_unit_name="${pod.unit}"})`;
      const seconds = await sameAsKernel(lab(), ofUnit, pod.cgroup, 0.05);
      const ofPod = `${CPU}{k8s_pod_name="${pod.name}"}`;
      const series = await comes(
        () => lab().prometheus.query(ofPod),
        (found) => found.length > 0,
        `processes of ${pod.name}`,
      );
      for (const { labels } of series) {
        assert.equal(labels.k8s_namespace_name, NAMESPACE);
        assert.equal(labels.k8s_pod_uid, pod.uid);
        assert.equal(labels.container_id, pod.container);
        assert.equal(labels.systemd_unit_name, pod.unit);
      }
      report(`CPU of pod ${pod.name} (slices of the systemd driver): Prometheus and cpu.stat`, seconds);
    }
    for (const { child } of pods) child.kill('SIGKILL');
  });

  test('nginx.service of the systemd on the node has the CPU that the kernel counts', async () => {
    await lab().main();
    const { systemd, prometheus, cgroups } = lab();
    const directory = join(cgroups, 'system.slice/nginx.service');
    const before = usageSeconds(directory);
    await systemd.output(['ab', '-q', '-n', '20000', '-c', '8', 'http://127.0.0.1/']);
    const unit = '{systemd_unit_name="nginx.service"}';
    const booked = await comes(
      async () => (await prometheus.query(`sum(${BOOKED}${unit})`))[0]?.value ?? 0,
      // A worker may use some more ms after its last request.
      (value) => Math.abs(value - (usageSeconds(directory) - before)) < 0.02,
      `${usageSeconds(directory) - before} s`,
    );
    assert.ok(booked > 0.05, `${booked} s`);
    // Workers of another user: reading their I/O counters requires the chart's two capabilities.
    const io = await prometheus.query(`process_disk_io_bytes_total${unit}`);
    const all = await prometheus.query(`count by (process_pid) (${CPU}${unit})`);
    assert.deepEqual(pidsOf(io), pidsOf(all));
    assert.ok(pidsOf(all).length > 1);
    const [first] = io;
    assert.deepEqual([first!.labels.job, first!.labels.instance], ['unitledger', lab().node.name]);
    report(
      '`nginx.service` beside the pods, 20,000 requests: CPU in Prometheus and in cpu.stat',
      `${booked.toFixed(3)} s and ${(usageSeconds(directory) - before).toFixed(3)} s`,
    );
  });

  test('kubectl debug shows the pods of the node live, from a container that is added to the pod', async () => {
    await lab().main();
    const { name } = await lab().ready('main');
    const target = [`--image=${image}`, '--image-pull-policy=IfNotPresent', '--target=unitledger'];
    // As in helm/README.md.
    const roots = ['--proc-root', '/proc', '--cgroup-root', '/proc/1/root/sys/fs/cgroup'];
    const program = ['unitledger', '--live', '--cgroup', '/kubepods', '--export', 'none', ...roots];
    const terminal = new Terminal(
      lab().node,
      ...['debug', '-it', name, ...target, '--profile=sysadmin', '--', ...program],
    );
    try {
      await terminal.shows('/kubepods', 'load');
      assert.equal(liveViews(), 1);
      terminal.type('q');
      await comes(
        async () => liveViews(),
        (count) => count === 0,
        'the end of the live view',
      );
    } finally {
      terminal.close();
    }
    assert.equal(await lab().restarts(name), 0);
  });

  test('a second program in the pod shows it live, and ends when its terminal is gone', async () => {
    await lab().main();
    const { name } = await lab().ready('main');
    const terminal = new Terminal(lab().node, 'exec', '-it', name, '--', 'unitledger', '--live');
    try {
      await terminal.shows('/kubepods', 'load');
      assert.equal(liveViews(), 1);
      // The answer of any terminal to a status query.
      await terminal.shows('\x1b[5n');
      terminal.type('\x1b[0n');
      // The answer passes through kubectl, the API server and the kubelet.
      await sleep(1000);
      const goneAt = performance.now();
      terminal.killClient();
      await comes(
        async () => liveViews(),
        (count) => count === 0,
        'its end',
        90,
      );
      report(
        '`kubectl exec -it POD -- unitledger --live`, client killed',
        `ended ${secondsSince(goneAt)} s later`,
      );
    } finally {
      terminal.close();
    }
    // The pod's program was not disturbed.
    assert.equal(await lab().restarts(name), 0);
  });
}

/**
 * A pod that the API server accepts and the kubelet does not start, and cgroups for it in the layout of the kubelet's
 * systemd driver, with one process that uses about this many seconds of CPU.
 */
async function startSlicePod(lab: NodeLab, name: string, seconds: number) {
  const gated = { schedulingGates: [{ name: 'unitledger.example/never' }] };
  await lab.node.apply(podOf(name, [{ name: 'work', command: ['/pause'] }], gated));
  const uid = await lab.node.kubectl('get', 'pod', name, '-o=jsonpath={.metadata.uid}');
  const unit = `kubepods-burstable-pod${uid.replaceAll('-', '_')}.slice`;
  const container = randomBytes(32).toString('hex');
  const cgroup = join(lab.cgroups, 'kubepods.slice/kubepods-burstable.slice', unit);
  const scope = join(cgroup, `cri-containerd-${container}.scope`);
  mkdirSync(scope, { recursive: true });
  // Idle until it is tracked, so that all its CPU is counted.
  const work = `echo $$ >"$0/cgroup.procs"; sleep 3; sh -c 'ulimit -t ${seconds}; while :; do :; done'; exec sleep 3600`;
  const child = spawn('sh', ['-c', work, scope], { stdio: 'ignore' });
  return { name, uid, unit, container, cgroup, child };
}

/** Waits until a query and the kernel's own counter are close, and the counter has stopped; returns both as text. */
async function sameAsKernel(
  lab: NodeLab,
  query: string,
  cgroup: string,
  toleranceSeconds: number,
): Promise<string> {
  let kernel = usageSeconds(cgroup);
  const seconds = await comes(
    async () => {
      const before = kernel;
      kernel = usageSeconds(cgroup);
      const [series] = await lab.prometheus.query(query);
      return kernel - before < 0.001 && kernel > 0.5 ? series?.value : undefined;
    },
    (value) => value !== undefined && Math.abs(value - kernel) < toleranceSeconds,
    `${query} as the kernel counts`,
  );
  return `${seconds!.toFixed(3)} s and ${kernel.toFixed(3)} s`;
}

function usageSeconds(cgroup: string): number {
  return Number(/^usage_usec (\d+)$/m.exec(readFileSync(join(cgroup, 'cpu.stat'), 'utf8'))![1]) / 1e6;
}

function pidsOf(series: readonly InstantSeries[]): readonly string[] {
  return [...new Set(series.map(({ labels }) => labels.process_pid!))].sort();
}
