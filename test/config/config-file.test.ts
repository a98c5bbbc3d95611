import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { configIn, refusedIn } from './loading.ts';

const ARGV = ['--config', 'conf.yaml'];
const config = (content: string | Uint8Array) => configIn({ files: { 'conf.yaml': content } }, ARGV);
const refused = (content: string | Uint8Array | Error) =>
  refusedIn({ files: { 'conf.yaml': content } }, ARGV).message;

test('a file names options by their flags, with a value, or a list if several are permitted', () => {
  const read = config(`
service: [nginx, postgresql@16-main]
unit: redis
cgroup: /x
pid: [7, 8]
interval: 250ms
duration: 30
show-cmdline: true
export: [console, otlp]
export-interval: 2.5
summary-rows: 12
`);
  assert.deepEqual(read.targets, [
    { kind: 'unit', name: 'nginx.service' },
    { kind: 'unit', name: 'postgresql@16-main.service' },
    { kind: 'unit', name: 'redis.service' },
    { kind: 'cgroup', path: '/x' },
    { kind: 'pid', pid: 7 },
    { kind: 'pid', pid: 8 },
  ]);
  assert.equal(read.intervalSeconds, 0.25);
  assert.equal(read.durationSeconds, 30);
  assert.equal(read.showCommandLine, true);
  assert.deepEqual(read.exporters, ['console', 'otlp']);
  assert.equal(read.exportIntervalSeconds, 2.5);
  assert.equal(read.summaryRows, 12);
});

test('exit records are words, or the booleans that some YAML parsers make of them', () => {
  const mode = (value: string) => config(`pid: 7\nexit-records: ${value}`).exitRecords;
  for (const [value, meant] of [
    ['auto', 'auto'],
    ['on', 'on'],
    ['off', 'off'],
    ['true', 'on'],
    ['false', 'off'],
  ] as const)
    assert.equal(mode(value), meant);
  assert.match(refused('pid: 7\nexit-records: 2'), /exit-records in conf.yaml must be auto, on or off/);
});

test('JSON is accepted like YAML, with a byte-order mark too', () => {
  assert.equal(config('{"pid": 7, "interval": "2s", "export": "otlp,console"}').exporters.length, 2);
  assert.equal(config('\ufeff{"pid": 7, "interval": 2}').intervalSeconds, 2);
});

test('the environment may name the file, and a flag overrides it', () => {
  const files = { 'a.yaml': 'interval: 1', 'b.yaml': 'interval: 2' };
  const env = { UNITLEDGER_CONFIG: 'a.yaml' };
  assert.equal(configIn({ files, env }).intervalSeconds, 1);
  assert.equal(configIn({ files, env }, ['--pid', '1', '--config', 'b.yaml']).intervalSeconds, 2);
  assert.match(
    refusedIn({ env }).message,
    /^UNITLEDGER_CONFIG must be a file that can be read: a\.yaml does not exist$/,
  );
});

test('an empty file sets nothing, and an empty list of targets names none', () => {
  for (const content of ['', '# nothing\n', '---\n', 'null', '{}', 'service: []']) {
    assert.match(refused(content), /^no target: name one/, content);
  }
});

test('a bad value is rejected with its key and file', () => {
  assert.match(refused('interval: 0'), /^interval in conf\.yaml must be > 0 .*, not "0"$/);
  assert.match(refused('interval: abc'), /^interval in conf\.yaml must be a duration > 0 /);
  assert.match(refused('interval: .nan'), /^interval in conf\.yaml must be a duration > 0 .*, not "NaN"$/);
  assert.match(refused('interval: -.inf'), /^interval in conf\.yaml must be a duration > 0 /);
  assert.match(
    refused('pid: 1.5'),
    /^pid in conf\.yaml must be a whole number from 1 to 4194304, not "1\.5"$/,
  );
  assert.match(
    refused('service: [nginx, "a b"]'),
    /^service in conf\.yaml must be the name of .*, not "a b"$/,
  );
});

test('a value of the wrong type is rejected, with its type', () => {
  assert.match(
    refused('interval: [1]'),
    /^interval in conf\.yaml must be > 0 .*, written as a number or text, not a list$/,
  );
  assert.match(refused('interval: {a: 1}'), /not a map$/);
  assert.match(refused('interval:'), /not nothing$/);
  assert.match(refused('interval: true'), /not the switch true$/);
  assert.match(
    refused('pid: "7"'),
    /^pid in .* \(or a list of them\), written as a number, not the text "7"$/,
  );
  assert.match(refused('service: [[nginx]]'), /^service in .*, written as text, not a list$/);
  assert.match(refused('service: 5'), /not the number 5$/);
  assert.match(refused('show-cmdline: "true"'), /^show-cmdline in .* true or false, not the text "true"$/);
  assert.match(refused('show-cmdline: yes'), /not the text "yes"$/);
  assert.match(refused('export: []'), /^export in conf\.yaml must be .*, not an empty list$/);
  assert.match(refused('summary: !!binary aGk='), /not a map$/);
});

test('an unknown key is rejected, and a similar name is suggested', () => {
  assert.equal(refused('intervall: 1'), 'unknown key "intervall" in conf.yaml; did you mean interval?');
  assert.equal(refused('frobnicate: 1'), 'unknown key "frobnicate" in conf.yaml');
  for (const key of ['config', 'help', 'version', 'Interval', '--interval', '<<', '5']) {
    assert.match(refused(`"${key}": 1`), /^unknown key /, key);
  }
});

test('a key with a meaning in JavaScript is an ordinary unknown key', () => {
  for (const key of ['__proto__', 'constructor', 'prototype', 'toString', '__proto__.polluted']) {
    assert.equal(refused(`{"${key}": {"polluted": 1}}`), `unknown key "${key}" in conf.yaml`);
  }
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});

test('anything but a YAML map is rejected, with the reason', () => {
  const noMap = /^conf\.yaml must be a YAML or JSON map of options: /;
  for (const content of [
    'a: [1',
    'a: 1\na: 2',
    '- a',
    'nginx',
    '5',
    '{"a": 1',
    'a: *x',
    '\t- x: [',
    '? [a]\n: b',
  ]) {
    assert.match(refused(content), noMap, content);
  }
  assert.match(refused('interval: 1\ninterval: 2'), /it holds the key "interval" more than once$/);
  assert.match(refused('interval: 1\n---\ninterval: 2'), /it holds more than one document$/);
  assert.match(refused('interval: !!js/function x'), /Unresolved tag/);
  assert.match(refused('- a'), /it holds a list$/);
  assert.match(refused(Buffer.from([0x69, 0xff, 0xfe])), /it is not UTF-8 text$/);
});

test('aliases that expand exponentially are rejected before expansion', () => {
  let bomb = 'a: &a [x,x,x,x,x,x,x,x,x]\n';
  for (let level = 1; level < 9; level++) {
    const before = 'abcdefghi'[level - 1];
    bomb += `${'abcdefghi'[level]}: &${'abcdefghi'[level]} [${Array(9).fill(`*${before}`).join(',')}]\n`;
  }
  assert.match(refused(bomb), /Excessive alias count/);
});

test('many aliases are rejected before each is resolved', () => {
  const own = (count: number) =>
    `service:\n${Array.from({ length: count }, (_, i) => `- &a${i} x${i}\n`).join('')}` +
    `pid:\n${Array.from({ length: count }, (_, i) => `- *a${i}\n`).join('')}`;
  assert.match(refused(own(101)), /it holds more than 100 aliases$/);
  assert.doesNotMatch(refused(own(100)), /aliases/);
});

test('parse time grows linearly with the number of keys', () => {
  const userMicros = (keys: number) => {
    const content = Array.from({ length: keys }, (_, i) => `a${i}: 1`).join('\n');
    const before = process.cpuUsage().user;
    assert.match(refused(content), /^unknown key "a0" in conf\.yaml$/);
    return process.cpuUsage().user - before;
  };
  userMicros(500);
  const few = Math.min(...Array.from({ length: 3 }, () => userMicros(2_000)));
  // 12 times as many keys: 144 times as much work, were each compared with every other one.
  assert.ok(userMicros(24_000) < 40 * few, `${few} µs for 2,000 keys`);
});

test('an empty list is read if it is the default, and rejected if it is ambiguous', () => {
  assert.deepEqual(config('allowed-hosts: []\nservice: nginx').allowedHosts, []);
  assert.match(refused('export: []\nservice: nginx'), /not an empty list$/);
});

test('a list of the maximum size of a file is read', () => {
  const listed = 'otlp,'.repeat(200_000).slice(0, -1);
  assert.deepEqual(config(`export: "${listed}"\nservice: nginx`).exporters, ['otlp']);
});

test('an unreadable file is rejected, with the reason', () => {
  const failure = (code: string) => Object.assign(new Error(code), { code });
  const start = '--config must be a file that can be read: conf.yaml';
  assert.equal(refused(failure('ENOENT')), `${start} does not exist`);
  assert.equal(refused(failure('EACCES')), `${start} may not be read by this user`);
  assert.equal(refused(failure('EISDIR')), `${start} is a directory`);
  assert.equal(refused(failure('EIO')), `${start} cannot be read (EIO)`);
  assert.equal(refused(new Error('what?')), `${start} cannot be read (unknown error)`);
});

test('a file over 1 MiB is rejected, and one of exactly 1 MiB is read', () => {
  const line = 'interval: 2\n';
  const limit = 1024 * 1024;
  assert.equal(
    configIn({ files: { f: line + '#'.repeat(limit - line.length) } }, ['--pid=1', '--config', 'f'])
      .intervalSeconds,
    2,
  );
  assert.equal(
    refused(line + '#'.repeat(limit - line.length + 1)),
    '--config must be a file of at most 1 MiB, and conf.yaml is larger',
  );
});

test('contents of a file that is not a configuration are not shown', () => {
  for (const secret of ['root:$6$salt$hash:20228:0:99999:7:::', 'root:x:1', 'pass word', 'a: &x'])
    for (const content of [secret, `${secret}\n${secret}`, `"${secret}": 1`])
      assert.doesNotMatch(refused(content), /salt|root|word/, content);
});

test('nothing in a file is printed raw', () => {
  assert.equal(refused('"\\e[2J\\n": 1'), 'unknown key (not shown: it is no option name) in conf.yaml');
  assert.match(refused('interval: "\\e[2J"'), /not "\\x1b\[2J"$/);
  assert.match(refusedIn({}, ['--config', 'a\u001b\nb']).message, /: a\\x1b\\nb does not exist$/);
});

test('loading any file ends in a configuration or a ConfigError', () => {
  const bytes = fc.uint8Array({ maxLength: 200 });
  const keys = fc.constantFrom(
    'interval',
    'service',
    'pid',
    'export',
    'show-cmdline',
    '__proto__',
    'summary',
  );
  const json = fc.dictionary(keys, fc.jsonValue()).map((value) => JSON.stringify(value));
  fc.assert(
    fc.property(fc.oneof(fc.string({ maxLength: 200 }), bytes, json), (content) => {
      const world = { files: { 'conf.yaml': content } };
      try {
        configIn(world, ['--pid', '1', ...ARGV]);
      } catch {
        // refusedIn fails for any error that is no ConfigError with a printable sentence.
        refusedIn(world, ['--pid', '1', ...ARGV]);
      }
    }),
    { numRuns: 300 },
  );
});
