import { type CommandName, MAIN_COMMAND } from './command-name.ts';
import type { Format } from './format.ts';

/** Headings of `--help`, in order. */
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

/** A standard OpenTelemetry variable that sets the same value as an option, in a format of its own. */
export interface StandardVariable<Value> {
  readonly variable: string;
  readonly format: Format<Value>;
}

interface Described<Name extends string> {
  /** The flag without dashes, and the key in a file. */
  readonly name: Name;
  readonly metavariable: string;
  readonly group: Group;
  readonly help: string;
  /** One line for the short help if the option is among the most used; undefined for others. */
  readonly brief: string | undefined;
  /** The commands that accept it. */
  readonly commands: readonly CommandName[] | 'all';
}

/**
 * How often an option may be given. `once`: the last one counts. `repeated`: all count; one environment variable holds
 * several, separated by commas. `listed`: commas are separators on the command line and in files too.
 */
type Many = 'once' | 'repeated' | 'listed';

/** An option with a value. `Settled`: type of the final value, or list of values. */
export interface ValueOption<Name extends string = string, Settled = unknown> extends Described<Name> {
  readonly many: Many;
  /** Other names of the option, each with the format of its values. */
  // A format reads and writes the same type, so only `any` can hold all of them in one list.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly aliases: Readonly<Record<string, Format<any>>>;
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly format: Format<any>;
  readonly default: Settled;
  /** Value of the flag without a value; undefined: a value is required. */
  readonly bare: string | undefined;
  /** Replaces the default in help and tables if it depends on something. */
  readonly defaultText: string | undefined;
  /** In order of precedence, after the option's own variable. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly standard: readonly StandardVariable<any>[];
}

/** A flag with immediate effect: it has no value, variable or key. */
export interface RequestOption<Name extends string = string> extends Described<Name> {
  readonly many: 'request';
  readonly short: string | undefined;
}

export type Option = ValueOption | RequestOption;

/** Input for an option; default of `commands`: the main command only. */
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

/** An option with immediate effect. */
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

/** Whether the option has a value, and thus a variable, a key in a file, and a default. */
export function holdsValue(option: Option): option is ValueOption {
  return option.many !== 'request';
}

export function isOptionOf({ commands }: Option, command: CommandName): boolean {
  return commands === 'all' || commands.includes(command);
}

/** Whether a command accepts an option. doctor accepts all options of a run, and only checks the values of those that it does not use. */
export function isAcceptedBy(option: Option, command: CommandName): boolean {
  return isOptionOf(option, command) || (command === 'doctor' && isOptionOf(option, MAIN_COMMAND));
}

/** `--interval` */
export function flagOf(option: { readonly name: string }): string {
  return `--${option.name}`;
}

/** The environment variables of an option, first its own, then those of its aliases: `UNITLEDGER_EXPORT_INTERVAL`. */
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

/** The format for a value given by one of the option's names. */
export function formatOf(option: ValueOption, name: string): ValueOption['format'] {
  return Object.hasOwn(option.aliases, name) ? option.aliases[name]! : option.format;
}

/**
 * Whether an empty list is valid. It names no target, and is the default of some options; for exporters it would be
 * ambiguous (`none` or the default).
 */
export function mayBeEmpty({ many, default: initial }: ValueOption): boolean {
  return many === 'repeated' || (Array.isArray(initial) && initial.length === 0);
}

/** The default in the form in which it is typed; empty if there is none. */
export function defaultTextOf(option: ValueOption): string {
  if (option.defaultText !== undefined) return option.defaultText;
  if (option.default === undefined) return '';
  const values = Array.isArray(option.default) ? option.default : [option.default];
  return values.map((value) => option.format.write(value)).join(',');
}
