import { join } from 'node:path';

/** The parts of the page other than its model. */
export interface PageAssets {
  /** The page's program as one script. */
  readonly script: string;
  readonly style: string;
}

/**
 * The page's program and style. If unitledger runs from its sources, they are bundled on demand; in the bundle,
 * `scripts/build.ts` replaces this file by them.
 */
export async function pageAssets(): Promise<PageAssets> {
  return (await bundlePage()).assets;
}

/** Bundles the page. `inputs`: its source files, for their licences. */
export async function bundlePage(): Promise<{ assets: PageAssets; inputs: readonly string[] }> {
  const { build } = await import('esbuild');
  const { outputFiles, metafile } = await build({
    entryPoints: [join(import.meta.dirname, 'client/main.ts')],
    outdir: import.meta.dirname,
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    // The first with DecompressionStream and the `v` flag of regular expressions: 2023.
    target: ['chrome116', 'firefox116', 'safari17'],
    minify: true,
    charset: 'ascii',
    legalComments: 'inline',
    metafile: true,
    logLevel: 'warning',
  });
  const textOf = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))!.text;
  return {
    assets: { script: textOf('.js'), style: textOf('.css') },
    inputs: Object.keys(metafile.inputs),
  };
}
