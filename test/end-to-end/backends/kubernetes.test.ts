import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { skipUnless } from '../../skip.ts';
import { until } from '../program/unitledger.ts';
import { Collector, collectorAvailable } from './collector.ts';
import { freePorts } from './loopback.ts';
import { Prometheus, prometheusAvailable } from './prometheus.ts';

const FOLDER = resolve(import.meta.dirname, '../../../deploy/collector');
const needed = collectorAvailable === true ? prometheusAvailable : collectorAvailable;
const PATIENCE_SECONDS = 30;
const CPU = 'process_cpu_time_seconds_total';

/** Two containers of one pod with processes of one name and PID, one of another pod, and a process of the host. */
const PROCESSES = [
  { 'k8s.pod.uid': 'uid-1', 'container.id': 'a'.repeat(64) },
  { 'k8s.pod.uid': 'uid-1', 'container.id': 'b'.repeat(64) },
  { 'k8s.pod.uid': 'uid-2', 'container.id': 'c'.repeat(64) },
  {},
];

describe('with kubernetes.yaml over prometheus.yaml, a Prometheus', skipUnless(needed), () => {
  let prometheus: Prometheus;
  let collector: Collector;
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'unitledger-kubernetes-'));
    prometheus = await Prometheus.start();
    const [grpc, http] = (await freePorts(2)) as [number, number];
    const protocols = {
      grpc: { endpoint: `127.0.0.1:${grpc}` },
      http: { endpoint: `127.0.0.1:${http}` },
    };
    collector = await Collector.startWith(
      [join(FOLDER, 'prometheus.yaml'), join(FOLDER, 'kubernetes.yaml')],
      {
        receivers: { otlp: { protocols } },
        // In place of an API server: the names that k8s_attributes would put on the resource of a pod.
        processors: {
          k8s_attributes: { passthrough: true, wait_for_metadata: false },
          'transform/names': {
            metric_statements: ['uid-1', 'uid-2'].flatMap((uid) =>
              Object.entries(namesOf(uid)).map(
                ([key, name]) =>
                  `set(resource.attributes["${key}"], "${name}") where resource.attributes["k8s.pod.uid"] == "${uid}"`,
              ),
            ),
          },
        },
        service: {
          pipelines: {
            'metrics/kubernetes': {
              processors: [
                ...['memory_limiter', 'transform/keep_own', 'groupbyattrs/container', 'k8s_attributes'],
                ...['transform/names', 'transform/to_points', 'groupbyattrs/host'],
              ],
            },
          },
        },
      },
      { PROMETHEUS_URL: prometheus.url },
    );
    const response = await fetch(`http://127.0.0.1:${http}/v1/metrics`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(windowAt(Date.now())),
    });
    assert.equal(response.status, 200, collector.log);
    await until(
      async () => (await prometheus.query(CPU)).length === PROCESSES.length,
      () => `${PROCESSES.length} series of ${CPU}\n${collector.log}`,
      PATIENCE_SECONDS,
    );
  });
  after(async () => {
    await collector?.crash();
    await prometheus?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('distinguishes containers by their own labels and the names of their pods', async () => {
    const series = await prometheus.query(CPU);
    const labels = series
      .map(({ labels: { container_id, k8s_pod_uid, k8s_pod_name, k8s_namespace_name }, value }) => [
        ...[container_id?.[0], k8s_pod_uid, k8s_pod_name, k8s_namespace_name, value],
      ])
      .sort((one, other) => Number(one[4]) - Number(other[4]));
    assert.deepEqual(labels, [
      ['a', 'uid-1', 'pod-1', 'shop', 1],
      ['b', 'uid-1', 'pod-1', 'shop', 2],
      ['c', 'uid-2', 'pod-2', 'shop', 3],
      // Not those of the pod that unitledger itself runs in.
      [undefined, undefined, undefined, undefined, 4],
    ]);
  });

  test('has one target_info, so that every series joins with it', async () => {
    const infos = await prometheus.query('target_info');
    assert.deepEqual(
      infos.map(({ labels: { job, instance, host_name, k8s_pod_name } }) => [
        ...[job, instance, host_name, k8s_pod_name],
      ]),
      [['unitledger', 'host-1', 'host-1', 'unitledger-x']],
    );
    const joined = await prometheus.query(`${CPU} * on (job, instance) group_left (host_name) target_info`);
    assert.deepEqual(joined.map(({ labels, value }) => [labels.host_name, value]).sort(), [
      ...[1, 2, 3, 4].map((value) => ['host-1', value]),
    ]);
  });
});

function namesOf(uid: string): Record<string, string> {
  return { 'k8s.pod.name': uid.replace('uid', 'pod'), 'k8s.namespace.name': 'shop' };
}

/** A window as unitledger sends it: one resource, which names the pod of unitledger, and all processes on points. */
function windowAt(unixMillis: number) {
  const attributes = (values: Readonly<Record<string, string>>) =>
    Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));
  const nanos = (millis: number) => `${millis}000000`;
  const points = PROCESSES.map((container, i) => ({
    attributes: attributes({
      'process.pid': '7',
      'process.executable.name': 'nginx',
      'systemd.unit.name': 'containerd.service',
      ...container,
    }),
    startTimeUnixNano: nanos(unixMillis - 10_000),
    timeUnixNano: nanos(unixMillis),
    asDouble: i + 1,
  }));
  const metric = {
    name: 'process.cpu.time',
    unit: 's',
    sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: points },
  };
  const resource = {
    ...{ 'service.name': 'unitledger', 'service.instance.id': 'host-1', 'host.name': 'host-1' },
    ...{ 'k8s.pod.uid': 'uid-of-unitledger', 'k8s.pod.name': 'unitledger-x' },
  };
  return {
    resourceMetrics: [
      {
        resource: { attributes: attributes(resource) },
        scopeMetrics: [{ scope: { name: 'unitledger' }, metrics: [metric] }],
      },
    ],
  };
}
