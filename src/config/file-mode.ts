import type { Format } from './format.ts';

const ACCEPTED = 'permissions in octal digits from 0000 to 0777, such as 0640';

/** Permissions of a file, as chmod(1) takes them in digits. In a file they are text: YAML reads 0640 as six hundred and forty. */
export const FILE_MODE: Format<number> = {
  accepted: ACCEPTED,
  holds: 'number',
  fileTypes: ['string'],
  schema: { pattern: '^0?[0-7]{3}$' },
  read(text) {
    return /^0?[0-7]{3}$/.test(text)
      ? { kind: 'value', value: Number.parseInt(text, 8) }
      : { kind: 'must', must: ACCEPTED };
  },
  write: (mode) => mode.toString(8).padStart(4, '0'),
};
