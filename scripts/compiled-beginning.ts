import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as esbuild from 'esbuild';

/**
 * What the program loads to begin with. Node keeps of a module what V8 has compiled of it when it is loaded, without the
 * functions that are called later: those would be compiled at each start. Of a script, what is compiled can be taken
 * once it has run. So the module becomes a script, and another, in its place, that runs this. All are named like the
 * module, which esbuild has named by what is in it: what was compiled is never taken for that of another script.
 */
export class Beginning {
  readonly #module: string;
  /** Files that it imports to begin with, all beside it. */
  readonly #imports: readonly string[];
  readonly #exports: readonly string[];

  private constructor(module: string, imports: readonly string[], exports: readonly string[]) {
    this.#module = module;
    this.#imports = imports;
    this.#exports = exports;
  }

  /** Makes a script of the largest module that `main`, a path of the outputs, imports; paths are relative to `root`. */
  static async of({ outputs }: esbuild.Metafile, main: string, root: string): Promise<Beginning> {
    const modules = staticImports(outputs[main]!).sort((a, b) => outputs[b]!.bytes - outputs[a]!.bytes);
    const [name] = modules;
    if (name === undefined) throw new Error(`${main} imports nothing that is bundled`);
    const module = join(root, name);
    const output = outputs[name]!;
    const { code, warnings } = await esbuild.transform(await readFile(module, 'utf8'), {
      format: 'cjs',
      platform: 'node',
      target: 'node24',
      minifySyntax: true,
      minifyWhitespace: true,
      charset: 'ascii',
      define: { 'import.meta.url': 'moduleUrl' },
    });
    if (warnings.length > 0) throw new Error(warnings.map(({ text }) => text).join('; '));
    // A script cannot import: it is given what can.
    const parts = code.split(/\bimport\((?=")/);
    const later = output.imports.filter(({ kind }) => kind === 'dynamic-import');
    if (parts.length - 1 !== later.length)
      throw new Error(`${name} imports ${later.length} modules later, and not ${parts.length - 1}`);
    const parameters = 'module, exports, require, moduleUrl, importLater';
    await writeFile(scriptOf(module), `(function (${parameters}) {${parts.join('importLater(')}\n})`);
    const imports = staticImports(output).map((path) => `./${basename(path)}`);
    const beginning = new Beginning(module, imports, output.exports);
    await beginning.#replace('');
    return beginning;
  }

  /** Takes what is compiled when the program has run, as `run` does. */
  async compile(run: () => Promise<void>): Promise<void> {
    // Who imports from the module has what there was to import when it was loaded.
    await this.#replace(`const first = { ...module.exports };
process.on('exit', () => {
  for (const name in first) if (first[name] !== module.exports[name]) throw new Error(name + ' is assigned to later');
  fs.writeFileSync(compiled, script.createCachedData());
});`);
    await run();
    await this.#replace('');
  }

  /** What is compiled for another Node is not taken. */
  async #replace(last: string): Promise<void> {
    const imports = this.#imports.map((path, i) => `import * as given${i} from '${path}';\n`).join('');
    const given = this.#imports.map((path, i) => `'${path}': given${i}`).join(', ');
    await writeFile(
      this.#module,
      `${imports}const fs = process.getBuiltinModule('fs'), vm = process.getBuiltinModule('vm');
const filename = import.meta.dirname + '/${basename(scriptOf(this.#module))}', compiled = filename + '.compiled';
let cachedData;
try { cachedData = fs.readFileSync(compiled); } catch {}
const script = new vm.Script(fs.readFileSync(filename, 'latin1'), { filename, cachedData });
// V8 has read its megabyte, which a variable of a module would keep: transferred to nothing, it is freed at once.
// Other data may be a part of Node's pool of buffers, which cannot be transferred.
if (script.cachedDataRejected === false) cachedData.buffer.transfer(0);
const given = { ${given} };
const require = process.getBuiltinModule('module').createRequire(import.meta.url);
const module = { exports: {} };
script.runInThisContext()(module, module.exports, (name) => given[name] ?? require(name), import.meta.url, (name) => import(name));
${last}
export const { ${this.#exports.join(', ')} } = module.exports;
`,
    );
  }
}

function scriptOf(module: string): string {
  return module.replace(/\.mjs$/, '.cjs');
}

/** Bundled files that are loaded with a file. */
function staticImports({ imports }: esbuild.Metafile['outputs'][string]): string[] {
  return imports.flatMap(({ kind, path, external }) =>
    kind === 'import-statement' && !external ? [path] : [],
  );
}
