import type { Condition } from '../comparison/conditions.ts';
import { type Format, inRange, numberFormat, PATH, textFormat } from './format.ts';
import { optional, several, single } from './option.ts';
import { readCondition, writeCondition } from './read-condition.ts';

/** A condition on the command line: `unit:nginx.service cpu.avg>+10%`. */
const CONDITION: Format<Condition> = {
  accepted: "a condition such as 'cpu.avg>+10%' or 'unit:nginx.service memory.max>+64MiB'",
  holds: 'string',
  fileTypes: ['string'],
  read(text) {
    const read = readCondition(text);
    if ('problem' in read)
      return { kind: 'is', is: `does not parse at character ${read.at + 1}: ${read.problem}`, at: read.at };
    return { kind: 'value', value: read };
  },
  write: writeCondition,
};

const PERCENT = /^([0-9]{1,2}(?:\.[0-9]{1,6})?)%?$/;
const LEAST = 50;

/** Percent, from 50 to less than 100. */
const CONFIDENCE = numberFormat(`a percentage from ${LEAST} to less than 100`, (given) => {
  const percent = Number(PERCENT.exec(given)?.[1] ?? Number.NaN);
  return percent < 100 ? inRange(percent, LEAST, 100) : Number.NaN;
});

/** Two names of one unit. If there is more than one `=`, the separator is determined when the names are known. */
const NAME_PAIR = textFormat('BEFORE=AFTER, two names of units', (pair) =>
  /^.+=.+$/s.test(pair) ? pair : null,
);

/** Options of comparisons. */
export const COMPARE_OPTIONS = [
  several({
    name: 'fail-if',
    many: 'repeated',
    metavariable: 'CONDITION',
    format: CONDITION,
    group: 'Comparison',
    commands: ['compare'],
    help: "Exit with code 3 if the condition is met: 'cpu.avg>+10%', 'memory.max>+64MiB', 'unit:nginx.service cpu.avg>+10%'.",
  }),
  single({
    name: 'confidence',
    metavariable: 'PERCENT',
    format: CONFIDENCE,
    default: 95,
    group: 'Comparison',
    commands: ['compare'],
    help: 'Confidence level of intervals from repeated runs.',
  }),
  several({
    name: 'unit-map',
    many: 'repeated',
    metavariable: 'BEFORE=AFTER',
    format: NAME_PAIR,
    group: 'Comparison',
    commands: ['compare'],
    help: 'Compare unit BEFORE of the old runs with unit AFTER of the new runs.',
  }),
  optional({
    name: 'output',
    metavariable: 'FILE',
    format: PATH,
    group: 'Comparison',
    commands: ['compare'],
    help: 'Write the comparison to this file instead of standard output.',
  }),
] as const;
