import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ConfigError } from '../../../src/config/config-error.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { disk } from '../../../src/host/files/disk.ts';

const directory = mkdtempSync(join(tmpdir(), 'unitledger-config-'));
after(() => rmSync(directory, { recursive: true }));

const load = (...argv: string[]) => loadConfig({ argv, env: {}, ...disk });
const refused = (...argv: string[]) => {
  try {
    load(...argv);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
  return assert.fail('accepted');
};

test('a real file is read', () => {
  const path = join(directory, 'conf.yaml');
  writeFileSync(path, 'interval: 2\npid: 1\n');
  const loaded = load('--config', path);
  assert.ok('command' in loaded && loaded.command === 'track');
  assert.equal(loaded.config.intervalSeconds, 2);
});

test('a missing file, a directory and an endless file are rejected', () => {
  assert.match(refused('--config', join(directory, 'none')), /does not exist$/);
  assert.match(refused('--config', directory), /is a directory$/);
  assert.match(refused('--config', '/dev/zero'), /is a device, not a regular file/);
});

test('a summary file must be in a real directory', () => {
  const argv = ['--pid', '1', '--summary-file'];
  assert.ok('config' in load(...argv, join(directory, 'summary.json')));
  assert.match(refused(...argv, join(directory, 'none', 'summary.json')), /no directory/);
  assert.match(refused(...argv, join(directory, 'conf.yaml', 'summary.json')), /no directory/);
  assert.match(refused(...argv, directory), /is a directory$/);
});
