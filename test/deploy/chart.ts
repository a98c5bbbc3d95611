import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { type HelmRun, helm } from './helm.ts';

export const chart = resolve(import.meta.dirname, '../../helm');

/** The fields that the tests use. */
export interface Container {
  readonly name: string;
  readonly restartPolicy?: string;
  readonly args?: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly volumeMounts: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly?: boolean;
  }[];
}

export interface PodSpec extends Readonly<Record<string, unknown>> {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes: readonly { readonly name: string; readonly hostPath?: { readonly path: string } }[];
}

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly data?: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: each kind has its own
  readonly spec: any;
}

/** `helm template` with these arguments. */
export function render(...args: readonly string[]): HelmRun {
  return helm(['template', 'unitledger', '.', '--namespace', 'observability', ...args], chart);
}

/** The manifests for these values. */
export function manifests(...args: readonly string[]): readonly Manifest[] {
  const { status, stdout, stderr } = render(...args);
  assert.equal(status, 0, stderr);
  return parseAllDocuments(stdout).map((document) => {
    assert.deepEqual(document.errors, []);
    return document.toJS() as Manifest;
  });
}

export function kind(all: readonly Manifest[], name: string): Manifest {
  const found = all.filter((manifest) => manifest.kind === name);
  assert.equal(found.length, 1, `${name} among ${all.map((each) => each.kind)}`);
  return found[0]!;
}

/** The pod that contains unitledger. */
export function podOf(all: readonly Manifest[]): PodSpec {
  const withPods = all.filter(({ kind: name }) => ['DaemonSet', 'Job', 'StatefulSet'].includes(name));
  assert.equal(withPods.length, 1);
  return withPods[0]!.spec.template.spec as PodSpec;
}

export function unitledgerIn({ containers, initContainers = [] }: PodSpec): Container {
  const found = [...containers, ...initContainers].filter(({ name }) => name === 'unitledger');
  assert.equal(found.length, 1);
  return found[0]!;
}

/** The configuration from the container's arguments, environment and file. Throws ConfigError. */
export function configOf(all: readonly Manifest[]): Config {
  return loadIn(all, unitledgerIn(podOf(all)).args ?? []);
}

/** The configuration of a program started by `kubectl exec` in the container with these arguments. */
export function execConfigOf(all: readonly Manifest[], args: readonly string[]): Config {
  return loadIn(all, args);
}

function loadIn(all: readonly Manifest[], argv: readonly string[]): Config {
  const { env, volumeMounts } = unitledgerIn(podOf(all));
  const { data } = kind(all, 'ConfigMap');
  const loaded = loadConfig({
    argv,
    env: environmentOf(env),
    // The container's directories, not those of this machine.
    isDirectory: (path) => path === '/tmp' || volumeMounts.some(({ mountPath }) => mountPath === path),
    readFile(path) {
      assert.ok(volumeMounts.some(({ mountPath }) => mountPath === path));
      return Buffer.from(data![path.replace('/etc/unitledger/', '')]!);
    },
  });
  assert.ok('command' in loaded && loaded.command === 'track');
  return loaded.config;
}

/**
 * The environment by the rules of the kubelet: fills in values that it knows or keeps secret, and `$(NAME)` of earlier
 * variables.
 */
function environmentOf(variables: Container['env']): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const { name, value = FILLED_IN[name] ?? 'filled=in' } of variables) {
    environment[name] = value.replaceAll(/\$\((\w+)\)/g, (_, earlier) => environment[earlier]!);
  }
  return environment;
}

export const podUid = '0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0';
const FILLED_IN: Readonly<Record<string, string>> = { POD_UID: podUid };

/** Arguments for Helm with the values of an example. */
export function exampleValues(example: string): readonly string[] {
  return ['--values', join('examples', example, 'values.yaml')];
}
