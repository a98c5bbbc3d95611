import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import manifest from '../../package.json' with { type: 'json' };
import { ConfigError } from '../../src/config/config-error.ts';
import { loadConfig } from '../../src/config/load.ts';
import { codeSpans, fencedBlocks, PAGES, root, type ShellCommand, shellCommands } from './documents.ts';

/** Other programs in the pages, each with the reason why no test runs its lines as they are printed. */
const NOT_RUN: Readonly<Record<string, string>> = {
  buildah: 'the image is built by npm run test:image',
  curl: 'it needs an account of Datadog, or the server of the line before',
  docker: 'the image is built and run by npm run test:image, with podman',
  duckdb:
    'it is no package of the test machines; the CSV itself is tested by test/end-to-end/program/recording.test.ts',
  helm: 'its values are checked here; the chart is rendered and installed by the tests of test/deploy',
  kubectl: 'the command behind -- is checked here; npm run test:node runs them in a cluster',
  node: 'deploy/honeycomb/load.mjs runs in test/end-to-end/backends/boards.test.ts',
  python3:
    'pandas is no package of the test machines; the CSV itself is tested by test/end-to-end/program/recording.test.ts',
  systemctl: 'it changes the host',
};

const VALUES = parse(readFileSync(join(root, 'helm/values.yaml'), 'utf8'));

/** What stands for a value of the reader's own, with a value of its form. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  UID: '0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0',
  $POD_UID: '0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0',
};

/** Fails unless the program accepts these arguments, and knows these variables. Files are not opened. */
function accepted(words: readonly string[], env: ShellCommand['env'] = {}, file = ''): void {
  const argv = words.map((word) => PLACEHOLDERS[word] ?? word);
  const isDirectory = (path: string) => !/\.\w+$/.test(path);
  const loaded = loadConfig({ argv, env, readFile: () => Buffer.from(file), isDirectory });
  if ('config' in loaded && 'warnings' in loaded.config) assert.deepEqual(loaded.config.warnings, []);
}

/** The same for a part of a command: a file of the container, or the reader, adds the target or the file to read. */
function acceptedInPart(command: ShellCommand): void {
  try {
    check(command);
  } catch (error) {
    if (!(error instanceof ConfigError) || !/^(no target|\w+ needs )/.test(error.message)) throw error;
  }
}

function check({ words: [program = '', ...args], env }: ShellCommand): void {
  const rest = (from: string) => args.slice(args.indexOf(from) + 1);
  if (program === 'unitledger') accepted(args, env);
  else if (program === 'sudo') check({ words: args.filter((word) => word !== '--preserve-env'), env });
  else if (program === 'npm') checkNpm(args);
  else {
    assert.ok(program in NOT_RUN, `${program} is neither checked nor in the list of what is not run`);
    if (program === 'docker' && args[0] === 'run') accepted(rest('unitledger'));
    if (program === 'kubectl' && args.includes('--')) acceptedInPart({ words: rest('--'), env });
    if (program === 'helm') for (const word of args) checkHelmValue(word);
  }
}

function checkNpm([name = '', ...args]: readonly string[]): void {
  const script = name === 'run' ? args[0]! : name;
  if (script === 'start') accepted(args.slice(args.indexOf('--') + 1));
  else if (!['ci', 'install', 'pack'].includes(script))
    assert.ok(script in manifest.scripts, `no script ${script}`);
}

/** `export.endpoint=…` has to be a value of the chart. */
function checkHelmValue(word: string): void {
  const path = /^([a-zA-Z.]+)=/.exec(word)?.[1]?.split('.') ?? [];
  let values = VALUES;
  for (const name of path) {
    assert.ok(Object.hasOwn(values ?? {}, name), `the chart has no value ${path.join('.')}`);
    values = values[name];
  }
}

/** What CI systems run, in a block of YAML: the strings under `run` and `script`. */
function scriptsIn(value: unknown, isScript = false): readonly string[] {
  if (typeof value === 'string') return isScript ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    scriptsIn(inner, key === 'run' || key === 'script' || (isScript && Array.isArray(value))),
  );
}

/** The commands of a page's shell blocks, and unitledger's own in its CI recipes. */
function commandsOf(markdown: string): readonly ShellCommand[] {
  const blocks = fencedBlocks(markdown);
  const shell = blocks.filter(({ language }) => language === 'sh').map(({ text }) => text);
  const recipes = blocks
    .filter(({ language }) => language === 'yaml')
    .flatMap(({ text }) => scriptsIn(parse(text)));
  const ofRecipes = recipes.flatMap(shellCommands).filter(({ words }) => words.includes('unitledger'));
  return [...shell.flatMap(shellCommands), ...ofRecipes];
}

/** `unitledger replay --to csv FILE` and `npm run check` in the prose. */
function spansOf(markdown: string): readonly ShellCommand[] {
  const spans = codeSpans(markdown).filter((code) => /^(unitledger|npm) [a-z-]/.test(code));
  return spans.flatMap((code) => shellCommands(code).slice(0, 1));
}

/** Runs a check, and names page and command where it fails. */
function checked(page: string, command: ShellCommand, run: (command: ShellCommand) => void): void {
  try {
    run(command);
  } catch (error) {
    if (!(error instanceof ConfigError) && !(error instanceof assert.AssertionError)) throw error;
    assert.fail(`${page}: ${command.words.join(' ')}: ${error.message}`);
  }
}

describe('every command in the documents', () => {
  for (const [page, markdown] of PAGES) {
    test(`is accepted, or has a reason: ${page}`, () => {
      for (const command of commandsOf(markdown)) checked(page, command, check);
      for (const command of spansOf(markdown)) checked(page, command, acceptedInPart);
    });
  }

  test('is found where a page has one, and a wrong option or value in it is refused', () => {
    const commands = [...PAGES.values()].flatMap(commandsOf);
    assert.ok(commands.length > 40, `${commands.length} commands`);
    const refused = [
      'unitledger --service nginx --exprt none',
      'unitledger --service nginx --interval soon | head',
      'sudo unitledger --service nginx --summary jsn',
      'docker run --rm unitledger --unit',
      'helm install x ./helm --set exprt.endpoint=y',
      'npm run tset',
      'some-program --it',
    ];
    for (const script of refused)
      for (const command of shellCommands(script).slice(0, 1))
        assert.throws(() => check(command), Error, script);
  });

  test('a configuration file in a page is accepted', () => {
    const files = fencedBlocks(PAGES.get('docs/configuration.md')!).filter(
      ({ language }) => language !== 'sh',
    );
    assert.ok(files.length >= 2);
    for (const { text } of files) accepted(['--config', 'unitledger.yaml'], {}, text);
  });
});
