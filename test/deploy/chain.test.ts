import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import type { RunDocument } from '../../src/ledger/document/run-document.ts';
import { collectorAvailable } from '../end-to-end/backends/collector.ts';
import { freePorts } from '../end-to-end/backends/loopback.ts';
import { prometheusAvailable } from '../end-to-end/backends/prometheus.ts';
import { assertNear, unitOf, until } from '../end-to-end/program/unitledger.ts';
import { skipLab } from '../end-to-end/systemd/lab.ts';
import { skipUnless } from '../skip.ts';
import { makeExpiredCertificate } from '../telemetry/export/certificates.ts';
import { Chain, NODE } from './chain.ts';
import { helmAvailable } from './helm.ts';
import { imageToolsAvailable } from './image.ts';
import type { AdmittedPod } from './kubelet.ts';

const needs = [imageToolsAvailable(), helmAvailable, collectorAvailable, prometheusAvailable];
const missing = needs.find((each) => each !== true) ?? (skipLab() || true);
const PATIENCE_SECONDS = 60;
const CPU = 'unitledger_unit_cpu_booked_time_seconds_total{systemd_unit_name="nginx.service"}';

describe('from helm install to Prometheus', skipUnless(missing), () => {
  let chain: Chain;

  before(
    async () => {
      chain = await Chain.start();
    },
    { timeout: 40 * 60_000 },
  );
  after(() => chain?.stop());

  test('a data point of nginx is queried back, and it agrees with the summary', async () => {
    const { prometheus, collector } = chain;
    const pod = await chain.run(await chain.podOfDaemonSet('unitledger-1'));
    const samples = async () => (await prometheus.stored(CPU)).flatMap((series) => series.samples).length;
    await until(
      async () => (await samples()) >= 6,
      () => `six samples of nginx\n${pod.stderr()}\n${collector.log}`,
      PATIENCE_SECONDS,
    );
    // As the kubelet's probe asks.
    const { status } = await fetch(`http://127.0.0.1:${chain.listenPort}/healthz`);
    assert.equal(status, 200);
    pod.stop();
    const { code, stdout, stderr } = await pod.ended;
    assert.equal(code, 0, stderr);
    const document = JSON.parse(stdout) as RunDocument;
    const { cpu, processes } = unitOf(document, 'nginx.service');
    assert.equal(document.export!.failed, 0, stderr);
    const series = await prometheus.stored(CPU);
    const seconds = series.reduce((sum, { samples: all }) => sum + all.at(-1)![1], 0);
    assertNear(seconds, cpu.attributedSeconds!, 1e-6, 'CPU seconds of nginx in Prometheus');
    assert.ok(seconds > 0, `${seconds} s`);
    // Another user's workers: what the two capabilities are for.
    assert.ok(processes.every(({ diskBytes }) => diskBytes !== null));
    const { labels } = series[0]!;
    assert.deepEqual([labels.job, labels.instance, labels.host_name], ['unitledger', NODE, NODE]);
    console.log(
      `nginx.service: ${seconds.toFixed(3)} s of CPU by Prometheus, ${cpu.attributedSeconds!.toFixed(3)} s by the summary, ` +
        `coverage ${cpu.coverage!.toFixed(4)}`,
    );
  });

  test('the pod of helm test runs the doctor, which is content', async () => {
    const hook = parse(chain.helm('get', 'hooks', 'unitledger'));
    const doctor = await chain.run(await chain.createPod(hook));
    const { code, stdout, stderr } = await doctor.ended;
    assert.equal(code, 0, `${stdout}${stderr}`);
    assert.match(stdout, /^ok +endpoint/m);
    assert.match(stdout, /^ok +target +nginx\.service/m);
    assert.doesNotMatch(stdout, /^fail/m);
  });

  /** Runs the pod until its log says this among its first lines, or until it has ended. */
  async function logSays(pod: AdmittedPod, says: RegExp): Promise<void> {
    const running = await chain.run(pod);
    let over = false;
    const ended = running.ended.finally(() => {
      over = true;
    });
    await until(
      () => says.test(running.stderr()) || over,
      () => `${says} in\n${running.stderr()}`,
      PATIENCE_SECONDS,
    );
    running.stop();
    const { stderr } = await ended;
    const place = stderr.split('\n').findIndex((line) => says.test(line));
    assert.ok(place >= 0 && place < 12, `line ${place + 1} of\n${stderr}`);
  }

  for (const [name, says, change] of [
    [
      'without-host-pid',
      /another PID namespace.*hostPID: true/,
      (spec) => Reflect.deleteProperty(spec, 'hostPID'),
    ],
    [
      'without-capabilities',
      /SYS_PTRACE/,
      ({ containers }) => Reflect.deleteProperty(containers[0].securityContext.capabilities, 'add'),
    ],
    [
      'without-proc',
      /--proc-root \/host\/proc cannot be read .*: it must be a mount of the host's \/proc/,
      ({ containers }) => removeMount(containers[0], 'proc'),
    ],
    [
      'without-cgroups',
      /--cgroup-root \/host\/sys\/fs\/cgroup does not exist: mount the host's/,
      ({ containers }) => removeMount(containers[0], 'cgroup'),
    ],
    [
      'wrong-endpoint',
      /127\.0\.0\.1:9\/v1\/metrics.*ECONNREFUSED/,
      ({ containers }) => setVariable(containers[0], 'OTEL_EXPORTER_OTLP_ENDPOINT', 'http://127.0.0.1:9'),
    ],
    [
      'spool-on-the-read-only-root',
      /--spool-dir must be a directory that can be written to, not "\/var\/spool\/unitledger"/,
      ({ containers }) => setVariable(containers[0], 'UNITLEDGER_SPOOL_DIR', '/var/spool/unitledger'),
    ],
  ] as readonly (readonly [string, RegExp, (spec: AdmittedPod) => void])[]) {
    test(`a pod names the cause among the first lines of its log: ${name}`, async () => {
      await logSays(await chain.podOfDaemonSet(name, change), says);
    });
  }

  test('so does one whose collector has a certificate that has expired, the secret of the chart in its place', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'unitledger-expired-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const { cert, key } = makeExpiredCertificate(folder, 'collector');
    const [port] = await freePorts(1);
    const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    t.after(() => server.close());
    const metadata = { name: 'collector-ca' };
    await chain.create('secrets', { metadata, stringData: { 'ca.crt': readFileSync(cert, 'utf8') } });
    const values = [`export.endpoint=https://$(HOST_IP):${port}`, 'export.caSecret.name=collector-ca'];
    chain.helm(
      ...['upgrade', 'unitledger', '.', '--reuse-values'],
      ...values.flatMap((value) => ['--set', value]),
    );
    await logSays(await chain.podOfDaemonSet('expired-certificate'), /the certificate has expired/);
  });
});

function removeMount(container: AdmittedPod, name: string): void {
  container.volumeMounts = container.volumeMounts.filter((mount: { name: string }) => mount.name !== name);
}

function setVariable(container: AdmittedPod, name: string, value: string): void {
  container.env = container.env.filter((variable: { name: string }) => variable.name !== name);
  container.env.push({ name, value });
}
