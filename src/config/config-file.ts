import { type Document, isMap, isScalar, parseDocument, visit } from 'yaml';
import { FileFault } from '../text/file-fault.ts';
import type { ConfigDisk } from './command.ts';
import { ConfigError, shown } from './config-error.ts';
import { separate } from './environment.ts';
import { inWords } from './format.ts';
import type { Given } from './given.ts';
import { formatOf, holdsValue, mayBeEmpty, namesOf, type Option, type ValueOption } from './option.ts';
import { OPTIONS } from './options.ts';
import { suggestion } from './suggestion.ts';

const LIMIT_BYTES = 1024 * 1024;
/** Each alias costs a walk through the document, and many of them can stand for a large value. */
const MOST_ALIASES = 100;

/** Options that are allowed in a file, by each of their names. */
const KEYS: ReadonlyMap<string, Option> = new Map(
  (OPTIONS as readonly Option[])
    .filter((option) => option.name !== 'config' && holdsValue(option))
    .flatMap((option) => namesOf(option).map((name) => [name, option] as const)),
);

/**
 * Values in a YAML or JSON file: a map of option names to a value or, for options that may be given several times, a
 * list. `named`: the option that named the file (`--config`). Throws ConfigError only.
 */
export function givenByFile(path: string, named: string, readFile: ConfigDisk['readFile']): readonly Given[] {
  const file = shown(path);
  const fault = (what: string, about: { value?: string; accepted?: string } = {}, cause?: unknown) =>
    new ConfigError(what, { option: '--config', value: path, ...about }, cause);

  let bytes: Uint8Array;
  try {
    bytes = readFile(path, LIMIT_BYTES + 1);
  } catch (error) {
    throw fault(`${named} must be a file that can be read: ${file} ${whyUnreadable(error)}`, {}, error);
  }
  if (bytes.length > LIMIT_BYTES)
    throw fault(`${named} must be a file of at most 1 MiB, and ${file} is larger`);

  const entries = parse(bytes, (why, cause) =>
    fault(`${file} must be a YAML or JSON map of options: ${why}`, {}, cause),
  );
  const given: Given[] = [];
  for (const [key, value] of entries) {
    const option = KEYS.get(key);
    if (option === undefined) {
      const near = suggestion(key, [...KEYS.keys()]);
      const hint = near === undefined ? '' : `; did you mean ${near}?`;
      throw new ConfigError(`unknown key ${keyText(key)} in ${file}${hint}`, {
        option: KEY_LIKE.test(key) ? key : '--config',
        accepted: near,
      });
    }
    const where = `${key} in ${file}`;
    if (holdsValue(option)) for (const each of givenByKey(option, key, where, value)) given.push(each);
  }
  return given;
}

function givenByKey(option: ValueOption, key: string, named: string, value: unknown): readonly Given[] {
  const list = Array.isArray(value) && option.many !== 'once' && (value.length > 0 || mayBeEmpty(option));
  const values: readonly unknown[] = list ? value : [value];
  const format = formatOf(option, key);
  return values.flatMap((each) => {
    const type = typeof each;
    if (!(option.format.fileTypes as readonly string[]).includes(type)) {
      const orList = option.many === 'once' ? '' : ' (or a list of them)';
      const types = inWords(option.format.fileTypes.map((fileType) => TYPE_WORDS[fileType]));
      const accepted = `${option.format.accepted}${orList}, written as ${types}`;
      throw new ConfigError(`${named} must be ${accepted}, not ${kindOf(each)}`, {
        option: `--${option.name}`,
        value: String(type === 'object' ? kindOf(each) : each),
        accepted,
      });
    }
    const text = String(each);
    const texts = option.many === 'listed' ? separate(text) : [text];
    return texts.map((part) => ({ option, named, text: part, format, position: -1 }));
  });
}

const TYPE_WORDS = { number: 'a number', string: 'text', boolean: 'true or false' } as const;

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  switch (typeof value) {
    case 'number':
    case 'boolean':
    case 'bigint':
      return `the ${typeof value === 'boolean' ? 'switch' : 'number'} ${value}`;
    case 'string':
      return `the text "${shown(value)}"`;
    default:
      return 'a map';
  }
}

/** Possible option names; other keys are contents of a file that is not a configuration, and may be secret. */
const KEY_LIKE = /^[\w.-]{1,40}$/;

function keyText(key: string): string {
  return KEY_LIKE.test(key) ? `"${shown(key)}"` : '(not shown: it is no option name)';
}

/** The top-level entries of a Map: no key of a file ever becomes a property of an object. */
function parse(
  bytes: Uint8Array,
  fault: (why: string, cause?: unknown) => ConfigError,
): Iterable<readonly [string, unknown]> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw fault('it is not UTF-8 text', error);
  }
  let content: unknown;
  try {
    // The library compares each key with all others; duplicates are found below instead.
    const document = parseDocument(text, { stringKeys: true, uniqueKeys: false, logLevel: 'error' });
    // A warning means a tag or version that was not understood: reject it.
    const problem = document.errors[0] ?? document.warnings[0];
    if (problem !== undefined) {
      if (problem.code === 'MULTIPLE_DOCS') throw fault('it holds more than one document', problem);
      throw fault(firstLine(problem.message), problem);
    }
    const refusal = repeatedKeyOf(document) ?? tooManyAliasesIn(document);
    if (refusal !== undefined) throw fault(refusal);
    content = document.toJS({ mapAsMap: true, maxAliasCount: MOST_ALIASES });
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw fault(firstLine((error as Error).message), error);
  }
  if (content === null || content === undefined) return [];
  // Contents of other files may be secret.
  if (!(content instanceof Map))
    throw fault(typeof content === 'string' ? 'it holds text' : `it holds ${kindOf(content)}`);
  return content as Map<string, unknown>;
}

/** Reports a duplicate key of the map. Nested maps are rejected anyway. */
function repeatedKeyOf({ contents }: Document): string | undefined {
  if (!isMap(contents)) return undefined;
  const seen = new Set<unknown>();
  for (const { key } of contents.items) {
    const name = isScalar(key) ? key.value : key;
    if (seen.has(name)) return `it holds the key ${keyText(String(name))} more than once`;
    seen.add(name);
  }
  return undefined;
}

function tooManyAliasesIn(document: Document): string | undefined {
  let aliases = 0;
  visit(document, { Alias: () => (++aliases > MOST_ALIASES ? visit.BREAK : undefined) });
  return aliases > MOST_ALIASES ? `it holds more than ${MOST_ALIASES} aliases` : undefined;
}

function firstLine(message: string): string {
  return shown((message.split('\n', 1)[0] as string).replace(/:$/, ''));
}

function whyUnreadable(error: unknown): string {
  if (error instanceof FileFault) return error.message;
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'does not exist';
    case 'EACCES':
    case 'EPERM':
      return 'may not be read by this user';
    case 'EISDIR':
      return 'is a directory';
    default:
      return `cannot be read (${code === undefined ? 'unknown error' : shown(code)})`;
  }
}
