import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { RecordedRun } from '../../../src/recording/recorded-run.ts';
import { RecordingError } from '../../../src/recording/recording-error.ts';
import { documentOf, type Ended, remarksOf, runUnitledger, startUnitledger, until } from './unitledger.ts';

/** Children of all kinds: brief ones, some that write, one that outlives its parent, one that fails. */
const BUSY = `
for i in 1 2 3 4 5 6 7 8; do sh -c "i=0; while [ \\$i -lt 60000 ]; do i=\\$((i+1)); done"; done
head -c 3000000 /dev/zero > "$OUT"
(sleep 0.4 &)
sh -c 'exit 3'
sleep 0.3
`;

/** Samples in a recording that is being written. */
function samplesIn(file: string): number {
  try {
    return [...RecordedRun.open(file).ticks()].length;
  } catch (error) {
    if (error instanceof RecordingError || (error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

describe('unitledger --record and replay', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'unitledger-record-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  test('tell a run twice with the same words, to the last digit', async () => {
    const file = join(folder, 'told.ulr');
    const args = ['--record', file, '--interval', '0.1', '--export-interval', '0.5', '--show-cmdline'];
    const details = ['--process-details', 'threads,faults,uptime,descriptors,context-switches,run-queue,pss'];
    const environment = { OUT: join(folder, 'written') };
    const live = await runUnitledger([...args, ...details, '--summary', 'json', '--', 'sh', '-c', BUSY], {
      environment,
    });
    const document = documentOf(live);
    assert.ok(document.samples > 3 && document.units[0]!.processes.length > 1);
    const replayed = await runUnitledger(['replay', '--summary', 'json', file]);
    assert.equal(replayed.stdout, live.stdout);
    assert.deepEqual([replayed.code, replayed.stderr], [0, '']);
    for (const format of ['table', 'csv', 'markdown']) {
      const { code, stdout } = await runUnitledger(['replay', '--summary', format, file]);
      assert.equal(code, 0);
      assert.ok(stdout.includes('sh'), stdout);
    }
    const none = await runUnitledger(['replay', '--summary', 'none', file]);
    assert.deepEqual([none.code, none.stdout], [0, '']);
  });

  test('keep all of a run that is killed but what was on its way', async () => {
    const file = join(folder, 'killed.ulr');
    const watched = spawn('sleep', ['60'], { stdio: 'ignore' });
    try {
      const killed = startUnitledger(['--record', file, '--interval', '0.1', '--pid', String(watched.pid)]);
      await until(
        () => samplesIn(file) >= 10,
        () => 'ten samples in the file',
      );
      const before = samplesIn(file);
      killed.signal('SIGKILL');
      await killed.ended;
      const { code, stdout, stderr } = await runUnitledger(['replay', '--summary', 'json', file]);
      assert.equal(code, 0, stderr);
      const document = JSON.parse(stdout);
      assert.ok(document.samples >= before, `${document.samples} samples, and ${before} were there`);
      assert.equal(document.units[0].processes[0].name, 'sleep');
      assert.deepEqual(remarksOf(stderr), [
        `${file} is not the whole run: it has no end: the run was killed, or still goes on`,
      ]);
    } finally {
      watched.kill('SIGKILL');
    }
  });

  test('refuse what is no recording with one sentence, and leave it alone', async () => {
    const other = join(folder, 'other');
    writeFileSync(other, `<script>${'['.repeat(100_000)}`);
    const huge = join(folder, 'huge');
    writeFileSync(huge, '');
    // Takes no room, and is never read to its end.
    truncateSync(huge, 2 ** 30);
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['replay', other], /other cannot be replayed: it is no recording of unitledger$/],
      [['replay', huge], /huge cannot be replayed: it is no recording of unitledger$/],
      [['replay', folder], /cannot be replayed: it is a directory$/],
      [['replay', join(folder, 'none\u001b[2J')], /none\\x1b\[2J cannot be replayed: there is no such file$/],
      [
        ['--pid', '1', '--record', other],
        /--record .*other cannot be written: something else than a recording/,
      ],
      [
        ['--pid', '1', '--record', '/dev/full'],
        /--record \/dev\/full cannot be written: it is no file of its own$/,
      ],
    ];
    for (const [args, says] of cases) {
      const { code, stdout, stderr } = (await runUnitledger(args)) satisfies Ended;
      assert.deepEqual([code, stdout], [2, ''], stderr);
      assert.match(stderr, /^unitledger: [^\n]+\n$/);
      assert.match(stderr.trimEnd(), says);
    }
    assert.equal(statSync(other).size, 100_008);
  });
});
