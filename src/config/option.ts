import { type CommandName, MAIN_COMMAND } from './command-name.ts';
import type { Format } from './format.ts';

/** Headings of `--help`, in its order. */
export const GROUPS = [
  'What to track',
  'Sampling',
  'Summary',
  'Recording',
  'Comparison',
  'Export',
  'Metric series',
  'Host',
  'General',
] as const;
type Group = (typeof GROUPS)[number];

/** A standard OpenTelemetry variable that stands for the same thing as an option, in a format of its own. */
export interface StandardVariable<Value> {
  readonly variable: string;
  readonly format: Format<Value>;
}

interface Described<Name extends string> {
  /** The flag without its dashes, and the key in a file. */
  readonly name: Name;
  readonly metavariable: string;
  readonly group: Group;
  readonly help: string;
  /** One line, for the short help, where the option is one of the most used; undefined for all others. */
  readonly brief: string | undefined;
  /** The commands that take it; `all` is every one. */
  readonly commands: readonly CommandName[] | 'all';
}

/**
 * How often an option may be given. `once`: the last one counts. `repeated`: all count, and in the environment one
 * variable holds several, separated by commas. `listed`: commas separate on the command line and in a file too.
 */
type Many = 'once' | 'repeated' | 'listed';

/** An option that holds a value. `Settled` is what it comes to: the value, or the list of values. */
export interface ValueOption<Name extends string = string, Settled = unknown> extends Described<Name> {
  readonly many: Many;
  /** Other names of the option, each with the format that its values are read by. */
  // A format reads one type and writes the same, so only `any` holds all of them in one list.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly aliases: Readonly<Record<string, Format<any>>>;
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly format: Format<any>;
  readonly default: Settled;
  /** What it is where the flag is given without a value; undefined: it needs one. */
  readonly bare: string | undefined;
  /** Replaces the default in help and tables where it depends on something. */
  readonly defaultText: string | undefined;
  /** In order: the first one that is set counts, after the option's own variable. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly standard: readonly StandardVariable<any>[];
}

/** A flag that is obeyed at once, by itself: it has no value, no variable and no key. */
export interface RequestOption<Name extends string = string> extends Described<Name> {
  readonly many: 'request';
  readonly short: string | undefined;
}

export type Option = ValueOption | RequestOption;

/** What an option is made from: no `commands` is the main one alone. */
type Made<Name extends string> = Omit<Described<Name>, 'metavariable' | 'commands' | 'brief'> &
  Partial<Pick<Described<Name>, 'metavariable' | 'commands'>> & { readonly brief?: string };

interface Given<Name extends string, Value> extends Made<Name> {
  readonly aliases?: Readonly<Record<string, Format<Value>>>;
  readonly format: Format<Value>;
  readonly bare?: string;
  readonly defaultText?: string;
  readonly standard?: readonly StandardVariable<Value>[];
}

/** An option with one value and a default. */
export function single<const N extends string, V>(
  given: Given<N, V> & { readonly default: NoInfer<V> },
): ValueOption<N, V> {
  return complete(given, 'once', given.default);
}

/** An option with one value, or none. */
export function optional<const N extends string, V>(given: Given<N, V>): ValueOption<N, V | undefined> {
  return complete<N, V, V | undefined>(given, 'once', undefined);
}

/** An option with a list of values. */
export function several<const N extends string, V>(
  given: Given<N, V> & { readonly many: 'repeated' | 'listed'; readonly default?: readonly NoInfer<V>[] },
): ValueOption<N, readonly V[]> {
  return complete<N, V, readonly V[]>(given, given.many, given.default ?? []);
}

function complete<N extends string, V, S>(given: Given<N, V>, many: Many, initial: S): ValueOption<N, S> {
  return {
    many,
    name: given.name,
    aliases: given.aliases ?? {},
    metavariable: given.metavariable ?? '',
    group: given.group,
    help: given.help,
    brief: given.brief,
    commands: given.commands ?? [MAIN_COMMAND],
    format: given.format,
    default: initial,
    bare: given.bare,
    defaultText: given.defaultText,
    standard: given.standard ?? [],
  };
}

/** An option that is obeyed at once. */
export function request<const N extends string>(
  given: Made<N> & { readonly short?: string },
): RequestOption<N> {
  return {
    many: 'request',
    metavariable: '',
    short: undefined,
    brief: undefined,
    commands: [MAIN_COMMAND],
    ...given,
  };
}

/** Whether it holds a value, so that it has a variable, a key in a file, and a default. */
export function holdsValue(option: Option): option is ValueOption {
  return option.many !== 'request';
}

export function isOptionOf({ commands }: Option, command: CommandName): boolean {
  return commands === 'all' || commands.includes(command);
}

/** `--interval` */
export function flagOf(option: { readonly name: string }): string {
  return `--${option.name}`;
}

/** The environment variables of an option, its aliases' after its own: `UNITLEDGER_EXPORT_INTERVAL`. */
export function variablesOf(option: Option): readonly string[] {
  if (!holdsValue(option)) return [];
  return namesOf(option).map(variableOf);
}

/** The environment variable of one name of an option. */
export function variableOf(name: string): string {
  return `UNITLEDGER_${name.toUpperCase().replaceAll('-', '_')}`;
}

/** Name and aliases, without dashes. */
export function namesOf(option: Option): readonly string[] {
  return holdsValue(option) ? [option.name, ...Object.keys(option.aliases)] : [option.name];
}

/** The format of a value that was given by one of the option's names. */
export function formatOf(option: ValueOption, name: string): ValueOption['format'] {
  return Object.hasOwn(option.aliases, name) ? option.aliases[name]! : option.format;
}

/**
 * Whether an empty list says something. It names no target, and is the default of some options; an empty list of exporters could
 * mean `none` or the default.
 */
export function mayBeEmpty({ many, default: initial }: ValueOption): boolean {
  return many === 'repeated' || (Array.isArray(initial) && initial.length === 0);
}

/** The default as it would be typed; empty where there is none. */
export function defaultTextOf(option: ValueOption): string {
  if (option.defaultText !== undefined) return option.defaultText;
  if (option.default === undefined) return '';
  const values = Array.isArray(option.default) ? option.default : [option.default];
  return values.map((value) => option.format.write(value)).join(',');
}
