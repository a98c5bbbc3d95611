import type { Format } from './format.ts';

const BYTES_OF: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};
const UNITS = ['TiB', 'GiB', 'MiB', 'KiB'] as const;
const SIZE = /^([0-9]+(?:\.[0-9]+)?)([KMGT]iB|B)?$/;

/** A number of bytes of at least `least`, or with a unit: `512KiB`, `256MiB`, `1GiB`. */
export function byteSize(least: number): Format<number> {
  const accepted = `a size of at least ${written(least)}: a number of bytes, or with a unit: 512KiB, 256MiB, 1GiB`;
  return {
    accepted,
    holds: 'number',
    fileTypes: ['number', 'string'],
    schema: { pattern: SIZE.source, minimum: least },
    read(text) {
      const [, digits, unit = ''] = SIZE.exec(text) ?? [];
      const bytes = digits === undefined ? Number.NaN : Math.round(Number(digits) * BYTES_OF[unit]!);
      return bytes >= least && bytes <= Number.MAX_SAFE_INTEGER
        ? { kind: 'value', value: bytes }
        : { kind: 'must', must: accepted };
    },
    write: written,
  };
}

function written(bytes: number): string {
  const unit = UNITS.find((each) => bytes >= BYTES_OF[each]! && bytes % BYTES_OF[each]! === 0);
  return unit === undefined ? String(bytes) : `${bytes / BYTES_OF[unit]!}${unit}`;
}
