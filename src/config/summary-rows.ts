import type { Format } from './format.ts';

const MOST = 1_000_000;
const ALL = 'all';

/** How many process rows: a whole number, or `all` (a million). */
export const SUMMARY_ROWS: Format<number> = {
  accepted: `all, or a whole number from 0 to ${MOST}`,
  holds: 'number',
  fileTypes: ['number', 'string'],
  schema: { pattern: '^(all|0|[1-9][0-9]*)$', minimum: 0, maximum: MOST },
  read(text) {
    if (text.toLowerCase() === ALL) return { kind: 'value', value: MOST };
    const rows = /^(?:0|[1-9][0-9]*)$/.test(text) ? Number(text) : Number.NaN;
    return rows <= MOST ? { kind: 'value', value: rows } : { kind: 'must', must: this.accepted };
  },
  write: (rows) => (rows === MOST ? ALL : String(rows)),
};
