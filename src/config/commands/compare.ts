import type { Condition } from '../../comparison/conditions.ts';
import { METRIC_NAMES } from '../../comparison/metrics.ts';
import { type Command, type CommandInputs, checkNewFiles } from '../command.ts';
import type { Config } from '../config.ts';
import { ConfigError, shown } from '../config-error.ts';
import type { CompareFormat } from '../general-options.ts';
import { wrapped } from '../wrapped.ts';

/** Configuration of `unitledger compare`. */
export interface CompareConfig extends Pick<Config, 'fileMode' | 'logLevel' | 'warnings'> {
  /** Recordings and run documents; at least one on each side. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly conditions: readonly Condition[];
  /** `BEFORE=AFTER`: pairs of unit names that are compared as one unit. */
  readonly unitPairs: readonly string[];
  readonly confidencePercent: number;
  readonly format: CompareFormat;
  readonly output: string | undefined;
}

const INTRODUCTION = `unitledger compare: find differences between runs, with confidence.

Usage: unitledger compare [OPTION]... BEFORE AFTER
       unitledger compare [OPTION]... BEFORE... -- AFTER...

Each file is a recording (--record FILE) or a run document (--summary json).
compare shows the differences in CPU, memory, disk, transfer and processes, for
every unit and for every process name of a unit. With several runs on each side,
each difference has a confidence interval. A single run on a side does not show
run-to-run noise.

Examples:
  unitledger compare old.json new.json
      compare two runs
  unitledger compare old-*.ulr -- new-*.ulr
      compare repeated runs, with confidence
  unitledger compare --fail-if 'cpu.avg>+10%' old-*.json -- new-*.json
      exit with code 3 if a unit uses over 10% more CPU, for CI
  unitledger compare --fail-if 'unit:nginx.service memory.max>+64MiB' a b
      the same for memory of one unit, by an amount
  unitledger compare --format markdown old-*.json -- new-*.json
      write a comment for a pull request
  unitledger compare --format html --output diff.html a.ulr b.ulr
      write a page for a browser

A CONDITION is [unit:NAME] [name:NAME] METRIC > or < THRESHOLD. Names may be
patterns. A condition without unit:NAME applies to every unit, one without
name:NAME to units as a whole. A threshold with a sign refers to the difference
(+10%, +64MiB), a threshold without a sign to the new value (256MiB).
${wrapped(`Metrics: ${METRIC_NAMES.join(', ')}.`)}`;

const ENDING = `With several runs on each side, a condition is met only if the difference
exceeds the threshold and run-to-run noise.
`;

export const COMPARE: Command<'compare', CompareConfig> = {
  name: 'compare',
  summary: 'compare runs, and fail if a condition is met',
  introduction: INTRODUCTION,
  ending: ENDING,
  read,
};

function read(inputs: CommandInputs): CompareConfig {
  const { settings, operands, warnings } = inputs;
  const sides = sidesOf(operands);
  checkNewFiles(inputs, ['output'], [...sides.before, ...sides.after]);
  return {
    ...sides,
    conditions: settings['fail-if'],
    unitPairs: settings['unit-map'],
    confidencePercent: settings.confidence,
    format: settings.format,
    output: settings.output,
    fileMode: settings['file-mode'],
    logLevel: settings['log-level'],
    warnings,
  };
}

/** `A B`, or `A... -- B...`. */
function sidesOf(operands: CommandInputs['operands']): Pick<CompareConfig, 'before' | 'after'> {
  const texts = operands.map(({ text }) => text);
  const after = operands.filter(({ isAfterDashes }) => isAfterDashes).map(({ text }) => text);
  const before = texts.slice(0, texts.length - after.length);
  const option = after.find((text) => text.startsWith('--'));
  if (option !== undefined)
    throw wrongFiles(
      `option "${shown(option)}" is after --, where only files are allowed: put options first (a file of this name is ./${shown(option)})`,
    );
  if (texts.includes('')) throw wrongFiles('compare takes names of files, and one of them is empty');
  if (before.length > 0 && after.length > 0) return { before, after };
  // Without `--` between them: either no operand comes after `--`, or all do.
  if (texts.length === 2) return { before: texts.slice(0, 1), after: texts.slice(1) };
  if (texts.length < 2)
    throw wrongFiles(
      `compare needs two runs, and has ${texts.length === 0 ? 'none' : 'one'}: unitledger compare BEFORE AFTER`,
    );
  throw wrongFiles(
    `compare has ${texts.length} files and needs -- between the two sides: unitledger compare BEFORE... -- AFTER...`,
  );
}

function wrongFiles(message: string): ConfigError {
  return new ConfigError(message, { option: 'FILE', accepted: 'BEFORE AFTER, or BEFORE... -- AFTER...' });
}
