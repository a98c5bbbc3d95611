import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { scrubCommandLine, scrubText } from '../../../src/text/scrub/scrub-command-line.ts';
import { HARMLESS_SHAPES, SECRET_SHAPES } from './shapes.ts';

test('no secret of a common shape is shown, but the program that received it is', () => {
  assert.ok(SECRET_SHAPES.length >= 120, `${SECRET_SHAPES.length}`);
  const shown = SECRET_SHAPES.filter(([secret, ...argv]) => scrubCommandLine(argv).includes(secret));
  assert.deepEqual(
    shown.map(([, ...argv]) => argv.join(' ')),
    [],
  );
  for (const [, ...argv] of SECRET_SHAPES) assert.ok(scrubCommandLine(argv).includes('***'), argv.join(' '));
});

test('no secret of a common shape is shown in a title, which is a command line as one string', () => {
  // Where an argument has spaces, a title does not tell where it ends.
  const plain = SECRET_SHAPES.filter(([secret]) => !/\s/.test(secret));
  const shown = plain.filter(([secret, ...argv]) => scrubText(argv.join(' ')).includes(secret));
  assert.deepEqual(
    shown.map(([, ...argv]) => argv.join(' ')),
    [],
  );
});

test('text that only looks like a secret is unchanged', () => {
  for (const argv of HARMLESS_SHAPES) assert.equal(scrubCommandLine(argv), argv.join(' '));
});

for (const [argv, shown] of [
  [
    ['curl', '-H', 'Authorization: Bearer abcdefgh1', 'https://a.example'],
    'curl -H Authorization: Bearer *** https://a.example',
  ],
  [['sh', '-c', 'PGPASSWORD=x1 psql -h db'], 'sh -c PGPASSWORD=*** psql -h db'],
  [['app', 'postgres://me:pw@db/x?a=1'], 'app postgres://me:***@db/x?a=1'],
  [['app', '--password', 'x1', '--host', 'db'], 'app --password *** --host db'],
  [['curl', 'https://a.example/x?a=1&token=x1&b=2'], 'curl https://a.example/x?a=1&token=***&b=2'],
  [['mount', '-o', 'username=u,password=x1,vers=3'], 'mount -o username=u,password=***,vers=3'],
] as const) {
  test(`masks nothing but the secret: ${shown}`, () => assert.equal(scrubCommandLine(argv), shown));
}

/** Parts that patterns begin with, or that stand in their way. */
const PARTS = [
  ...[
    'eyJ',
    'eyJ-',
    '.',
    '://',
    'a:',
    '@',
    '/',
    '"',
    "'",
    '\\"',
    'password=',
    'password: ',
    'token',
    '=',
    ':',
    '>',
    '<',
    ',',
    ';',
  ],
  ...[
    '-----BEGIN PRIVATE KEY-----',
    '-----END',
    'ghp_',
    'sk-',
    'bearer ',
    'Bearer x',
    ' ',
    '\n',
    '-p',
    '--password ',
    'sh -c ',
    '"sh -c \'',
  ],
  ...[
    'hooks.slack.com/services/',
    '?key=',
    '&',
    '$(',
    '`',
    '{',
    '[',
    ']',
    'a',
    'A1',
    '8Q~',
    '\\',
    'mysql ',
    'AKIA',
  ],
];

test('the time grows linearly with the length of the text, whatever its contents', () => {
  const micros = (text: string) => {
    const before = process.cpuUsage().user;
    scrubCommandLine(['sh', '-c', text]);
    scrubCommandLine([text]);
    scrubText(text);
    return process.cpuUsage().user - before;
  };
  const repeated = (parts: readonly string[], length: number) =>
    parts.join('').repeat(Math.ceil(length / parts.join('').length));
  const grows = (parts: readonly string[]) => {
    const few = Math.min(...[1, 2, 3].map(() => micros(repeated(parts, 4_096))));
    const many = Math.min(...[1, 2].map(() => micros(repeated(parts, 65_536))));
    // 16 times the length: 256 times the work, were it the square.
    assert.ok(
      many < 100 * Math.max(few, 1_000),
      `${many} µs for 64 KiB, ${few} µs for 4 KiB of ${JSON.stringify(parts)}`,
    );
  };
  for (const part of PARTS) grows([part]);
  fc.assert(fc.property(fc.array(fc.constantFrom(...PARTS), { minLength: 2, maxLength: 4 }), grows), {
    numRuns: 30,
  });
});

test('any text is accepted, and text without any sign of a secret is unchanged', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 5 }), (argv) => {
      assert.equal(typeof scrubCommandLine(argv), 'string');
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z]{1,8}$/), { maxLength: 5 }), (argv) => {
      if (argv.some((word) => /pass|auth|token|require/.test(word))) return;
      assert.equal(scrubCommandLine(argv), argv.join(' '));
    }),
  );
});
