import { posix } from 'node:path';
import { transformSync } from 'esbuild';

/** Source files by their path below `src/`. */
export type Sources = ReadonlyMap<string, string>;

/** All rooms below `commands/`. */
const ROOMS = [
  'text',
  'host',
  'discovery',
  'sampling',
  'ledger',
  'telemetry',
  'traces',
  'comparison',
  'views',
  'recording',
  'config',
];

/**
 * The rooms that each room may import from, besides itself, in the direction of the data. `main.ts` is a room of its
 * own. Only rooms that wire things together see the configuration; other code gets single values.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  text: [],
  host: ['text'],
  discovery: ['text', 'host'],
  sampling: ['text', 'host', 'discovery'],
  ledger: ['text', 'host', 'discovery', 'sampling'],
  telemetry: ['text', 'host', 'discovery', 'sampling', 'ledger'],
  traces: ['text', 'host', 'discovery', 'sampling', 'ledger', 'telemetry'],
  comparison: ['text', 'host', 'discovery', 'sampling', 'ledger'],
  views: ['text', 'host', 'discovery', 'sampling', 'ledger', 'comparison'],
  recording: ['text', 'host', 'discovery', 'sampling', 'ledger'],
  config: ['text'],
  commands: ROOMS,
  main: [...ROOMS, 'commands'],
};

/** Files of constants in other rooms that `config` may read, so that each word has one owner. */
const vocabularies: readonly string[] = [
  'host/cgroup/unit-name.ts',
  'sampling/choices.ts',
  'telemetry/choices.ts',
  'ledger/document/quantities.ts',
  'comparison/conditions.ts',
  'comparison/metrics.ts',
  'views/series/series-columns.ts',
  'views/summary/summary-columns.ts',
];

/**
 * Folders of a room in the direction of the data: each may import from those before it. `.` stands for the room's own
 * files.
 */
const foldersOf: Readonly<Record<string, readonly string[]>> = {
  discovery: ['targets', 'processes', 'units', 'events', 'cgroups', 'pods', 'slices', '.'],
  ledger: ['measuring', 'accounts', 'document', 'exits', '.', 'window', 'run'],
};

/** The only allowed import from outside `src/`: it contains the program's version. */
const outside = '../package.json';

/** Every import (types included) in a wrong direction or out of `src/`, one sentence each. */
export function misdirectedImports(sources: Sources): string[] {
  return [...sources.keys()].flatMap((file) => {
    const allowed = mayImport[roomOf(file)];
    if (!allowed) return [`${file}: "${roomOf(file)}" is no room of this house`];
    return importsOf(file, sources)
      .filter((imported) => roomOf(imported) !== roomOf(file) && !allowed.includes(roomOf(imported)))
      .filter((imported) => imported !== outside)
      .filter((imported) => roomOf(file) !== 'config' || !vocabularies.includes(imported))
      .map((imported) => `${file}: "${roomOf(file)}" must not import ${imported}`);
  });
}

/** Every import within a room against the order of its folders, one sentence each. */
export function misdirectedWithinRooms(sources: Sources): string[] {
  return [...sources.keys()].flatMap((file) => {
    const room = roomOf(file);
    const order = foldersOf[room];
    if (order === undefined) return [];
    const place = order.indexOf(folderOf(file));
    if (place < 0) return [`${file}: "${folderOf(file)}" is no folder of "${room}"`];
    return importsOf(file, sources)
      .filter((imported) => roomOf(imported) === room && order.indexOf(folderOf(imported)) > place)
      .map((imported) => `${file}: "${folderOf(file)}" must not import ${imported}`);
  });
}

/** Every import cycle, as `a.ts → b.ts → a.ts`. */
export function importRings(sources: Sources): string[] {
  const done = new Set<string>();
  const rings: string[] = [];
  const visit = (file: string, way: readonly string[]): void => {
    const before = way.indexOf(file);
    if (before >= 0) rings.push([...way.slice(before), file].join(' → '));
    if (before >= 0 || done.has(file)) return;
    for (const imported of importsOf(file, sources)) visit(imported, [...way, file]);
    done.add(file);
  };
  for (const file of sources.keys()) visit(file, []);
  return rings;
}

/** Code, without comments, that contains a path of the kernel's file systems, with its context. */
export function kernelPathsInCode(sources: Sources): string[] {
  return [...sources].flatMap(([file, text]) => {
    // Without white space, esbuild prints no comments either.
    const { code } = transformSync(text, { loader: 'ts', legalComments: 'none', minifyWhitespace: true });
    const withoutImports = code.replaceAll(/\b(?:from|import)[\s(]*"\.[^"]*"/g, '');
    const paths = withoutImports.matchAll(/.{0,20}\/(?:proc|sys)(?![\w.-]).{0,20}/g);
    return [...paths].map(([around]) => `${file}: …${around}…`);
  });
}

/** Files with more lines than `limit`, with their number. */
export function longFiles(sources: Sources, limit: number): string[] {
  return [...sources]
    .map(([file, text]) => ({ file, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > limit)
    .map(({ file, lines }) => `${file}: ${lines} lines`);
}

/** Imports of a file from this project, below `src/` (`../…` for paths outside), each once. */
function importsOf(file: string, sources: Sources): string[] {
  const text = sources.get(file) ?? '';
  const statements = text.matchAll(/^(?:import|export)\b(?:[^;'"]*\bfrom)?\s*['"](\.[^'"]*)['"]/gm);
  const expressions = text.matchAll(/\bimport\(\s*['"](\.[^'"]*)['"]/g);
  const paths = [...statements, ...expressions].map(([, path]) => posix.join(posix.dirname(file), path!));
  return [...new Set(paths)];
}

/** `host/proc/stat.ts` is in `host`, `main.ts` in `main`. */
function roomOf(file: string): string {
  return file.split('/', 1)[0]!.replace(/\.ts$/, '');
}

/** `ledger/run/run-totals.ts` is in `run` of its room, `ledger/ledger.ts` in `.`. */
function folderOf(file: string): string {
  return posix.dirname(file).split('/')[1] ?? '.';
}
