import type { Format } from './format.ts';

const BYTES_OF: Readonly<Record<string, number>> = {
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};
const SIZE = /^([0-9]+)(KiB|MiB|GiB|TiB)?$/;
const SMALLEST_BYTES = 1024 ** 2;
const LARGEST_BYTES = 1024 ** 5;

/** Bytes, from 1 MiB to 1 PiB, whole numbers of them or of a unit: `256MiB`. */
export const SIZE_OF_MIB: Format<number> = {
  accepted: 'a number of bytes from 1MiB on, or with a unit: 512MiB, 2GiB',
  holds: 'number',
  fileTypes: ['number', 'string'],
  schema: { pattern: '^[0-9]+(KiB|MiB|GiB|TiB)?$', minimum: SMALLEST_BYTES },
  read(text) {
    const [, digits, unit] = SIZE.exec(text) ?? [];
    const bytes = Number(digits) * (unit === undefined ? 1 : BYTES_OF[unit]!);
    return bytes >= SMALLEST_BYTES && bytes <= LARGEST_BYTES
      ? { kind: 'value', value: bytes }
      : { kind: 'must', must: this.accepted };
  },
  write(bytes) {
    const unit = Object.keys(BYTES_OF).findLast((name) => bytes % BYTES_OF[name]! === 0);
    return unit === undefined ? String(bytes) : `${bytes / BYTES_OF[unit]!}${unit}`;
  },
};
