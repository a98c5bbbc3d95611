import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import * as esbuild from 'esbuild';
import manifest from '../package.json' with { type: 'json' };
import { bundlePage } from '../src/views/page/bundle.ts';
import { beginningInOne, builtinsByName, httpAsObject, pageIn, rarelyUsedLater } from './bundle-plugins.ts';
import { Beginning } from './compiled-beginning.ts';
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
 * Leaves in `outdir`: `unitledger.mjs` (the program), `main.mjs` (what it loads to begin with), `chunks` (the rest of
 * that, as a script with what is compiled of it, and what it loads when it is wanted), `compile-cache` (all modules
 * compiled, for this version of Node), `node_modules` (what could not be bundled, where it is installed),
 * `THIRD-PARTY-LICENSES.txt`, `sbom.cdx.json` (its packages, as CycloneDX has them). Returns the paths of those files,
 * relative to it.
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
  const main = relative(root, join(outdir, 'main.mjs'));
  const beginning = sourceMap ? null : await Beginning.of(metafile, main, root);
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
  if (foreignPackages === undefined) {
    await beginning?.compile(() => run(program, { NODE_DISABLE_COMPILE_CACHE: '1' }));
    await run(program);
  }
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
async function run(program: string, environment: NodeJS.ProcessEnv = {}): Promise<void> {
  const tracked = [
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
  const argv = [...NODE_FLAGS, program, ...tracked, ...outputs];
  // A cache that the environment of the build names would take the place of the bundle's own.
  const env = { ...process.env, NODE_COMPILE_CACHE: undefined, ...environment };
  await promisify(execFile)(process.execPath, argv, { maxBuffer: 2 ** 30, env });
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
