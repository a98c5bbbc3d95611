import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import manifest from '../../../package.json' with { type: 'json' };
import { type Ended, runUnitledger } from './unitledger.ts';

/** Enough to start with, so that only what is tested is wrong. */
const TRUE = ['--', 'true'];

describe('unitledger on bad input', { concurrency: availableParallelism() }, () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'unitledger-input-'));
    writeFileSync(join(folder, 'cut.yaml'), 'service: [nginx');
    writeFileSync(join(folder, 'unknown.yaml'), 'service: nginx\nintervall: 1s\n');
    writeFileSync(join(folder, 'types.yaml'), 'service: nginx\ninterval: true\n');
  });
  after(() => rmSync(folder, { recursive: true }));

  function assertOneSentence(ended: Ended, says: RegExp): void {
    const { code, stdout, stderr } = ended;
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /^unitledger: [^\n]+\n(?: .*\n *\^\n)?$/);
    assert.match(stderr, says);
    assert.doesNotMatch(stderr, /\n\s+at |Error:|node:internal/);
    assert.ok(stderr.length < 500, `${stderr.length} characters`);
  }

  const cases: readonly [string, readonly string[], RegExp][] = [
    ['an interval of 0', ['--interval', '0', ...TRUE], /--interval must be > 0/],
    ['a negative interval', ['--interval', '-1', ...TRUE], /--interval must be > 0.*"-1"/],
    ['an interval that is no number', ['--interval', 'abc', ...TRUE], /--interval must be .*"abc"/],
    [
      'an interval that begins like a number',
      ['--interval', '80abc', ...TRUE],
      /--interval must be .*"80abc"/,
    ],
    ['an interval that is NaN', ['--interval=NaN', ...TRUE], /--interval must be .*"NaN"/],
    ['a negative duration', ['--duration', '-5', ...TRUE], /--duration must be >= 0.*"-5"/],
    ['an unreadable duration', ['--duration', '5 minutes', ...TRUE], /--duration must be .*"5 minutes"/],
    [
      'a live view without a terminal',
      ['--live', ...TRUE],
      /--live needs a terminal, but standard input is not one/,
    ],
    [
      'a condition that does not parse',
      ['compare', 'a', 'b', '--fail-if', 'cpu'],
      /--fail-if "cpu" does not parse at character 1: .*cpu\.avg/,
    ],
    ['an unknown option', ['--servce', 'nginx'], /unknown option --servce; did you mean --service\?/],
    ['an option without its value', ['--service'], /--service needs a value/],
    ['no target', [], /--service/],
    ['a command beside a target', ['--service', 'nginx', ...TRUE], /--service|command/],
    ['nothing after --', ['--'], /-- must be followed by a command/],
    ['an argument without its option', ['nginx'], /unexpected argument "nginx".*--service nginx/],
    ['a name with a slash', ['--service', '../nginx'], /--service must be .*"\.\.\/nginx"/],
    ['a name with escape sequences', ['--service', '\x1b[31mred\x07'], /"\\x1b\[31mred\\x07"/],
    [
      'a summary file in no directory',
      ['--summary-file', '/nonexistent/x', ...TRUE],
      /--summary-file .*\/nonexistent/,
    ],
    ['a proc root that is not there', ['--proc-root', '/nonexistent', ...TRUE], /--proc-root \/nonexistent/],
    [
      'a proc root without processes',
      ['--proc-root', '/etc', ...TRUE],
      /--proc-root \/etc holds no processes/,
    ],
    [
      'a cgroup root that is not there',
      ['--cgroup-root', '/nonexistent', '--service', 'nginx'],
      /--cgroup-root \/nonexistent does not exist/,
    ],
    [
      'a cgroup root that holds none',
      ['--cgroup-root', '/etc', '--service', 'nginx'],
      /--cgroup-root \/etc holds no cgroup tree/,
    ],
    ['a file that is not there', ['--config', '/nonexistent.yaml'], /--config .*\/nonexistent\.yaml/],
  ];
  for (const [title, args, says] of cases) {
    test(`${title} is one sentence, and exit code 2`, async () => {
      assertOneSentence(await runUnitledger(args), says);
    });
  }

  for (const [title, file, says] of [
    ['a file that is cut off', 'cut.yaml', /cut\.yaml/],
    ['an unknown key', 'unknown.yaml', /"intervall" in .*unknown\.yaml; did you mean interval\?/],
    ['a value of a wrong type', 'types.yaml', /interval in .*types\.yaml must be .*true/],
  ] as const) {
    test(`${title} is one sentence, and exit code 2`, async () => {
      assertOneSentence(await runUnitledger(['--config', join(folder, file)]), says);
    });
  }

  test('a bad variable is named in the error', async () => {
    const ended = await runUnitledger(TRUE, { environment: { UNITLEDGER_INTERVAL: '0' } });
    assertOneSentence(ended, /UNITLEDGER_INTERVAL must be > 0/);
  });

  test('help and version need no valid input', async () => {
    const help = await runUnitledger(['--help']);
    assert.deepEqual([help.code, help.stderr], [0, '']);
    assert.match(help.stdout, /--service, --unit NAME/);
    const version = await runUnitledger(['--version']);
    assert.deepEqual(
      [version.code, version.stdout, version.stderr],
      [0, `unitledger ${manifest.version}\n`, ''],
    );
  });
});
