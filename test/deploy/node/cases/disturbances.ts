import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertNear } from '../../../end-to-end/program/unitledger.ts';
import {
  assertDelivered,
  assertSummary,
  comes,
  longestGap,
  type NodeLab,
  podOf,
  recordsOf,
  report,
  secondsSince,
  UNIT_CPU,
} from '../lab.ts';

const NGINX = 'unitledger_unit_cpu_booked_time_seconds_total{systemd_unit_name="nginx.service"}';
const OOM_KILLS = 'unitledger_unit_memory_events_total{type="oom_kill",systemd_unit_name="/kubepods"}';

/** Disturbances of a node while a release runs, and the end of the release. */
export function disturbanceCases(lab: () => NodeLab): void {
  test('an OOM kill in a tracked pod is counted', async () => {
    await lab().main();
    const limits = { resources: { limits: { memory: '16Mi' } } };
    await lab().runPod(podOf('greedy', [{ name: 'hog', command: ['/hog', '64', '3600'], ...limits }]));
    await comes(
      async () => (await lab().prometheus.query(OOM_KILLS))[0]?.value,
      (value) => value === 1,
      'one OOM kill',
    );
    await lab().deletePod('greedy');
  });

  test('a restart of the kubelet leaves the pod and its series alone', async () => {
    await lab().main();
    const { node, prometheus } = lab();
    const { name, uid } = await lab().ready('main');
    const restarts = await lab().restarts(name);
    await node.killKubelet();
    const before = await lab().cpuSamples();
    await comes(
      () => lab().cpuSamples(),
      (count) => count >= before + 2,
      'samples without a kubelet',
    );
    node.startKubelet();
    await sleep(3000);
    const fresh = await lab().cpuSamples();
    await comes(
      () => lab().cpuSamples(),
      (count) => count >= fresh + 2,
      'samples with a new kubelet',
    );
    assert.deepEqual(await lab().ready('main'), { name, uid });
    assert.equal(await lab().restarts(name), restarts);
    const seconds = Math.ceil(performance.now() / 1000);
    const resets = await prometheus.query(`sum(resets(${UNIT_CPU}[${Math.min(seconds, 30)}s]))`);
    assert.equal(resets[0]!.value, 0);
  });

  test('an upgrade delivers the last window of the old pod, and goes on with a new one', async () => {
    await lab().main();
    const old = await lab().ready('main');
    const log = lab().node.wholeLog(`pod/${old.name}`, 'unitledger');
    const startedAt = performance.now();
    const fromSeconds = Date.now() / 1000 - 3;
    await lab().node.helm('upgrade', 'main', '.', '--reuse-values', '--set', 'options.interval=250ms');
    const text = await log;
    const ended = secondsSince(startedAt);
    const endedSeconds = Date.now() / 1000;
    await lab().readyAfter('main', old);
    const times = await comes(
      () => lab().sampleTimes(fromSeconds),
      (found) => found.filter((at) => at > endedSeconds).length >= 2,
      'samples of the new pod',
    );
    assertSummary(text);
    assertDelivered(lab(), text);
    const [nginx] = recordsOf(text, 'summary.unit').filter(({ unit }) => unit === 'nginx.service');
    // The new pod counts from zero, and nginx is idle.
    const stored = (await lab().prometheus.stored(NGINX)).map(({ samples }) =>
      Math.max(...samples.map(([, value]) => value)),
    );
    const seconds = stored.reduce((sum, value) => sum + value, 0);
    assertNear(seconds, nginx.cpu.attributedSeconds, 1e-6, 'CPU of nginx in Prometheus and in the summary');
    report(
      '`helm upgrade` with another value',
      `old pod ended with its summary after ${ended} s; longest gap between samples ${longestGap(times).toFixed(1)} s; ` +
        `nginx ${seconds.toFixed(3)} s in Prometheus and in the summary`,
    );
  });

  test('with the collector away over a rollout, a hostPath keeps every window', async () => {
    await lab().main();
    const old = await lab().ready('main');
    await lab().stopCollector();
    const awayAt = Date.now() / 1000;
    await sleep(5000);
    await lab().node.helm('upgrade', 'main', '.', '--reuse-values', '--set', 'options.logLevel=debug');
    await lab().readyAfter('main', old);
    await sleep(5000);
    const windows = lab().spooled();
    assert.ok(windows >= 3, `${windows} windows in the spool`);
    const backAt = Date.now() / 1000;
    await lab().startCollector();
    await comes(
      async () => lab().spooled(),
      (count) => count <= 1,
      'an empty spool',
    );
    // Both pods' windows of the outage are in Prometheus: no gap is longer than the replacement of the pods.
    const during = (await lab().sampleTimes(awayAt - 3)).filter((at) => at < backAt);
    report(
      `Collector away for ${(backAt - awayAt).toFixed(0)} s over a rollout, spool on a hostPath`,
      `${windows} windows spooled and delivered; longest gap between samples ${longestGap(during).toFixed(1)} s`,
    );
    assert.ok(during.length >= windows, `${during.length} of ${windows}`);
    assert.ok(longestGap(during) < 8, `gaps: ${longestGap(during).toFixed(1)} s`);
  });

  test('helm test prints the log of the doctor, and helm uninstall leaves no pod', async () => {
    await lab().main();
    const printed = await lab().node.helm('test', 'main');
    assert.match(printed, /^ok +endpoint/m);
    assert.match(printed, /^ok +target +nginx\.service/m);
    assert.doesNotMatch(printed, /^fail/m);
    const { name } = await lab().ready('main');
    const log = lab().node.wholeLog(`pod/${name}`, 'unitledger');
    const startedAt = performance.now();
    await lab().node.helm('uninstall', 'main', '--wait');
    const text = await log;
    report('`helm uninstall` to the end of the log, which is whole', `${secondsSince(startedAt)} s`);
    assertSummary(text);
    assertDelivered(lab(), text);
    await comes(
      () => lab().node.kubectl('get', 'pods', '--selector=app.kubernetes.io/instance=main', '-o=name'),
      (names) => names === '',
      'no pod of the release',
    );
    await lab().deletePod('shop');
  });
}
