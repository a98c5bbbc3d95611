import { join } from 'node:path';

/** The parts of the page other than its model. */
export interface PageAssets {
  /** The page's program, in one piece. */
  readonly script: string;
  readonly style: string;
}

/**
 * The page's program and style. Run from its sources, they are bundled when they are asked for; in the bundle,
 * `scripts/build.ts` puts them in the place of this file.
 */
export async function pageAssets(): Promise<PageAssets> {
  return (await bundlePage()).assets;
}

/** Bundles the page. `inputs`: the files that are in it, for their licences. */
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
