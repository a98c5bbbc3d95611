import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMANDS } from '../../src/config/commands.ts';
import { helpText } from '../../src/config/help.ts';
import {
  defaultTextOf,
  flagOf,
  GROUPS,
  isOptionOf,
  namesOf,
  type Option,
  variablesOf,
} from '../../src/config/option.ts';
import { OPTIONS, VALUE_OPTIONS } from '../../src/config/options.ts';
import { suggestion } from '../../src/config/suggestion.ts';

const options: readonly Option[] = OPTIONS;

test('no two options share a name or a variable', () => {
  const names = options.flatMap(namesOf);
  assert.deepEqual(names, [...new Set(names)]);
  const variables = [
    ...options.flatMap(variablesOf),
    ...VALUE_OPTIONS.flatMap((o) => o.standard.map((s) => s.variable)),
  ];
  assert.deepEqual(variables, [...new Set(variables)]);
  for (const variable of variables) assert.match(variable, /^(UNITLEDGER|OTEL)(_[A-Z]+)+$/);
});

test('every default is accepted by its own format, and written as it would be typed', () => {
  for (const option of VALUE_OPTIONS) {
    const values = Array.isArray(option.default) ? option.default : [option.default];
    for (const value of values) {
      if (value === undefined) continue;
      assert.deepEqual(option.format.read(option.format.write(value)), { kind: 'value', value }, option.name);
    }
  }
  assert.equal(defaultTextOf(VALUE_OPTIONS.find(({ name }) => name === 'interval')!), '0.5s');
});

test('the short help of the main command fits a screen, and lists its most used options, one line each', () => {
  const text = helpText('track', { all: false });
  const lines = text.split('\n');
  assert.ok(lines.length <= 40, `${lines.length} lines`);
  for (const line of lines) assert.ok(line.length <= 80, line);
  const brief = options.filter((option) => option.brief !== undefined);
  assert.ok(brief.length >= 15);
  for (const option of brief) assert.ok(text.includes(`  ${option.brief}\n`), option.name);
  assert.match(text, /--help all/);
  for (const name of ['nice', 'spool-dir']) assert.ok(!text.includes(flagOf({ name })), name);
});

test('help of each command lists all its options, with their variables and defaults, in 80 columns', () => {
  for (const { name } of COMMANDS) {
    const text = helpText(name, { all: true });
    for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
    for (const option of options) {
      const isShown = new RegExp(`^  (?=-).*${flagOf(option)}\\b(?!-).*\\n      \\S`, 'm').test(text);
      assert.equal(isShown, isOptionOf(option, name), `${name} ${option.name}`);
      if (!isShown) continue;
      for (const variable of variablesOf(option)) assert.match(text, new RegExp(`[ ,]${variable}\\b`));
    }
    for (const part of ['Usage: unitledger', 'Examples:', 'Exit codes:', '  0  ', '  2  '])
      assert.ok(text.includes(part), part);
  }
  const all = COMMANDS.map(({ name }) => helpText(name, { all: true })).join('');
  for (const group of GROUPS) assert.ok(all.includes(`\n${group}:\n`), group);
  for (const { name } of COMMANDS)
    assert.match(helpText('track', { all: true }), new RegExp(`^  ${name} `, 'm'));
});

test('a similar name has few letters added, missing, changed or swapped', () => {
  const names = ['interval', 'pid', 'export', 'export-interval'];
  assert.equal(suggestion('intreval', names), 'interval');
  assert.equal(suggestion('interva', names), 'interval');
  assert.equal(suggestion('exporter', names), 'export');
  assert.equal(suggestion('export-intervall', names), 'export-interval');
  assert.equal(suggestion('pdi', names), 'pid');
  assert.equal(suggestion('xyz', names), undefined);
  assert.equal(suggestion('', names), undefined);
  assert.equal(suggestion('x'.repeat(100_000), names), undefined);
});
