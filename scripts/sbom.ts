import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import manifest from '../package.json' with { type: 'json' };

/** Name of the file that it is in. */
export const SBOM = 'sbom.cdx.json';

/** What an entry is made from. */
export interface Material {
  readonly name: string;
  readonly version: string;
  /** As SPDX names it. */
  readonly license: string;
}

/**
 * The packages that are in the bundle, as CycloneDX 1.6 has them in JSON. Made of what was built alone, so that the same
 * sources give the same bytes: no time, no serial number.
 */
export function billOfMaterials(packages: readonly Material[]): string {
  const bom = new Models.Bom();
  const program = component(Enums.ComponentType.Application, manifest, purlOf(manifest));
  bom.metadata.component = program;
  for (const each of packages) {
    const library = component(Enums.ComponentType.Library, each, purlOf(each));
    bom.components.add(library);
    program.dependencies.add(library.bomRef);
  }
  return written(bom);
}

/** A bundle's, with the Node beside it in an image, and what is linked into that, as it says itself. */
export function withNode(text: string, license: string, versions: NodeJS.ProcessVersions): string {
  const bom = JSON.parse(text);
  const purl = `pkg:generic/node@${versions.node}`;
  bom.components.push({
    ...{ type: 'platform', 'bom-ref': purl, name: 'node', version: versions.node, purl },
    licenses: [{ license: { id: license } }],
    components: LINKED.flatMap((name) => {
      const version = versions[name];
      const linked = `pkg:generic/${name}@${version}`;
      return version === undefined
        ? []
        : [{ type: 'library', 'bom-ref': linked, name, version, purl: linked }];
    }),
  });
  return `${JSON.stringify(bom, null, 2)}\n`;
}

/** Of what `process.versions` names, the libraries: the others are numbers of interfaces. */
const LINKED = [
  ...['ada', 'ares', 'brotli', 'icu', 'llhttp', 'nghttp2', 'openssl', 'simdjson', 'simdutf', 'sqlite'],
  ...['undici', 'uv', 'v8', 'zlib', 'zstd'],
];

function component(
  type: Enums.ComponentType,
  { name, version, license }: Material,
  purl: string,
): Models.Component {
  const [, group, own] = /^(?:(@[^/]+)\/)?(.+)$/.exec(name)!;
  return new Models.Component(type, own!, {
    ...(group === undefined ? {} : { group }),
    ...{ version, purl, bomRef: purl },
    licenses: new Models.LicenseRepository([new Models.SpdxLicense(license)]),
  });
}

/** As purl-spec has it for npm. */
function purlOf({ name, version }: { readonly name: string; readonly version: string }): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

function written(bom: Models.Bom): string {
  const factory = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6);
  const text = new Serialize.JsonSerializer(factory).serialize(bom, { sortLists: true, space: 2 });
  return `${text}\n`;
}
