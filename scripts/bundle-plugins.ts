import { readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type * as esbuild from 'esbuild';
import type { PageAssets } from '../src/views/page/bundle.ts';

const root = resolve(import.meta.dirname, '..');

/**
 * An import statement makes Node read every property of a module of its own, and one of `node:http`'s loads a whole
 * HTTP client beside it: 30 ms and 6 MB for what nobody uses. Asked for as an object, it is read as it is used.
 */
export const httpAsObject: esbuild.Plugin = {
  name: 'http-as-object',
  setup(builder) {
    builder.onResolve({ filter: /^(node:)?https?$/ }, ({ path }) => ({ path, namespace: 'builtin' }));
    builder.onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};

/**
 * The same of two modules that are imported by many names, which have much behind properties that nobody asks for. Each
 * name is read once, as the import of it would, and one that is not imported is left out.
 */
export const builtinsByName: esbuild.Plugin = {
  name: 'builtins-by-name',
  setup(builder) {
    builder.onResolve({ filter: /^node:(fs|util)$/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'by-name' } : undefined,
    );
    builder.onLoad({ filter: /./, namespace: 'by-name' }, ({ path }) => {
      const names = Object.keys(process.getBuiltinModule(path)!).filter((name) => /^[a-z]\w*$/i.test(name));
      const lines = names.map((name) => `export const ${name} = /* @__PURE__ */ (() => builtin.${name})();`);
      return {
        contents: `const builtin = process.getBuiltinModule(${JSON.stringify(path)});\n${lines.join('\n')}`,
      };
    });
  },
};

/**
 * What the program loads to begin with is one file: each that is loaded later is told to import all of it, which it finds
 * loaded. Left alone, it would be cut into as many files as there are ways in which those share it, and each takes a
 * third of a millisecond to load.
 */
export function beginningInOne(entry: string): esbuild.Plugin {
  return {
    name: 'beginning-in-one',
    setup(builder) {
      const folder = dirname(entry);
      builder.onResolve({ filter: /^\./ }, ({ path, kind, resolveDir }) =>
        kind === 'dynamic-import' && `${resolveDir}/`.startsWith(`${folder}/`)
          ? { path: relative(folder, join(resolveDir, path)), namespace: 'loaded-later' }
          : undefined,
      );
      builder.onLoad({ filter: /./, namespace: 'loaded-later' }, async ({ path }) => {
        const statically = /^import (?!type )[^;]*? from '(\.[^']+)';$/gm;
        const beginning = [...(await readFile(entry, 'utf8')).matchAll(statically)].map((match) => match[1]!);
        const lines = beginning.map((name) => `import ${JSON.stringify(name)};`);
        return {
          contents: `${lines.join('\n')}\nexport * from ${JSON.stringify(`./${path}`)};`,
          resolveDir: folder,
        };
      });
    },
  };
}

/**
 * Modules that few runs use: a table's widths, the parser of a configuration file, the logger's workers and assertions.
 * `names` lists the imports of a module, all of them functions or classes. `requiredBy` is the package
 * that requires a module which is a function or a class itself.
 */
const RARELY_USED: Readonly<
  Record<string, { readonly names: readonly string[] } | { readonly requiredBy: string }>
> = {
  'string-width': { names: ['default'] },
  yaml: { names: ['isMap', 'isScalar', 'parseDocument', 'visit'] },
  assert: { requiredBy: 'sonic-boom' },
  'thread-stream': { requiredBy: 'pino' },
};

/** Loads such a module at the first call or property read, and not at the start. */
export const rarelyUsedLater: esbuild.Plugin = {
  name: 'rarely-used-later',
  setup(builder) {
    const filter = new RegExp(`^(${Object.keys(RARELY_USED).join('|')})$`);
    builder.onResolve({ filter }, ({ path, kind, importer }) => {
      const use = RARELY_USED[path]!;
      const isThatUse =
        'names' in use
          ? kind === 'import-statement'
          : kind === 'require-call' && importer.includes(`/node_modules/${use.requiredBy}/`);
      return isThatUse ? { path, namespace: 'later' } : undefined;
    });
    builder.onLoad({ filter: /./, namespace: 'later' }, ({ path }) => {
      const use = RARELY_USED[path]!;
      // Properties are forwarded: `visit.BREAK` must be the symbol of the package and not undefined.
      const later = (member: string) => `/* @__PURE__ */ new Proxy(function () {}, {
  apply: (_, self, args) => Reflect.apply(require(${JSON.stringify(path)})${member}, self, args),
  construct: (_, args) => Reflect.construct(require(${JSON.stringify(path)})${member}, args),
  get: (_, name) => require(${JSON.stringify(path)})${member}[name],
});`;
      const contents =
        'names' in use
          ? use.names
              .map((name) =>
                name === 'default'
                  ? `export default ${later('.default')}`
                  : `export const ${name} = ${later(`.${name}`)}`,
              )
              .join('\n')
          : `module.exports = ${later('')}`;
      return { contents, resolveDir: root };
    });
  },
};

/** Puts the report's page, bundled, in the place of what bundles it when the program runs from its sources. */
export function pageIn(assets: PageAssets): esbuild.Plugin {
  return {
    name: 'page',
    setup(builder) {
      builder.onLoad({ filter: /\/src\/views\/page\/bundle\.ts$/ }, () => ({
        contents: `const assets = ${JSON.stringify(assets)};\nexport const pageAssets = async () => assets;`,
        loader: 'js',
      }));
    },
  };
}
