import assert from 'node:assert/strict';
import type { Config } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import type { Environment } from '../../src/config/environment.ts';
import { type ConfigInputs, type Loaded, loadConfig } from '../../src/config/load.ts';

export interface World {
  readonly env?: Environment;
  /** Contents of files by path; an error is thrown on reading. */
  readonly files?: Readonly<Record<string, string | Uint8Array | Error>>;
  readonly directories?: readonly string[];
}

export function loadIn(
  { env = {}, files = {}, directories = ['.'] }: World,
  argv: readonly string[],
): Loaded {
  const inputs: ConfigInputs = {
    argv,
    env,
    readFile(path, limitBytes) {
      const content = files[path] ?? Object.assign(new Error('no such file'), { code: 'ENOENT' });
      if (content instanceof Error) throw content;
      return (typeof content === 'string' ? Buffer.from(content) : content).subarray(0, limitBytes);
    },
    isDirectory: (path) => directories.includes(path),
  };
  return loadConfig(inputs);
}

/** The configuration; `argv` must name a target if one is required. */
export function configIn(world: World, argv: readonly string[] = ['--service', 'nginx']): Config {
  const loaded = loadIn(world, argv);
  assert.ok('command' in loaded && loaded.command === 'track');
  return loaded.config;
}

/** The error of loading; fails if there is none, or if it is not one printable sentence. */
export function refusedIn(world: World, argv: readonly string[] = ['--service', 'nginx']): ConfigError {
  try {
    loadIn(world, argv);
  } catch (error) {
    assert.ok(error instanceof ConfigError, `not a ConfigError: ${error}`);
    assert.equal(error.exitCode, 2);
    assert.doesNotMatch(error.message, /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/u);
    assert.ok(error.message.length < 2000, error.message);
    return error;
  }
  return assert.fail(`accepted: ${JSON.stringify(argv)}`);
}
