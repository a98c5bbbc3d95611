import type { Format } from './format.ts';

const PERCENT = /^([0-9]+(?:\.[0-9]+)?|\.[0-9]+)%?$/;
const LEAST = 0.1;
const MOST = 100;

/** Percent of one core, from 0.1 to 100, with its sign or without: `2.5`, `2.5%`. */
export const PERCENT_OF_CORE: Format<number> = {
  accepted: `a percentage of one core from ${LEAST} to ${MOST}`,
  holds: 'number',
  fileTypes: ['number', 'string'],
  schema: { pattern: '^([0-9]+(\\.[0-9]+)?|\\.[0-9]+)%?$', minimum: LEAST, maximum: MOST },
  read(text) {
    const percent = Number(PERCENT.exec(text)?.[1] ?? Number.NaN);
    return percent >= LEAST && percent <= MOST
      ? { kind: 'value', value: percent }
      : { kind: 'must', must: this.accepted };
  },
  write: String,
};
