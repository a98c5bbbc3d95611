import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { parse } from 'yaml';

/**
 * Kubernetes' own definitions of its objects, from Go modules: the OpenAPI document in its repository, and the custom
 * resource definitions of the Prometheus operator. Fetched once a machine, outside the checkout.
 */
export const kubernetesVersion = '1.35.4';
const operatorVersion = '0.85.0';
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'unitledger-tests');
const folder = join(cache, `kubernetes-${kubernetesVersion}-operator-${operatorVersion}-monitors`);

const SOURCES = [
  {
    module: `k8s.io/kubernetes@v${kubernetesVersion}`,
    from: 'api/openapi-spec/v3',
    files: /^(api__v1|apis__(apps|batch|networking\.k8s\.io)__v1)_openapi\.json$/,
  },
  {
    module: `github.com/prometheus-operator/prometheus-operator@v${operatorVersion}`,
    from: 'example/prometheus-operator-crd',
    files: /^monitoring\.coreos\.com_(podmonitors|prometheusrules|servicemonitors)\.yaml$/,
  },
];

/** Whether they are installed, or how to install them. */
export const kubernetesAvailable: true | string =
  existsSync(folder) || 'the definitions of Kubernetes are not here: npm run test:install-helm (needs Go)';

/** Extracts them from their modules if they are missing. */
export function installKubernetes(): void {
  if (existsSync(folder)) return;
  mkdirSync(cache, { recursive: true });
  const building = mkdtempSync(join(cache, 'kubernetes-'));
  for (const { module, from, files } of SOURCES) {
    const answer = execFileSync('go', ['mod', 'download', '-json', module], { encoding: 'utf8' });
    const source = join(JSON.parse(answer).Dir, from);
    for (const file of readdirSync(source).filter((name) => files.test(name)))
      copyFileSync(join(source, file), join(building, file));
  }
  renameSync(building, folder);
}

/** A definition in OpenAPI, a dialect of JSON Schema. */
type Definition = Record<string, unknown>;

/** Custom resource definitions of the Prometheus operator. */
export function operatorDefinitions(): readonly unknown[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  return files.map((file) => parse(readFileSync(join(folder, file), 'utf8')));
}

/** Validates objects by the definitions of their kinds, and rejects unknown fields. */
export class KubernetesKinds {
  readonly #ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  readonly #validators = new Map<string, ValidateFunction>();

  constructor() {
    for (const file of readdirSync(folder)) {
      const text = readFileSync(join(folder, file), 'utf8');
      if (file.endsWith('.json')) this.#takeOpenApi(file, JSON.parse(text));
      else this.#takeCustomResource(parse(text));
    }
  }

  /** Problems of an object; empty if an API server would accept all its fields. */
  problemsOf(object: { readonly apiVersion: string; readonly kind: string }): readonly string[] {
    const validate = this.#validators.get(`${object.apiVersion} ${object.kind}`);
    if (validate === undefined) return [`${object.apiVersion} ${object.kind} is no kind that is known here`];
    validate(object);
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  }

  #takeOpenApi(file: string, document: { components: { schemas: Record<string, Definition> } }): void {
    const { schemas } = document.components;
    for (const definition of Object.values(schemas)) close(definition);
    this.#ajv.addSchema(document, file);
    for (const [name, definition] of Object.entries(schemas)) {
      for (const { group, version, kind } of kindsOf(definition)) {
        const apiVersion = group === '' ? version : `${group}/${version}`;
        const key = `${apiVersion} ${kind}`;
        // `DeleteOptions` and similar kinds are in every document, for all kinds to which they apply.
        if (this.#validators.has(key)) continue;
        this.#validators.set(key, this.#ajv.compile({ $ref: `${file}#/components/schemas/${name}` }));
      }
    }
  }

  #takeCustomResource({ spec }: CustomResource): void {
    for (const { name, schema } of spec.versions) {
      const definition = schema.openAPIV3Schema;
      close(definition);
      // Other metadata of an object is common to all objects; the definition leaves it to the API server.
      (definition.properties as Record<string, unknown>).metadata = { type: 'object' };
      this.#validators.set(`${spec.group}/${name} ${spec.names.kind}`, this.#ajv.compile(definition));
    }
  }
}

interface CustomResource {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly schema: { readonly openAPIV3Schema: Definition };
    }[];
  };
}

function kindsOf(definition: Definition): readonly { group: string; version: string; kind: string }[] {
  return (definition['x-kubernetes-group-version-kind'] as [] | undefined) ?? [];
}

/** Forbids unknown properties in every object that has known ones, like strict decoding in the API server. */
function close(definition: unknown): void {
  if (typeof definition !== 'object' || definition === null) return;
  const { properties, additionalProperties, pattern } = definition as Definition;
  // Go's syntax for case-insensitive patterns is unknown to JavaScript.
  if (typeof pattern === 'string')
    (definition as Definition).pattern = pattern.replace(/^\^\(\?i\)(.*)\$$/, '^(?i:$1)$');
  if (properties !== undefined && additionalProperties === undefined)
    (definition as Definition).additionalProperties = false;
  for (const value of Object.values(definition)) close(value);
}

if (import.meta.main) {
  installKubernetes();
  console.log(folder);
}
