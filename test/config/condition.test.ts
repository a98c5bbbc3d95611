import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Condition } from '../../src/comparison/conditions.ts';
import { METRIC_NAMES } from '../../src/comparison/metrics.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { readCondition, writeCondition } from '../../src/config/read-condition.ts';
import { loadIn, refusedIn } from './loading.ts';

function read(text: string): Condition {
  const condition = readCondition(text);
  assert.ok(!('problem' in condition), JSON.stringify(condition));
  return condition;
}

/** What it says, with patterns as text. */
function said(text: string) {
  const { unit, name, metric, sense, threshold } = read(text);
  return [unit?.text ?? null, name?.text ?? null, metric, sense, threshold.kind, threshold.value];
}

test('a condition has a metric and a threshold, and optionally units and names', () => {
  assert.deepEqual(said('cpu.avg>+10%'), [null, null, 'cpu.avg', '>', 'percent', 10]);
  assert.deepEqual(said('  cpu.avg  >  +0.1cores '), [null, null, 'cpu.avg', '>', 'difference', 10]);
  assert.deepEqual(said('cpu.avg>0.5cores'), [null, null, 'cpu.avg', '>', 'level', 50]);
  assert.deepEqual(said('memory.max>+64MiB'), [null, null, 'memory.max', '>', 'difference', 64 * 2 ** 20]);
  assert.deepEqual(said('memory.max>256MiB'), [null, null, 'memory.max', '>', 'level', 256 * 2 ** 20]);
  assert.deepEqual(said('transfer.rate<-20%'), [null, null, 'transfer.rate', '<', 'percent', -20]);
  assert.deepEqual(said('disk.rate>+1.5KiB/s'), [null, null, 'disk.rate', '>', 'difference', 1536]);
  assert.deepEqual(said('exits.rate>2/s'), [null, null, 'exits.rate', '>', 'level', 2]);
  assert.deepEqual(said('cpu.seconds>+500ms'), [null, null, 'cpu.seconds', '>', 'difference', 0.5]);
  assert.deepEqual(said('oom.kills>0'), [null, null, 'oom.kills', '>', 'level', 0]);
  assert.deepEqual(said('unit:nginx.service cpu.avg>+10%').slice(0, 2), ['nginx.service', null]);
  assert.deepEqual(said('unit:web@* name:"my \\"app\\"" exits>+5').slice(0, 2), ['web@*', 'my "app"']);
  assert.deepEqual(said('name:unit:x processes>+0').slice(0, 2), [null, 'unit:x']);
});

test('names are patterns', () => {
  const { unit } = read('unit:postgresql@* cpu.avg>+1%');
  assert.ok(unit?.matches('postgresql@16-main.service'));
  assert.ok(!unit?.matches('nginx.service'));
});

const MISREAD: readonly (readonly [text: string, at: number, says: RegExp])[] = [
  ['', 0, /metric is expected here: cpu\.avg/],
  ['cpu.avgg>+10%', 0, /did you mean cpu\.avg\?/],
  ['cpu.avg', 7, /> or < is expected/],
  ['cpu.avg=+10%', 7, /> or < is expected/],
  ['cpu.avg>=10%', 8, /without =/],
  ['cpu.avg>', 8, /number is expected/],
  ['cpu.avg>+ten', 9, /number is expected/],
  ['cpu.avg>10%', 8, /needs a sign: \+10%/],
  ['cpu.avg>+10', 11, /its unit must be cores/],
  ['memory.max>+64MB', 14, /KiB, MiB/],
  ['memory.max>+64', 14, /KiB, MiB/],
  ['cpu.avg>+10% x', 13, /nothing may follow/],
  ['unit: cpu.avg>+10%', 5, /name of a unit/],
  ['unit:"nginx cpu.avg>+10%', 5, /quote is not closed/],
  ['unit:"a\\b" cpu.avg>+10%', 7, /followed by/],
  ['unit:"a"cpu.avg>+10%', 8, /space must follow/],
  ['unit:[ cpu.avg>+10%', 5, /pattern is invalid/],
  ['name:a unit:b cpu.avg>+10%', 7, /unit: comes before name:/],
  ['memory.max>+1e999B', 11, /too large/],
  ['memory.max>+1e300TiB', 11, /its unit|too large/],
];

for (const [text, at, says] of MISREAD) {
  test(`"${text}" does not parse at character ${at}`, () => {
    const misread = readCondition(text);
    assert.ok('problem' in misread, JSON.stringify(misread));
    assert.equal(misread.at, at);
    assert.match(misread.problem, says);
  });
}

test('any text is a condition or not, and the error index is within it', () => {
  const parts = fc.constantFrom(
    ...METRIC_NAMES,
    'unit:',
    'name:',
    '"',
    '\\',
    '>',
    '<',
    '+',
    '-',
    '%',
    '9',
    'MiB',
    ' ',
    '[',
    '*',
    'cores',
    '/s',
    'e9',
    '\u001b',
    '👾',
  );
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(parts).map((some) => some.join('')),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const result = readCondition(text);
      if ('problem' in result) assert.ok(result.at >= 0 && result.at <= text.length);
      else assert.equal(result.text, text);
    }),
    { numRuns: 2000 },
  );
});

const anyCondition = fc.record({
  scope: fc.option(fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !text.includes('['))),
  name: fc.option(fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !text.includes('['))),
  metric: fc.constantFrom(...METRIC_NAMES),
  sense: fc.constantFrom('>', '<'),
  kind: fc.constantFrom('percent', 'difference', 'level'),
  value: fc.double({ min: -1e15, max: 1e15, noNaN: true }),
});

test('written conditions parse to the same condition', () => {
  fc.assert(
    fc.property(anyCondition, ({ scope, name, metric, sense, kind, value }) => {
      const glob = (text: string | null) => (text === null ? null : { text, matches: () => true });
      const threshold = { kind, value: kind === 'level' ? Math.abs(value) : value } as const;
      const written = writeCondition({
        text: '',
        unit: glob(scope),
        name: glob(name),
        metric,
        sense,
        threshold,
      } as Condition);
      const again = read(written);
      assert.deepEqual(
        [again.unit?.text ?? null, again.name?.text ?? null, again.metric, again.sense, again.threshold],
        [scope, name, metric, sense, threshold],
        written,
      );
      assert.equal(writeCondition(again), written);
    }),
  );
});

test('a condition that does not parse is refused with a caret under the character', () => {
  const error = refusedIn({}, ['compare', 'a', 'b', '--fail-if', 'cpu.avg=>+10%']);
  assert.match(
    error.message,
    /^--fail-if "cpu\.avg=>\+10%" does not parse at character 8: > or < is expected here$/,
  );
  assert.equal(error.picture, '  cpu.avg=>+10%\n         ^');
});

test('the caret is correct for wide characters, and for none or many', () => {
  for (const name of ['日本', '\u001b[2J', 'x'.repeat(500), '👾', 'a\u0301'])
    for (const [text, at] of [[`unit:${name} cpu.avg?`, `unit:${name} cpu.avg`.length] as const]) {
      const error = new ConfigError('', { option: '--fail-if', value: text, at });
      const [line, caret] = error.picture!.split('\n') as [string, string];
      assert.match(line, /^[…\x20-\x7e]+$/);
      assert.equal(line[caret.length - 1], '?', error.picture);
      assert.ok(line.length < 200);
    }
});

test('compare gets its files, and which are after', () => {
  const sides = (...argv: string[]) => {
    const loaded = loadIn({}, ['compare', ...argv]);
    assert.ok('command' in loaded && loaded.command === 'compare');
    return [loaded.config.before, loaded.config.after];
  };
  assert.deepEqual(sides('a', 'b'), [['a'], ['b']]);
  assert.deepEqual(sides('a', '--', 'b'), [['a'], ['b']]);
  assert.deepEqual(sides('--', '-a', '-b'), [['-a'], ['-b']]);
  assert.deepEqual(sides('a1', 'a2', '--', 'b1'), [['a1', 'a2'], ['b1']]);
  for (const [argv, says] of [
    [[], /needs two runs, and has none/],
    [['a'], /needs two runs, and has one/],
    [['a', 'b', 'c'], /has 3 files and needs -- between the two sides/],
    [['a', '--', 'b', '--fail-if', 'x'], /"--fail-if" is after --/],
    [['a', ''], /one of them is empty/],
    [['a', 'b', '--confidence', '100'], /--confidence must be a percentage/],
    [['a', 'b', '--format', 'csv'], /--format must be table or json, for compare also markdown or html/],
    [['a', 'b', '--unit-map', 'x'], /--unit-map must be BEFORE=AFTER/],
    [['a', 'b', '--output', '/none/x'], /--output must be a file in a directory that exists/],
  ] as const)
    assert.match(refusedIn({}, ['compare', ...argv]).message, says);
  assert.match(
    refusedIn({}, ['doctor', '--format', 'html']).message,
    /--format of doctor must be table or json/,
  );
});
