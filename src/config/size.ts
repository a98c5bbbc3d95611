import type { Format } from './format.ts';

const BYTES_OF: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};

/** No disk is larger. */
const MOST_BYTES = 1024 ** 5;

/** A size of at least `least` bytes: a number of bytes, or with a unit: `512KiB`, `256MiB`, `1GiB`. */
export function byteSize(least: number): Format<number> {
  return size(
    `a size of at least ${written(least)}: a number of bytes, or with a unit: 512KiB, 256MiB, 1GiB`,
    /^([0-9]+(?:\.[0-9]+)?)([KMGT]iB|B)?$/,
    least,
    MOST_BYTES,
  );
}

/** Bytes, from 1 MiB to 1 PiB, as an integer number of bytes or of a unit: `256MiB`. */
export const SIZE_OF_MIB: Format<number> = size(
  'a number of bytes from 1MiB on, or with a unit: 512MiB, 2GiB',
  /^([0-9]+)(KiB|MiB|GiB|TiB)?$/,
  1024 ** 2,
  MOST_BYTES,
);

function size(accepted: string, pattern: RegExp, least: number, most: number): Format<number> {
  return {
    accepted,
    holds: 'number',
    fileTypes: ['number', 'string'],
    schema: { pattern: pattern.source, minimum: least },
    read(text) {
      const [, digits, unit = 'B'] = pattern.exec(text) ?? [];
      const bytes = digits === undefined ? Number.NaN : Math.round(Number(digits) * BYTES_OF[unit]!);
      if (bytes > most) return { kind: 'must', must: `at most ${written(most)}` };
      return bytes >= least ? { kind: 'value', value: bytes } : { kind: 'must', must: accepted };
    },
    write: written,
  };
}

/** Writes an integer number of the largest possible unit. */
function written(bytes: number): string {
  const unit = Object.keys(BYTES_OF).findLast(
    (name) => bytes >= BYTES_OF[name]! && bytes % BYTES_OF[name]! === 0,
  );
  return unit === undefined || unit === 'B' ? String(bytes) : `${bytes / BYTES_OF[unit]!}${unit}`;
}
