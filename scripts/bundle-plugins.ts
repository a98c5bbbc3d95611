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

/** Packages that few runs use, with what is imported of each: a table's widths, and the parser of a configuration file. */
const RARELY_USED: Readonly<Record<string, string>> = { 'string-width': 'default', yaml: 'parseDocument' };

/** Sets such a package up when it is first called, and not at the start. */
export const rarelyUsedLater: esbuild.Plugin = {
  name: 'rarely-used-later',
  setup(builder) {
    const filter = new RegExp(`^(${Object.keys(RARELY_USED).join('|')})$`);
    builder.onResolve({ filter }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'later' } : undefined,
    );
    builder.onLoad({ filter: /./, namespace: 'later' }, ({ path }) => {
      const name = RARELY_USED[path]!;
      const call = `(...args) => require(${JSON.stringify(path)}).${name}(...args)`;
      const contents = name === 'default' ? `export default ${call};` : `export const ${name} = ${call};`;
      return { contents, resolveDir: root };
    });
  },
};

/** What the logger requires for what this program has no use of, and all of which is a function or a class. */
const SELDOM_REQUIRED: Readonly<Record<string, string>> = { assert: 'sonic-boom', 'thread-stream': 'pino' };

/** Sets such a module up when it is first called, with what it requires in turn: workers, above all. */
export const seldomRequiredLater: esbuild.Plugin = {
  name: 'seldom-required-later',
  setup(builder) {
    const filter = new RegExp(`^(${Object.keys(SELDOM_REQUIRED).join('|')})$`);
    builder.onResolve({ filter }, ({ path, kind, importer }) =>
      kind === 'require-call' && importer.includes(`/node_modules/${SELDOM_REQUIRED[path]}/`)
        ? { path, namespace: 'required-later' }
        : undefined,
    );
    builder.onLoad({ filter: /./, namespace: 'required-later' }, ({ path }) => ({
      contents: `module.exports = function (...args) {
  const it = require(${JSON.stringify(path)});
  return new.target === undefined ? it(...args) : new it(...args);
};`,
      resolveDir: root,
    }));
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
