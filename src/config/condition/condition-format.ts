import type { Format } from '../format.ts';
import type { Condition } from './condition.ts';
import { readCondition, writeCondition } from './read-condition.ts';

/** A condition as it is written on the command line: `unit:nginx.service cpu.avg>+10%`. */
export const CONDITION: Format<Condition> = {
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
