import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

/** A package that is part of what is built. */
export interface BuiltPackage {
  /** Below the root of the project. */
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  /** As SPDX names it. */
  readonly license: string;
}

/** The packages in these folders, each once. */
export async function packagesIn(folders: readonly string[]): Promise<readonly BuiltPackage[]> {
  return Promise.all(
    [...new Set(folders)].map(async (folder) => {
      const text = await readFile(join(root, folder, 'package.json'), 'utf8');
      const { name, version, license } = JSON.parse(text) as BuiltPackage;
      return { folder, name, version, license };
    }),
  );
}

/** One section a package, by name: its licence, and the texts that the licence asks to be passed on. */
export async function licenses(folders: readonly string[]): Promise<string> {
  const sections = new Map<string, string>();
  for (const { folder, name, version, license } of await packagesIn(folders)) {
    const notices = await noticesIn(folder);
    // A package of binaries alone, under the licence of the package that it belongs to.
    const inherited = name.startsWith('@koromix/') ? ['See koffi.'] : [];
    if (notices.length + inherited.length === 0)
      throw new Error(`${name} ${version} comes without the text of its licence`);
    sections.set(
      `${name} ${version}`,
      [`${name} ${version} (${license})`, ...notices, ...inherited].join('\n\n'),
    );
  }
  const rule = `\n\n${'-'.repeat(80)}\n\n`;
  const inOrder = [...sections].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, section]) => section);
  return `${['unitledger contains these packages.', ...inOrder].join(rule)}\n`;
}

/** Licence and notice texts of a package, those of the sources compiled into it included. */
async function noticesIn(folder: string): Promise<string[]> {
  const names = await readdir(join(root, folder));
  const vendored = names.includes('vendor') ? await readdir(join(root, folder, 'vendor')) : [];
  const files = names
    .filter((name) => /^(licen[cs]e|notice|copying)\b/i.test(name))
    .map((name) => join(folder, name));
  const own = await Promise.all(files.map(async (file) => (await readFile(join(root, file), 'utf8')).trim()));
  const nested = await Promise.all(vendored.map((name) => noticesIn(join(folder, 'vendor', name))));
  return [...own, ...nested.flat()];
}
