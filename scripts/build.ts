import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import * as esbuild from 'esbuild';
import manifest from '../package.json' with { type: 'json' };
import { bundlePage, type PageAssets } from '../src/views/page/bundle.ts';
import { licenses, packagesIn } from './notices.ts';
import { billOfMaterials, SBOM } from './sbom.ts';

const root = resolve(import.meta.dirname, '..');

/** What to build, and where it goes. */
export interface BuildOptions {
  /** The module that runs the program. */
  readonly entry: string;
  /** Made anew; complete by itself, wherever it is moved. */
  readonly outdir: string;
  /** Leaves a source map beside the bundle. */
  readonly sourceMap: boolean;
  /**
   * A `node_modules` with the native packages of another machine, for which it is built. It is then not compiled ahead:
   * that takes the other machine.
   */
  readonly foreignPackages?: string;
}

/**
 * Files of the one library that can't be bundled, as it is native code: `koffi` looks for its binaries in a package
 * beside its own. Of its sources only what `require('koffi')` reads is copied.
 */
const nativePackages: readonly { readonly name: string; readonly files: readonly string[] }[] = [
  { name: 'koffi', files: ['package.json', 'index.cjs', 'src/koffi/index.cjs', 'src/koffi/src/static.cjs'] },
  ...['x64', 'arm64'].map((cpu) => ({
    name: `@koromix/koffi-linux-${cpu}`,
    files: ['package.json', 'index.js', `linux_${cpu}/koffi.node`, `musl_${cpu}/koffi.node`],
  })),
];

/** V8's flags that the program starts with: the same work in a fifth less memory. Measured in docs/performance.md. */
export const NODE_FLAGS: readonly string[] = [
  '--max-semi-space-size=1',
  '--no-concurrent-recompilation',
  '--no-parallel-scavenge',
];

/** Where the program finds its own code compiled. */
const COMPILE_CACHE = 'compile-cache';

/**
 * An import statement makes Node read every property of a module of its own, and one of `node:http`'s loads a whole
 * HTTP client beside it: 30 ms and 6 MB for what nobody uses. Asked for as an object, it is read as it is used.
 */
const httpAsObject: esbuild.Plugin = {
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
const builtinsByName: esbuild.Plugin = {
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
function beginningInOne(entry: string): esbuild.Plugin {
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
const rarelyUsedLater: esbuild.Plugin = {
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

/** Puts the report's page, bundled, in the place of what bundles it when the program runs from its sources. */
function pageIn(assets: PageAssets): esbuild.Plugin {
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

/**
 * Leaves in `outdir`: `unitledger.mjs` (the program), `main.mjs` (what it loads to begin with), `chunks` (what that
 * loads when it is wanted), `compile-cache` (all of it compiled, for this version of Node), `node_modules` (what could
 * not be bundled, where it is installed), `THIRD-PARTY-LICENSES.txt`, `sbom.cdx.json` (its packages, as CycloneDX has
 * them). Returns the paths of those files, relative to it.
 */
export async function build({
  entry,
  outdir,
  sourceMap,
  foreignPackages,
}: BuildOptions): Promise<readonly string[]> {
  await rm(outdir, { recursive: true, force: true });
  await mkdir(outdir, { recursive: true });
  const page = await bundlePage();
  const { metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: [{ in: entry, out: 'main' }],
    outdir,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    mainFields: ['module', 'main'],
    // The second parses protobuf descriptions for services of gRPC's own that nobody starts here.
    external: ['koffi', '@grpc/proto-loader'],
    plugins: [httpAsObject, builtinsByName, beginningInOne(entry), rarelyUsedLater, pageIn(page.assets)],
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    // A source with any other character takes two bytes for each of them.
    charset: 'ascii',
    sourcemap: sourceMap,
    metafile: true,
    logLevel: 'warning',
    // CommonJS packages inside an ES module ask for Node's own modules by `require`.
    banner: {
      js: "import { createRequire as createRequireOfBundle } from 'node:module';\nconst require = createRequireOfBundle(import.meta.url);",
    },
  });
  const program = join(outdir, 'unitledger.mjs');
  await writeFile(program, programText(/\d+/.exec(manifest.engines.node)![0]));
  await chmod(program, 0o755);
  const native = await copyNativePackages(
    foreignPackages ?? join(root, 'node_modules'),
    join(outdir, 'node_modules'),
  );
  const bundled = [...Object.keys(metafile.inputs), ...page.inputs].flatMap(packageOf);
  const contents = [...bundled, ...native];
  await writeFile(join(outdir, 'THIRD-PARTY-LICENSES.txt'), await licenses(contents));
  await writeFile(join(outdir, SBOM), billOfMaterials(await packagesIn(contents)));
  if (foreignPackages === undefined) await compile(program);
  return (await readdir(outdir, { recursive: true, withFileTypes: true }))
    .filter((file) => file.isFile())
    .map((file) => relative(outdir, join(file.parentPath, file.name)))
    .sort();
}

/**
 * What runs first. It imports nothing statically, and has no syntax younger than 2020: an older Node links and parses
 * a whole module, all that it imports included, before it runs any of it, so the bundle itself could not say this.
 */
function programText(major: string): string {
  return `#!/usr/bin/env -S node ${NODE_FLAGS.join(' ')}
if (Number.parseInt(process.versions.node, 10) < ${major}) {
  process.stderr.write('unitledger needs Node.js ${major} or newer, and this is ' + process.versions.node + ' (' + process.execPath + ').\\n');
  process.exit(2);
}
process.getBuiltinModule('node:module').enableCompileCache({ directory: import.meta.dirname + '/${COMPILE_CACHE}', portable: true });
import('./main.mjs');
`;
}

/**
 * Runs the program for a moment, on the process that builds it: Node then leaves what it compiled beside it. Where a
 * program may not be run, or with another Node, it is compiled at each start.
 */
async function compile(program: string): Promise<void> {
  const run = [
    '--pid',
    `${process.pid}`,
    '--interval',
    '0.1',
    '--duration',
    '0.25',
    '--export-interval',
    '0.1',
  ];
  const outputs = ['--export', 'console', '--summary', 'table', '--log-level', 'none'];
  const argv = [...NODE_FLAGS, program, ...run, ...outputs];
  await promisify(execFile)(process.execPath, argv, { maxBuffer: 2 ** 30 });
}

/** Copies those that are installed in `packages`; returns their folders. */
async function copyNativePackages(packages: string, target: string): Promise<string[]> {
  const copied: string[] = [];
  for (const { name, files } of nativePackages) {
    const source = join(packages, name);
    if (!(await exists(source))) continue;
    for (const file of files) await cp(join(source, file), join(target, name, file));
    copied.push(relative(root, source));
  }
  return copied;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}

/** The folder of the package that a bundled file comes from; none for a file of this project. */
function packageOf(input: string): string[] {
  const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input);
  return folder ? [folder[0]] : [];
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      entry: { type: 'string', default: join(root, 'src/main.ts') },
      outdir: { type: 'string', default: join(root, 'dist') },
      'source-map': { type: 'boolean', default: false },
    },
  });
  const files = await build({ entry: values.entry, outdir: values.outdir, sourceMap: values['source-map'] });
  for (const file of files) {
    const { size } = await stat(join(values.outdir, file));
    console.log(`${(size / 1024).toFixed(1).padStart(8)} KiB  ${file}`);
  }
  if (!files.some((file) => file.endsWith('koffi.node'))) {
    console.warn('koffi is not installed here: the program counts CPU in clock ticks.');
  }
}
