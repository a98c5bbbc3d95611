import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { refresh, table } from '../../scripts/docs.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'unitledger-docs-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const PART = { file: 'a.md', marker: 'numbers', generate: () => '1 2 3' };
const STALE = 'before\n\n<!-- generated:numbers -->\nold\n<!-- /generated -->\nafter\n';
const FRESH = 'before\n\n<!-- generated:numbers -->\n\n1 2 3\n\n<!-- /generated -->\nafter\n';

test('an outdated part fails the check, which names the command to run and writes nothing', () => {
  writeFileSync(join(root, 'a.md'), STALE);
  assert.deepEqual(refresh(root, [PART], true), [
    'a.md is out of date at generated:numbers: run `npm run docs`',
  ]);
  assert.equal(readFileSync(join(root, 'a.md'), 'utf8'), STALE);
});

test('refreshing rewrites only the text between the markers, once', () => {
  writeFileSync(join(root, 'a.md'), STALE);
  assert.deepEqual(refresh(root, [PART], false), []);
  assert.equal(readFileSync(join(root, 'a.md'), 'utf8'), FRESH);
  assert.deepEqual(refresh(root, [PART], true), []);
});

test('a document that does not exist, or lacks its markers, is a problem', () => {
  assert.deepEqual(refresh(root, [PART], true), ['a.md cannot be read (ENOENT): it holds generated:numbers']);
  writeFileSync(join(root, 'a.md'), '<!-- /generated --> <!-- generated:numbers -->');
  for (const check of [true, false]) {
    assert.deepEqual(refresh(root, [PART], check), [
      'a.md lacks <!-- generated:numbers --> … <!-- /generated -->',
    ]);
  }
});

test('a bar in a cell is escaped', () => {
  assert.equal(table(['a', 'b'], [['x|y', '']]), '| a | b |\n| --- | --- |\n| x\\|y |  |');
});
