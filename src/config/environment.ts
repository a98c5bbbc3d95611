import type { CommandName } from './command-name.ts';
import { shown } from './config-error.ts';
import type { Format } from './format.ts';
import { type Given, ignored, mixesNone, NONE_ALONE, type ReadValue, readGiven } from './given.ts';
import {
  formatOf,
  holdsValue,
  isAcceptedBy,
  namesOf,
  type Option,
  type StandardVariable,
  type ValueOption,
  variableOf,
  variablesOf,
} from './option.ts';
import { OPTIONS, VALUE_OPTIONS } from './options.ts';
import { suggestion } from './suggestion.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The trimmed variable; undefined if it is unset, empty or blank, as in OpenTelemetry. */
export function variable(env: Environment, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === '' ? undefined : text;
}

/**
 * The value of a variable that other programs share; undefined if it is unset. An invalid value is ignored with a
 * warning.
 */
export function sharedVariable<T>(
  env: Environment,
  name: string,
  format: Format<T>,
  warnings: string[],
): T | undefined {
  const text = variable(env, name);
  if (text === undefined) return undefined;
  const reading = format.read(text);
  if (reading.kind === 'value') return reading.value;
  if (reading.kind !== 'unset') warnings.push(ignored(name, text, reading));
  return undefined;
}

/** Values of the `UNITLEDGER_*` variables for a command's options. */
export function givenByOwnVariables(env: Environment, command: CommandName): readonly Given[] {
  const given: Given[] = [];
  for (const option of OPTIONS as readonly Option[]) {
    if (!isAcceptedBy(option, command)) continue;
    if (!holdsValue(option)) continue;
    for (const name of namesOf(option)) {
      const named = variableOf(name);
      const text = variable(env, named);
      if (text === undefined) continue;
      const texts = option.many === 'once' ? [text] : separate(text);
      for (const each of texts)
        given.push({ option, named, text: each, format: formatOf(option, name), position: -1 });
    }
  }
  return given;
}

/**
 * Values of the standard `OTEL_*` variables for an option. Other programs share these variables: they are read only if
 * no stronger source sets the option, and invalid values are ignored with a warning.
 */
export function readStandardVariables(
  option: ValueOption,
  env: Environment,
  warnings: string[],
): readonly ReadValue[] {
  for (const standard of option.standard as readonly StandardVariable<unknown>[]) {
    const text = variable(env, standard.variable);
    if (text === undefined) continue;
    const texts = option.many === 'once' ? [text] : separate(text);
    const read = texts.flatMap((each) => {
      const given = { option, named: standard.variable, text: each, format: standard.format, position: -1 };
      const reading = standard.format.read(each);
      if (reading.kind === 'must' || reading.kind === 'is') {
        warnings.push(ignored(standard.variable, each, reading));
        return [];
      }
      return readGiven(given, warnings) ?? [];
    });
    if (mixesNone(read.map(({ value }) => value))) {
      warnings.push(ignored(standard.variable, text, { kind: 'must', must: NONE_ALONE }));
      continue;
    }
    if (read.length > 0) return read;
  }
  return [];
}

/** The elements of a list without empty ones, unless there are no others. */
export function separate(text: string): readonly string[] {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  return parts.length === 0 ? [text] : parts;
}

const OWN_PREFIX = 'UNITLEDGER_';
/** Variables that Kubernetes sets in every pod of a namespace with a Service named `unitledger`. */
const KUBERNETES = /^UNITLEDGER_(?:SERVICE_(?:HOST|PORT)|PORT)(?:_|$)/;

/**
 * A sentence for each `UNITLEDGER_*` variable that is probably misspelt. Others are ignored: the environment is shared
 * with other programs.
 */
export function misspeltVariables(env: Environment): readonly string[] {
  const known = VALUE_OPTIONS.flatMap((option) => variablesOf(option));
  return Object.keys(env).flatMap((name) => {
    if (!name.startsWith(OWN_PREFIX) || KUBERNETES.test(name) || known.includes(name)) return [];
    const near = suggestion(
      name.slice(OWN_PREFIX.length),
      known.map((each) => each.slice(OWN_PREFIX.length)),
    );
    return near === undefined ? [] : [`${shown(name)} is not known; did you mean ${OWN_PREFIX}${near}?`];
  });
}
