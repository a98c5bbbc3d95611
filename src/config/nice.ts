import type { Format } from './format.ts';

const LEAST = -20;
const MOST = 19;
const INTEGER = /^[+-]?[0-9]{1,2}$/;

/** A nice value (sched(7)): from -20, the highest priority, to 19. */
export const NICE: Format<number> = {
  accepted: `a whole number from ${LEAST} to ${MOST}`,
  holds: 'number',
  fileTypes: ['number', 'string'],
  schema: { pattern: INTEGER.source, minimum: LEAST, maximum: MOST },
  read(text) {
    const nice = INTEGER.test(text) ? Number(text) : Number.NaN;
    return nice >= LEAST && nice <= MOST
      ? { kind: 'value', value: nice }
      : { kind: 'must', must: this.accepted };
  },
  write: String,
};
