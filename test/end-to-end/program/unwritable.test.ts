import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { constants, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { SUMMARY_FORMATS } from '../../../src/config/config.ts';
import { PROGRAM } from '../../bundle.ts';
import { plainEnvironment, runUnitledger, startUnitledger } from './unitledger.ts';

/** Runs a line of shell in which `$UL` is the program. */
function shell(line: string): { readonly code: number | null; readonly stderr: string } {
  const { status, stderr } = spawnSync(
    'bash',
    ['-c', line.replaceAll('$UL', `${process.execPath} ${PROGRAM}`)],
    { env: plainEnvironment(), encoding: 'utf8', timeout: 60_000 },
  );
  return { code: status, stderr };
}

describe('output that cannot be written', () => {
  let folder: string;
  let recording: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'unitledger-unwritable-'));
    recording = join(folder, 'run.ulr');
    const args = ['--summary', 'none', '--interval', '0.1', '--record', recording, '--', 'sleep', '0.5'];
    assert.equal((await runUnitledger(args)).code, 0);
  });
  after(() => rmSync(folder, { recursive: true }));

  const commands = () => [
    ...SUMMARY_FORMATS.filter((format) => format !== 'none').map(
      (format) => `$UL --summary ${format} -- true`,
    ),
    ...['table', 'json', 'markdown', 'html'].map(
      (format) => `$UL compare --format ${format} ${recording} ${recording}`,
    ),
    `$UL replay ${recording}`,
    `$UL replay --to otlpjson ${recording}`,
    `$UL report ${recording}`,
    '$UL doctor',
    '$UL --help',
    '$UL compare --help',
    '$UL --version',
  ];

  test('is one sentence and exit code 74 on a full disk, whatever the command and the format', () => {
    for (const command of commands()) {
      const { code, stderr } = shell(`${command} > /dev/full`);
      assert.equal(code, 74, `${command}\n${stderr}`);
      assert.match(stderr, /standard output cannot be written \(no space left on device, ENOSPC\)/, command);
      assert.doesNotMatch(stderr, /\n\s+at /, command);
    }
  });

  test('is no error where the reader of a pipe has gone', () => {
    for (const command of commands()) {
      const { code, stderr } = shell(`(${command}; echo "code=$?" >&2) | true`);
      assert.match(stderr, /code=[01]$/m, command);
      assert.doesNotMatch(stderr, /cannot be written|EPIPE/, command);
      assert.equal(code, 0);
    }
  });

  test('leaves the exit code to a command that failed', () => {
    assert.equal(shell('$UL --summary json -- sh -c "exit 3" > /dev/full').code, 3);
  });

  test('goes to standard output instead of a summary file, with exit code 74', async () => {
    const args = ['--summary', 'json', '--summary-file', '/dev/full', '--', 'true'];
    const { code, stdout, stderr } = await runUnitledger(args);
    assert.equal(code, 74, stderr);
    JSON.parse(stdout);
    assert.match(stderr, /--summary-file \/dev\/full cannot be written/);
  });

  test('leaves no part of a file on a disk that is full', () => {
    // A file system of its own, whose 64 KiB do not take the report.
    const line = `mount -t tmpfs -o size=64k none ${folder} && $UL report /proc/self/fd/9 --report ${folder}/run.html 9<${recording}; code=$?; ls -A ${folder}; exit $code`;
    const { code, stderr } = shell(
      `cp ${recording} ${folder}-copy && unshare -m bash -c '${line.replaceAll(recording, `${folder}-copy`)}' >&2; code=$?; rm ${folder}-copy; exit $code`,
    );
    assert.equal(code, 74, stderr);
    assert.match(stderr, /no space left on device/);
    assert.doesNotMatch(stderr, /run\.html$|\.part/m);
    assert.ok(readdirSync(folder).includes('run.ulr'));
  });
});

test('a pipe stays in blocking mode for the other programs that write to it', async () => {
  const piped = (command: readonly string[]) => ['sh', '-c', '"$@" 2>&1 | cat', 'sh', ...command];
  const program = startUnitledger(['--pid', String(process.pid), '--summary', 'none'], { by: piped });
  await program.watches(process.pid);
  for (const descriptor of [1, 2]) {
    const about = readFileSync(`/proc/${program.pid()}/fdinfo/${descriptor}`, 'latin1');
    const flags = Number.parseInt(/^flags:\t([0-7]+)$/m.exec(about)![1]!, 8);
    assert.equal(flags & constants.O_NONBLOCK, 0, about);
  }
  program.signal('SIGINT');
  const { stdout } = await program.ended;
  assert.match(stdout, /following pid/);
});
