import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeExpiredCertificate } from '../../../telemetry/export/certificates.ts';
import { comes, type NodeLab } from '../lab.ts';
import { NAMESPACE } from '../node.ts';

// biome-ignore lint/suspicious/noExplicitAny: as the API server has it
type PodSpec = any;

/** Changes of the chart's pod, and the resulting log message. */
const MISTAKES: readonly (readonly [name: string, says: RegExp, change: (spec: PodSpec) => void])[] = [
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
    ({ containers }) => {
      setVariable(containers[0], 'UNITLEDGER_EXPORT', 'otlp');
      setVariable(containers[0], 'OTEL_EXPORTER_OTLP_ENDPOINT', 'http://127.0.0.1:9');
    },
  ],
  [
    'spool-on-the-read-only-root',
    /--spool-dir must be a directory that can be written to, not "\/var\/spool\/unitledger"/,
    ({ containers }) => {
      setVariable(containers[0], 'UNITLEDGER_EXPORT', 'otlp');
      setVariable(containers[0], 'UNITLEDGER_SPOOL_DIR', '/var/spool/unitledger');
    },
  ],
];

/** Misconfigured pods: each logs the cause at the beginning of its log. */
export function mistakeCases(lab: () => NodeLab): void {
  test('a pod with a mistake names the cause among the first lines of its log', async (t) => {
    const template = await templateOf(lab());
    await lab().node.apply(
      ...MISTAKES.map(([name, , change]) => {
        const spec = structuredClone(template);
        change(spec);
        return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: NAMESPACE }, spec };
      }),
    );
    for (const [name, says] of MISTAKES) await t.test(name, () => logSays(lab(), name, says));
    await lab().node.kubectl('delete', 'pods', '--grace-period=1', ...MISTAKES.map(([name]) => name));
    await lab().node.helm('uninstall', 'template');
  });

  test('so does one whose collector has a certificate that has expired, the secret of the chart in its place', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'unitledger-expired-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const { cert, key } = makeExpiredCertificate(folder, 'collector');
    const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) });
    await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
    t.after(() => server.close());
    const { port } = server.address() as { port: number };
    const metadata = { name: 'collector-ca', namespace: NAMESPACE };
    const stringData = { 'ca.crt': readFileSync(cert, 'utf8') };
    await lab().node.apply({ apiVersion: 'v1', kind: 'Secret', metadata, stringData });
    await lab().install(
      'expired',
      ...['targets.services={nginx.service}', 'options.exportInterval=1s', 'options.shutdownTimeout=1s'],
      ...[`export.endpoint=https://$(HOST_IP):${port}`, 'export.caSecret.name=collector-ca'],
    );
    const { name } = await lab().ready('expired');
    await logSays(lab(), name, /the certificate has expired/);
    await lab().node.helm('uninstall', 'expired', '--wait');
  });
}

/** The pod spec of the chart, from a DaemonSet without pods. */
async function templateOf(lab: NodeLab): Promise<PodSpec> {
  await lab.install(
    'template',
    ...['targets.services={nginx.service}', 'options.export={none}', 'nodeSelector.no=node'],
  );
  const daemonSet = await lab.node.kubectl('get', 'daemonset', 'template-unitledger', '-o=json');
  const { nodeSelector: _, ...spec } = JSON.parse(daemonSet).spec.template.spec;
  return { ...spec, restartPolicy: 'Never', terminationGracePeriodSeconds: 1 };
}

async function logSays(lab: NodeLab, pod: string, says: RegExp): Promise<void> {
  const log = await comes(
    () => lab.node.kubectl('logs', pod).catch(() => ''),
    (text) => says.test(text),
    `${says} in the log`,
  );
  const place = log.split('\n').findIndex((line) => says.test(line));
  assert.ok(place < 12, `line ${place + 1} of\n${log}`);
}

function removeMount(container: PodSpec, name: string): void {
  container.volumeMounts = container.volumeMounts.filter((mount: { name: string }) => mount.name !== name);
}

function setVariable(container: PodSpec, name: string, value: string): void {
  container.env = container.env.filter((variable: { name: string }) => variable.name !== name);
  container.env.push({ name, value });
}
