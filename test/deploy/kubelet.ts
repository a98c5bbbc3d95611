import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from './cluster.ts';

/** What the kubelet of a node knows beside the pod. */
export interface Node {
  readonly name: string;
  readonly address: string;
  /** Directories of this machine that stand for the node's, by the path that the pod mounts. */
  readonly directories: Readonly<Record<string, string>>;
}

/** A pod as the API server gives it back. */
// biome-ignore lint/suspicious/noExplicitAny: what a test may change is up to it
export type AdmittedPod = any;

/** Fields of a pod that are of no account for its container, or that come from the API server's defaults. */
const OF_NO_ACCOUNT = {
  pod: [
    ...['automountServiceAccountToken', 'dnsPolicy', 'enableServiceLinks', 'nodeName', 'preemptionPolicy'],
    ...['priority', 'restartPolicy', 'schedulerName', 'serviceAccount', 'serviceAccountName'],
    ...['terminationGracePeriodSeconds', 'tolerations'],
  ],
  container: ['imagePullPolicy', 'name', 'ports', 'terminationMessagePath', 'terminationMessagePolicy'],
};

/**
 * The kubelet's part, as far as these pods need it: fills in what a pod refers to (its node, its ConfigMap, its secrets),
 * and says as arguments of podman what its runtime would be told. Throws where a pod has something that it would drop.
 */
export class Kubelet {
  readonly #cluster: Cluster;
  readonly #node: Node;
  readonly #folder = mkdtempSync('/var/tmp/unitledger-kubelet-');

  constructor(cluster: Cluster, node: Node) {
    this.#cluster = cluster;
    this.#node = node;
  }

  /** Arguments of `podman run` before the image, and those of the program after it. */
  async commandOf(pod: AdmittedPod): Promise<{ podman: string[]; program: readonly string[] }> {
    const { containers, volumes, hostPID, securityContext: ofPod, ...rest } = pod.spec;
    assert.deepEqual(ofPod ?? {}, {});
    onlyKnown(rest, OF_NO_ACCOUNT.pod);
    assert.equal(containers.length, 1);
    const { args = [], env, image, resources = {}, securityContext, volumeMounts, ...more } = containers[0];
    onlyKnown(more, [...OF_NO_ACCOUNT.container, 'livenessProbe', 'readinessProbe']);
    assert.notEqual(image, undefined);
    return {
      podman: [
        ...(hostPID ? ['--pid', 'host'] : []),
        // The pod's network is the node's here: nothing but loopback is used.
        ...['--network', 'host'],
        ...securityArguments(securityContext),
        ...resourceArguments(resources),
        ...(await this.#environment(env, pod)).flatMap((each) => ['--env', each]),
        ...(await this.#mounts(volumeMounts, volumes, pod)).flatMap((each) => ['--volume', each]),
      ],
      program: args,
    };
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** `NAME=value`, each with the `$(NAME)` of earlier ones put in. */
  async #environment(variables: readonly Variable[], pod: AdmittedPod): Promise<string[]> {
    const values: Record<string, string> = {};
    for (const { name, value, valueFrom } of variables) {
      const text = valueFrom === undefined ? (value ?? '') : await this.#referred(valueFrom, pod);
      values[name] = text.replaceAll(/\$\((\w+)\)/g, (whole, earlier) => values[earlier] ?? whole);
    }
    return Object.entries(values).map(([name, value]) => `${name}=${value}`);
  }

  async #referred({ fieldRef, secretKeyRef }: ValueSource, pod: AdmittedPod): Promise<string> {
    if (secretKeyRef !== undefined) {
      const { name, key } = secretKeyRef;
      return (await this.#secret(pod, name))[key]!.toString();
    }
    const fields: Readonly<Record<string, string>> = {
      'spec.nodeName': pod.spec.nodeName,
      'status.hostIP': this.#node.address,
      'metadata.name': pod.metadata.name,
      'metadata.uid': pod.metadata.uid,
    };
    const field = fields[fieldRef!.fieldPath];
    assert.notEqual(field, undefined, `${fieldRef!.fieldPath}`);
    return field!;
  }

  async #mounts(mounts: readonly Mount[], volumes: readonly Volume[], pod: AdmittedPod): Promise<string[]> {
    const all: string[] = [];
    for (const { name, mountPath, subPath, readOnly, ...rest } of mounts) {
      // As far as possible, and podman cannot.
      onlyKnown(rest, ['recursiveReadOnly']);
      const source = await this.#directory(volumes.find((volume) => volume.name === name)!, pod);
      const from = subPath === undefined ? source : join(source, subPath);
      all.push(`${from}:${mountPath}${readOnly ? ':ro' : ''}`);
    }
    return all;
  }

  /** Where the files of a volume are on this machine. */
  async #directory({ name, ...source }: Volume, pod: AdmittedPod): Promise<string> {
    if (source.hostPath !== undefined) {
      const { path } = source.hostPath;
      return this.#node.directories[path] ?? path;
    }
    const folder = join(this.#folder, pod.metadata.uid, name);
    mkdirSync(folder, { recursive: true });
    if (source.configMap !== undefined) {
      const data = await this.#object(pod, 'configmaps', source.configMap.name);
      for (const [key, text] of Object.entries(data)) writeFileSync(join(folder, key), text);
    } else if (source.secret !== undefined) {
      const secret = await this.#secret(pod, source.secret.secretName);
      for (const { key, path } of source.secret.items) writeFileSync(join(folder, path), secret[key]!);
    } else {
      assert.notEqual(source.emptyDir, undefined, `a volume that is not known here: ${name}`);
    }
    return folder;
  }

  async #secret(pod: AdmittedPod, name: string): Promise<Readonly<Record<string, Buffer>>> {
    const data = await this.#object(pod, 'secrets', name);
    return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64')]));
  }

  async #object(pod: AdmittedPod, plural: string, name: string): Promise<Readonly<Record<string, string>>> {
    const path = `/api/v1/namespaces/${pod.metadata.namespace}/${plural}/${name}`;
    const { status, body } = await this.#cluster.call('GET', path);
    assert.equal(status, 200, JSON.stringify(body));
    return body.data;
  }
}

interface ValueSource {
  readonly fieldRef?: { readonly fieldPath: string };
  readonly secretKeyRef?: { readonly name: string; readonly key: string };
}

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: ValueSource;
}

interface Mount {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string;
  readonly readOnly?: boolean;
}

interface Volume {
  readonly name: string;
  readonly hostPath?: { readonly path: string };
  readonly configMap?: { readonly name: string };
  readonly emptyDir?: object;
  readonly secret?: {
    readonly secretName: string;
    readonly items: readonly { readonly key: string; readonly path: string }[];
  };
}

// biome-ignore lint/suspicious/noExplicitAny: as the API server has it
function securityArguments(context: any): string[] {
  const { runAsUser, readOnlyRootFilesystem, allowPrivilegeEscalation, capabilities, ...rest } = context;
  const { seccompProfile, appArmorProfile, ...more } = rest;
  onlyKnown(more, ['runAsNonRoot']);
  // podman's own profile is the runtime's default.
  assert.deepEqual(seccompProfile, { type: 'RuntimeDefault' });
  return [
    ...['--user', String(runAsUser)],
    ...(readOnlyRootFilesystem ? ['--read-only'] : []),
    ...(allowPrivilegeEscalation === false ? ['--security-opt', 'no-new-privileges'] : []),
    ...(capabilities?.drop ?? []).flatMap((name: string) => ['--cap-drop', name]),
    ...(capabilities?.add ?? []).flatMap((name: string) => ['--cap-add', name]),
    ...(appArmorProfile?.type === 'Unconfined' ? ['--security-opt', 'apparmor=unconfined'] : []),
  ];
}

// biome-ignore lint/suspicious/noExplicitAny: as the API server has it
function resourceArguments({ limits = {}, requests = {} }: any): string[] {
  const cores = Number.parseFloat(requests.cpu ?? '0') / (requests.cpu?.endsWith('m') ? 1000 : 1);
  return [
    ...(limits.memory === undefined ? [] : ['--memory', limits.memory.replace(/i$/, '').toLowerCase()]),
    ...(cores === 0 ? [] : ['--cpu-shares', String(Math.round(cores * 1024))]),
  ];
}

function onlyKnown(fields: object, known: readonly string[]): void {
  const others = Object.keys(fields).filter((name) => !known.includes(name));
  assert.deepEqual(others, [], 'the pod has what would not come into its container here');
}
