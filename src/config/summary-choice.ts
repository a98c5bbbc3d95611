import { QUANTITY_NAMES } from '../ledger/document/quantities.ts';
import {
  DIRECTIONS,
  MEASURES,
  type SortKey,
  SUMMARY_COLUMNS,
  type SummaryChoice,
  type SummaryColumn,
} from '../views/summary/summary-columns.ts';
import { type Format, inWords } from './format.ts';
import type { ReadValues } from './given.ts';

/** Columns with statistics. */
const STATISTICS: readonly SummaryColumn[] = QUANTITY_NAMES;

const SORT_KEY = /^([a-z0-9-]+)(?:\.([a-z0-9]+))?(?::([a-z]+))?$/;

/** `cpu-time`, `memory.avg`, `name:desc`. */
export const SUMMARY_SORT: Format<string> = {
  accepted:
    `${inWords(SUMMARY_COLUMNS)}, of which ${inWords(STATISTICS).replace(' or ', ' and ')} may end in ` +
    `${inWords(MEASURES.map((measure) => `.${measure}`))}, and all in ${inWords(DIRECTIONS.map((way) => `:${way}`))}`,
  holds: 'string',
  words: SUMMARY_COLUMNS,
  fileTypes: ['string'],
  read(text) {
    const lower = text.toLowerCase();
    return sortKeyOf(lower) === null
      ? { kind: 'must', must: this.accepted }
      : { kind: 'value', value: lower };
  },
  write: String,
};

function sortKeyOf(text: string): SortKey | null {
  const [, name, measureName, directionName] = SORT_KEY.exec(text) ?? [];
  const column = SUMMARY_COLUMNS.find((one) => one === name);
  const measure = measureName === undefined ? null : MEASURES.find((one) => one === measureName);
  const direction = directionName === undefined ? null : DIRECTIONS.find((one) => one === directionName);
  if (column === undefined || measure === undefined || direction === undefined) return null;
  if (measure !== null && !STATISTICS.includes(column)) return null;
  return { column, measure, direction };
}

/** The requested columns and order; warns if they have no effect. */
export function summaryChoiceOf(
  settings: {
    readonly summary: string;
    readonly 'summary-columns': SummaryChoice['columns'];
    readonly 'summary-sort': readonly string[];
  },
  decidedBy: ReadonlyMap<string, ReadValues>,
  warnings: string[],
): SummaryChoice {
  for (const name of ['summary-columns', 'summary-sort']) {
    const decided = decidedBy.get(name);
    if (decided !== undefined && settings.summary === 'json')
      warnings.push(`${decided[0].given.named} changes nothing: the json summary is the whole run document`);
  }
  // Each format has its own default.
  return {
    columns: decidedBy.has('summary-columns') ? [...new Set(settings['summary-columns'])] : [],
    sort: decidedBy.has('summary-sort') ? settings['summary-sort'].map((text) => sortKeyOf(text)!) : [],
  };
}
