import { dirname } from 'node:path';
import { readCommandLine } from './command-line.ts';
import type { Config } from './config.ts';
import { ConfigError, shown } from './config-error.ts';
import { givenByFile } from './config-file.ts';
import type { ConfigDisk } from './disk.ts';
import { type Environment, givenByOwnVariables, misspeltVariables } from './environment.ts';
import { type Given, type ReadValues, readGiven } from './given.ts';
import { helpText } from './help.ts';
import type { Settings } from './options.ts';
import { readOtlpVariables } from './otlp-variables.ts';
import { settle } from './settle.ts';
import { readTargets } from './target-names.ts';

/** Everything that a configuration is made from. `disk` of `disk.ts` has the last two. */
export interface ConfigInputs extends ConfigDisk {
  /** Arguments after the program's name. */
  readonly argv: readonly string[];
  readonly env: Environment;
}

/** A configuration, or what to print instead of running. */
export type Loaded = Config | { readonly help: string } | { readonly version: true };

/**
 * Reads the command line, the environment and the file, the first named strongest, over the defaults. Throws
 * ConfigError and nothing else.
 */
export function loadConfig({ argv, env, readFile, isDirectory }: ConfigInputs): Loaded {
  const { request, given: flags, command } = readCommandLine(argv);
  if (request === 'help') return { help: helpText() };
  if (request === 'version') return { version: true };

  const warnings: string[] = [...misspeltVariables(env)];
  const ownVariables = givenByOwnVariables(env);
  const named = flags.findLast(isConfigFile) ?? ownVariables.findLast(isConfigFile);
  const path = named && readGiven(named, warnings);
  const file = path === undefined ? [] : givenByFile(path.value as string, path.given.named, readFile);

  const { settings, decidedBy } = settle({ file, env, ownVariables, flags }, warnings);
  const exporters = listOrNone(settings.export, decidedBy.get('export'), '--export');
  checkSummaryFile(settings['summary-file'], decidedBy.get('summary-file'), isDirectory);
  return {
    targets: readTargets(decidedBy, command, settings['cgroup-root']),
    intervalSeconds: settings.interval,
    durationSeconds: settings.duration,
    showCommandLine: settings['show-cmdline'],
    processDetails: listOrNone(
      settings['process-details'],
      decidedBy.get('process-details'),
      '--process-details',
    ),
    processNames: settings['process-names'],
    exitRecords: settings['exit-records'],
    summary: settings.summary,
    summaryFile: settings['summary-file'],
    summaryRows: settings['summary-rows'],
    procRoot: settings['proc-root'],
    cgroupRoot: settings['cgroup-root'],
    exporters,
    exportIntervalSeconds: settings['export-interval'],
    exportTimeoutSeconds: exportTimeout(settings, decidedBy.get('export-timeout'), warnings),
    shutdownTimeoutSeconds: settings['shutdown-timeout'],
    ...readOtlpVariables(env, exporters.includes('otlp')),
    logLevel: settings['log-level'],
    warnings,
  };
}

function isConfigFile({ option }: Given): boolean {
  return option.name === 'config';
}

/** What is listed, each once; `none` stands for nothing, and for that alone. */
function listOrNone<V extends string>(
  named: readonly (V | 'none')[],
  decidedBy: ReadValues | undefined,
  option: string,
): readonly V[] {
  const listed = named.filter((value): value is V => value !== 'none');
  if (listed.length > 0 && listed.length < named.length) {
    const source = decidedBy![0].given.named;
    throw new ConfigError(`${source} must be none alone or a list without it, not "${named.join(',')}"`, {
      option,
      value: named.join(','),
      accepted: 'none alone, or a list without it',
    });
  }
  return [...new Set(listed)];
}

/** Two exports that overlap would arrive out of order, so one may never take longer than the interval. */
function exportTimeout(settings: Settings, decidedBy: ReadValues | undefined, warnings: string[]): number {
  const interval = settings['export-interval'];
  const timeout = settings['export-timeout'];
  if (timeout > interval && decidedBy !== undefined) {
    const { named, text } = decidedBy.at(-1)!.given;
    warnings.push(`${named} "${shown(text)}" is more than the export interval: lowered to ${interval} s`);
  }
  return Math.min(timeout, interval);
}

function checkSummaryFile(
  file: string | undefined,
  decidedBy: ReadValues | undefined,
  isDirectory: ConfigDisk['isDirectory'],
): void {
  if (file === undefined) return;
  const directory = dirname(file);
  const accepted = 'a file in a directory that exists';
  const what = isDirectory(file)
    ? 'which is a directory'
    : isDirectory(directory)
      ? undefined
      : `since there is no directory "${shown(directory)}"`;
  if (what === undefined) return;
  throw new ConfigError(
    `${decidedBy!.at(-1)!.given.named} must be ${accepted}, not "${shown(file)}", ${what}`,
    {
      option: '--summary-file',
      value: file,
      accepted,
    },
  );
}
