import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PART_NAMES, type PartName, type PartResult } from '../parts/parts.ts';

/** What a part measured, or why it did not, as it stands in `data/PART.json`. */
export interface Stored<R> {
  readonly command: string;
  /** Names and values. */
  readonly machine: readonly (readonly [string, string])[];
  /** Wall time that it took. */
  readonly minutes: number;
  /** Null where it was left out. */
  readonly result: R | null;
  /** One sentence; null where it was not left out. */
  readonly leftOut: string | null;
}

/** All parts that were ever measured, each by its last run. */
export type StoredParts = { readonly [P in PartName]?: Stored<PartResult<P>> };

/** Keeps what a part measured, or the soak. */
export function writePart(folder: string, part: string, stored: object): void {
  mkdirSync(join(folder, 'data'), { recursive: true });
  writeFileSync(join(folder, 'data', `${part}.json`), `${JSON.stringify(stored)}\n`);
}

export function readParts(folder: string): StoredParts {
  const parts = PART_NAMES.map((part) => [part, join(folder, 'data', `${part}.json`)] as const);
  return Object.fromEntries(
    parts
      .filter(([, file]) => existsSync(file))
      .map(([part, file]) => [part, JSON.parse(readFileSync(file, 'utf8')) as unknown]),
  );
}
