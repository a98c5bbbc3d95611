import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, isScalar, type Pair, parseDocument, type Scalar, type YAMLMap } from 'yaml';
import { defaultTextOf, isOptionOf, mayBeEmpty, type ValueOption } from '../src/config/option.ts';
import { VALUE_OPTIONS } from '../src/config/options.ts';

/** Options that are no values of the chart, and what stands in their place there. */
const SET_BY_CHART: Readonly<Record<string, string>> = {
  service: 'targets.services',
  cgroup: 'targets.cgroups',
  'pod-uid': 'mode: pod',
  pid: 'nothing: a PID is one process of one node',
  live: 'nothing: a pod has no terminal; kubectl exec starts another run in it',
  'host-name': 'the name of the node',
  'proc-root': 'its mounts',
  'cgroup-root': 'its mounts',
  config: 'its ConfigMap',
  'spool-dir': 'spool',
  'spool-lifetime': 'spool.type',
  listen: 'listen',
};

/** The options that the chart has as values, in the order of `--help`. */
export const CHART_OPTIONS: readonly ValueOption[] = VALUE_OPTIONS.filter(
  (option) => isOptionOf(option, 'track') && !(option.name in SET_BY_CHART),
);

/** `exportInterval`: as values of charts are written. */
export function valueName({ name }: { readonly name: string }): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** For `values.yaml`: each option with what it does and its default, to be taken in by whoever wants another. */
export function optionValues(): string {
  return CHART_OPTIONS.map((option) =>
    [...wrapped(option.help, 112), `  ${valueName(option)}: ${exampleOf(option)}`]
      .map((line) => `  # ${line}`)
      .join('\n'),
  ).join('\n');
}

function exampleOf(option: ValueOption): string {
  if (option.many !== 'once') return JSON.stringify(option.default);
  const text = defaultTextOf(option);
  return option.defaultText === undefined && text !== '' ? text : `""  # ${text === '' ? 'unset' : text}`;
}

/** For `values.schema.json`: what each option may be. */
export function optionSchema(): Readonly<Record<string, unknown>> {
  return {
    description: 'Options of the program. Made from src/config/options.ts by `npm run docs`.',
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(CHART_OPTIONS.map((option) => [valueName(option), schemaOf(option)])),
  };
}

function schemaOf(option: ValueOption): Readonly<Record<string, unknown>> {
  const { many, format } = option;
  const types = format.fileTypes.length === 1 ? format.fileTypes[0] : format.fileTypes;
  const enumerated = format.schema !== undefined && 'enum' in format.schema;
  const one = { ...(enumerated ? {} : { type: types }), ...format.schema };
  if (many === 'once') return one;
  return { type: 'array', ...(!mayBeEmpty(option) && { minItems: 1 }), items: one };
}

/** `values.schema.json` with what it says of options brought up to date. */
export function withOptionSchema(text: string): string {
  const schema = JSON.parse(text);
  schema.properties.options = optionSchema();
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** For the chart's README: every value that stands in `values.yaml`, with the comment above it. */
export function valueRows(root: string): readonly (readonly string[])[] {
  const document = parseDocument(readFileSync(join(root, 'helm/values.yaml'), 'utf8'));
  return rowsOf(document.contents as YAMLMap<Scalar<string>>, '', document.commentBefore ?? '');
}

/** For the chart's README: every option as a value. */
export function optionRows(): readonly (readonly string[])[] {
  return CHART_OPTIONS.map((option) => [
    code(`options.${valueName(option)}`),
    option.defaultText ?? code(defaultTextOf(option)),
    option.help,
  ]);
}

function rowsOf(
  map: YAMLMap<Scalar<string>>,
  prefix: string,
  ofFirst: string,
): readonly (readonly string[])[] {
  return map.items.flatMap((pair, place) => {
    const { key, value } = pair as Pair<Scalar<string>>;
    const path = `${prefix}${key.value}`;
    const comment = sentence(place === 0 && ofFirst !== '' ? ofFirst : (key.commentBefore ?? ''));
    if (isMap(value) && value.items.length > 0 && path !== 'options') {
      const head = comment === '' ? [] : [[code(path), '', comment]];
      return [...head, ...rowsOf(value as YAMLMap<Scalar<string>>, `${path}.`, value.commentBefore ?? '')];
    }
    const shown = isScalar(value) ? JSON.stringify(value.value) : JSON.stringify((value as YAMLMap).toJSON());
    return [[code(path), code(shown), comment]];
  });
}

function sentence(comment: string): string {
  return comment
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ');
}

/** A table's cell; nothing for nothing. */
function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}

/** `text` in lines of at most so many columns. */
function wrapped(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
