import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { RunDocument, RunUnit } from '../../../src/ledger/document/run-document.ts';
import { bootSystemd, type SystemdLab, skipLab } from '../systemd/lab.ts';
import { logOf, runUnitledger, startUnitledger } from './unitledger.ts';

const RUNS = [1, 2, 3];

/** CPU is higher. Memory is that of a small shell, of which one sample more or less may be lower. */
const HIGHER_UNCONFIRMED = /^unitledger compare: higher(?: in part, lower in part)?, unconfirmed\n/;

/** A shell that counts so far: CPU that no other load on the machine changes. */
function counting(times: number): string {
  return `i=0; while [ $i -lt ${times} ]; do i=$((i+1)); done`;
}

describe('unitledger compare', () => {
  let folder: string;
  const file = (name: string) => join(folder, name);
  const filesOf = (build: string) => RUNS.map((run) => file(`${build}-${run}`));

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'unitledger-compare-'));
    // In turn, and both kinds of files: a recording, and a run document.
    for (const run of RUNS)
      for (const [build, times] of [
        ['old', 200_000],
        ['same', 200_000],
        ['heavy', 800_000],
      ] as const) {
        const kept =
          run % 2 === 0
            ? ['--summary', 'json', '--summary-file', file(`${build}-${run}`)]
            : ['--record', file(`${build}-${run}`), '--summary', 'none'];
        const job = await runUnitledger([...kept, '--interval', '0.1', '--', 'sh', '-c', counting(times)]);
        assert.equal(job.code, 0, job.stderr);
      }
  });
  after(() => rmSync(folder, { recursive: true }));

  test('finds the heavier of two builds heavier, and says so with exit code 3', async () => {
    const args = ['--fail-if', 'cpu.seconds>+50%', '--fail-if', 'unit:sh name:sh cpu.seconds>+50%'];
    const sides = [...filesOf('old'), '--', ...filesOf('heavy')];
    const { code, stdout, stderr } = await runUnitledger(['compare', ...args, '--format', 'json', ...sides]);
    assert.equal(code, 3, stderr);
    const schema = JSON.parse(
      readFileSync(new URL('../../../docs/comparison.schema.json', import.meta.url), 'utf8'),
    );
    const document = JSON.parse(stdout);
    const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);
    const isValid: boolean = validate(document);
    assert.ok(isValid, JSON.stringify(validate.errors));
    const [unit] = document.units;
    assert.deepEqual([unit.unit, unit.presence, unit.finished], ['sh', 'both', true]);
    const cpu = unit.figures.find(({ metric }: { metric: string }) => metric === 'cpu.seconds');
    assert.equal(cpu.verdict, 'more');
    assert.ok(cpu.ratio > 0.5 && cpu.interval.low > 0, JSON.stringify(cpu));
    const errors = logOf(stderr).filter(({ level }) => level === 'error');
    assert.equal(errors.length, 2);
    assert.match(
      errors[0]!.msg,
      /^regression \(cpu\.seconds>\+50%\): sh, cpu\.seconds .* before, .* after: \+/,
    );
    for (const format of ['table', 'markdown', 'html']) {
      const output = file(`heavier.${format}`);
      const told = await runUnitledger(['compare', '--format', format, '--output', output, ...sides]);
      assert.deepEqual([told.code, told.stdout, told.stderr], [0, '', '']);
      assert.match(readFileSync(output, 'utf8'), /heavier/);
    }
  });

  test('finds the same build no heavier', async () => {
    // Far beyond what a busy machine does to CPU time.
    const args = ['--fail-if', 'cpu.seconds>+100%', '--fail-if', 'memory.max>+100%'];
    const { code, stdout, stderr } = await runUnitledger([
      'compare',
      ...args,
      ...filesOf('old'),
      '--',
      ...filesOf('same'),
    ]);
    assert.deepEqual([code, stderr], [0, ''], stdout);
    assert.match(stdout, /--fail-if cpu\.seconds>\+100%: not met\n/);
  });

  test('shows of a unit what the run document shows, with rows and with all of them folded', async () => {
    // Most of the memory is that of processes that end.
    const script =
      'perl -e \'$x = "x" x 60_000_000; sleep 1\' & i=0; while [ $i -lt 40 ]; do i=$((i+1)); ls / >/dev/null; done; wait; sleep 0.3';
    const recording = file('folding');
    const run = await runUnitledger([
      // Names of what ended unseen are rows that are folded in any case.
      ...['--record', recording, '--summary', 'none', '--interval', '0.1', '--exit-records=off'],
      ...['--', 'sh', '-c', script],
    ]);
    assert.equal(run.code, 0, run.stderr);
    for (const summaryRows of ['0', '10000']) {
      const summary = file(`rows-${summaryRows}.json`);
      const args = ['--summary', 'json', '--summary-file', summary, '--summary-rows', summaryRows];
      const replayed = await runUnitledger(['replay', recording, ...args]);
      assert.equal(replayed.code, 0, replayed.stderr);
      const document = JSON.parse(readFileSync(summary, 'utf8')) as RunDocument;
      const [unit] = document.units as [RunUnit];
      assert.equal(unit.exited.length > 0, summaryRows === '0');
      assert.ok(unit.totals.memoryBytes!.avg > 40 * 2 ** 20, JSON.stringify(unit.totals));
      const { code, stdout } = await runUnitledger([
        ...['compare', '--format', 'json', '--fail-if', 'memory.avg>40MiB'],
        ...[summary, recording],
      ]);
      assert.equal(code, 3, stdout);
      const shown = JSON.parse(stdout).units[0].figures as { metric: string; before: { mean: number } }[];
      const { totals, cpu, resources } = unit;
      const seconds = (Date.parse(document.endedAt) - Date.parse(document.startedAt)) / 1000;
      const { cpuPercent, memoryBytes, diskBytesPerSecond, transferBytesPerSecond } = totals;
      const exits =
        unit.processes.filter(({ endedAt }) => endedAt !== null).length +
        unit.exited.reduce((sum, { count }) => sum + count, 0);
      const held: Record<string, number | null | undefined> = {
        'cpu.avg': cpuPercent?.avg,
        'cpu.seconds': cpu.totalSeconds ?? cpu.attributedSeconds,
        'cpu.unattributed':
          cpu.unattributed && (cpu.unattributed.reapedOutsideSeconds ?? 0) + cpu.unattributed.unknownSeconds,
        'cpu.max': cpuPercent?.max,
        'memory.avg': memoryBytes?.avg,
        'memory.max': memoryBytes?.max,
        'memory.peak': resources?.memoryPeakBytes,
        'disk.rate': diskBytesPerSecond?.avg,
        'disk.bytes': totals.diskBytes,
        'transfer.rate': transferBytesPerSecond?.avg,
        'transfer.bytes': totals.transferBytes,
        processes: totals.processesSeen,
        'processes.max': totals.processesAlive?.max,
        exits,
        'exits.rate': exits / seconds,
        restarts: unit.instances - 1,
        throttled: resources?.throttledSeconds,
        'oom.kills': resources?.memoryEvents.oomKill,
      };
      const known = Object.entries(held).filter(([, value]) => value !== null && value !== undefined);
      assert.deepEqual(
        shown.map(({ metric, before }) => [metric, before.mean]),
        known,
      );
    }
  });

  test('prints that differences of one run each are unconfirmed, and a regression once', async () => {
    const sides = ['--fail-if', 'cpu.seconds>+50%', file('old-1'), file('heavy-2')];
    const { code, stdout, stderr } = await runUnitledger(['compare', ...sides]);
    assert.equal(code, 3);
    assert.match(stdout, HIGHER_UNCONFIRMED);
    assert.match(stdout, /^One run each: differences are unconfirmed/m);
    assert.equal(stdout.split('regression (').length - 1, 1);
    assert.equal(stderr, '');
    assert.doesNotMatch(stdout, /INTERVAL|\u001b/);
  });

  test('refuses a condition with a caret, and prints one that cannot be evaluated after the figures', async () => {
    const files = [file('old-1'), file('heavy-1')];
    const misread = await runUnitledger(['compare', '--fail-if', 'cpu.seconds=>+10%', ...files]);
    assert.deepEqual([misread.code, misread.stdout], [2, '']);
    assert.equal(
      misread.stderr,
      'unitledger: --fail-if "cpu.seconds=>+10%" does not parse at character 12: > or < is expected here\n' +
        '  cpu.seconds=>+10%\n             ^\n',
    );
    const unanswered = await runUnitledger(['compare', '--fail-if', 'unit:ssh cpu.seconds>+10%', ...files]);
    assert.equal(unanswered.code, 2);
    assert.match(unanswered.stdout, HIGHER_UNCONFIRMED);
    assert.match(unanswered.stdout, /cannot evaluate unit:ssh cpu\.seconds>\+10%/);
    assert.equal(unanswered.stderr, '');
  });

  test('refuses files that hold no run with one sentence that names them', async () => {
    const spoil = (name: string, text: string) => {
      writeFileSync(file(name), text);
      return file(name);
    };
    const whole = readFileSync(file('old-2'), 'utf8');
    const huge = spoil('huge', '{"schema": "unitledger.run/1", "units": [');
    // Takes no room on the disk. Of zeros within JSON, no more is kept than any run document has.
    truncateSync(huge, 2 ** 30);
    const loop = file('loop');
    symlinkSync(loop, loop);
    const cases: readonly (readonly [string, RegExp])[] = [
      [spoil('empty', ''), /empty cannot be compared: it is empty$/],
      [
        spoil('foreign', '<script>'),
        /foreign cannot be compared: it is neither a recording nor a run document/,
      ],
      [spoil('cut', whole.slice(0, -20)), /cut cannot be compared: it is cut off/],
      [spoil('newer', whole.replace('unitledger.run/1', 'unitledger.run/2')), /document of version 2/],
      [spoil('newer-recording', 'unitledger.recording/9\n'), /recording of format 9/],
      [spoil('deep', `{"a":${'['.repeat(1_000_000)}`), /nested deeper/],
      [huge, /has more data outside its rows than a run document may have$/],
      [folder, /it is a directory$/],
      [file('none\u001b[2J'), /none\\x1b\[2J cannot be compared: there is no such file$/],
      [file('x'.repeat(300)), /cannot be compared: it cannot be read \(name too long, ENAMETOOLONG\)$/],
      [loop, /loop cannot be compared: it cannot be read \(too many symbolic links encountered, ELOOP\)$/],
    ];
    for (const [bad, says] of cases) {
      const { code, stdout, stderr } = await runUnitledger(['compare', file('old-1'), bad]);
      assert.deepEqual([code, stdout], [2, ''], stderr);
      assert.match(stderr, /^unitledger: [^\n]+\n$/);
      assert.match(stderr.trimEnd(), says);
    }
    const twice = await runUnitledger(['compare', file('old-1'), file('old-1'), '--', file('old-2')]);
    assert.match(twice.stderr, /old-1 is named twice on one side: name each run once\n$/);
  });
});

describe('unitledger compare of a unit', { skip: skipLab() }, () => {
  let lab: SystemdLab;
  let folder: string;

  before(
    async () => {
      folder = mkdtempSync(join(tmpdir(), 'unitledger-compare-'));
      lab = await bootSystemd();
    },
    { timeout: 20 * 60_000 },
  );
  after(async () => {
    await lab?.stop();
    rmSync(folder, { recursive: true });
  });

  /** A service that counts so far, over and over, and the recording of some seconds of it. */
  async function record(name: string, times: number, seconds: string): Promise<string> {
    const file = join(folder, name);
    await lab.systemdRun(
      'server.service',
      [],
      ['sh', '-c', `while :; do ${counting(times)}; sleep 0.1; done`],
    );
    const options = ['--cgroup-root', lab.cgroupRoot, '--service', 'server', '--duration', seconds];
    const run = startUnitledger([...options, '--interval', '0.25', '--record', file, '--summary', 'none']);
    const { code, stderr } = await run.ended;
    assert.equal(code, 0, stderr);
    await lab.stopUnit('server.service');
    return file;
  }

  test('finds the service that does more heavier by the second, however long either was watched', async () => {
    const before: string[] = [];
    const after: string[] = [];
    for (const run of RUNS) {
      before.push(await record(`light-${run}`, 3_000, '1.2'));
      after.push(await record(`heavy-${run}`, 60_000, '1.8'));
    }
    const condition = ['--fail-if', 'unit:server.service cpu.avg>+50%'];
    const heavier = await runUnitledger(['compare', ...condition, ...before, '--', ...after]);
    assert.equal(heavier.code, 3, heavier.stdout);
    assert.match(heavier.stdout, /The runs differ in length .*are\s+compared\s+by\s+rates/s);
    assert.match(heavier.stdout, /^ {4}cpu\.avg .* higher$/m);
    assert.match(heavier.stdout, /^ {4}cpu\.seconds .* length$/m);
    const lighter = await runUnitledger(['compare', ...condition, ...after, '--', ...before]);
    assert.equal(lighter.code, 0, lighter.stdout);
    assert.match(lighter.stdout, /^unitledger compare: lighter/);
  });
});
