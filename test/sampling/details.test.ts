import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../src/host/clock.ts';
import { openHost } from '../../src/host/host.ts';
import { PROCESS_DETAILS, type ProcessDetail } from '../../src/sampling/choices.ts';
import { DETAIL_FIGURES, type DetailFigure } from '../../src/sampling/process-details.ts';
import { type ReadProblem, ReadProblems } from '../../src/sampling/read-problems.ts';
import type { Sample } from '../../src/sampling/sample.ts';
import { Sampler, type SamplerOptions } from '../../src/sampling/sampler.ts';
import type { TrackedProcess } from '../../src/sampling/tracked-process.ts';
import { ListedTargets } from './listed-targets.ts';

const host = openHost('/proc', systemClock);
const ALL = new Set<ProcessDetail>(PROCESS_DETAILS);
const FIGURES = Object.keys(DETAIL_FIGURES) as DetailFigure[];

/** A Node that evaluates what it is told, line by line, and says when it has. */
class Worker {
  readonly child: ChildProcess;
  readonly pid: number;

  constructor() {
    const loop =
      "readline.createInterface(process.stdin).on('line', (line) => { eval(line); console.log('done') })";
    this.child = spawn(process.execPath, ['-e', loop], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.pid = this.child.pid!;
  }

  async run(line: string): Promise<void> {
    this.child.stdin!.write(`${line}\n`);
    await once(this.child.stdout!, 'data');
  }

  async end(): Promise<void> {
    this.child.kill('SIGKILL');
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
  }
}

describe('details of real processes', () => {
  let targets: ListedTargets;
  let worker: Worker;
  let said: ReadProblem[];
  let sampler: Sampler | undefined;
  let atSeconds = 0;

  const start = (options: Partial<SamplerOptions>, watched = host): void => {
    sampler = new Sampler(watched, targets, new ReadProblems((problem) => said.push(problem)), {
      showCommandLine: false,
      ...options,
    });
  };
  const sample = (full = false): Sample => {
    atSeconds += 0.5;
    return sampler!.sample(atSeconds, atSeconds * 1000, full);
  };
  const figure = ({ details }: Sample, name: DetailFigure) => details!.get(name, 0);

  beforeEach(async () => {
    targets = new ListedTargets();
    said = [];
    worker = new Worker();
    await worker.run('0');
    targets.members = [worker.pid];
  });
  afterEach(async () => {
    sampler?.close();
    sampler = undefined;
    await worker.end();
  });

  it('are absent unless they are requested', () => {
    start({});
    assert.equal(sample().details, null);
  });

  it('match the kernel', async () => {
    start({ details: ALL, detailsEveryTicks: 1 });
    sample();
    await worker.run("globalThis.held = [1, 2, 3, 4, 5].map(() => fs.openSync('/dev/null'))");
    sample();
    const taken = sample(true);
    const [, waited] = readFileSync(`/proc/${worker.pid}/schedstat`, 'latin1').split(' ').map(Number);
    const status = readFileSync(`/proc/${worker.pid}/status`, 'latin1');
    const ofStatus = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
    assert.equal(figure(taken, 'threads'), ofStatus('Threads'));
    assert.ok(figure(taken, 'threads') > 1);
    assert.ok(figure(taken, 'minorFaults') > 100);
    assert.ok(figure(taken, 'majorFaults') >= 0);
    assert.ok(figure(taken, 'voluntarySwitches') <= ofStatus('voluntary_ctxt_switches'));
    assert.ok(figure(taken, 'voluntarySwitches') > 0);
    assert.ok(figure(taken, 'involuntarySwitches') <= ofStatus('nonvoluntary_ctxt_switches'));
    assert.ok(figure(taken, 'runQueueNanos') > 0 && figure(taken, 'runQueueNanos') <= waited!);
    assert.ok(figure(taken, 'descriptors') >= 8 && figure(taken, 'descriptors') < 100);
    const limit = /^Max open files +(\d+)/m.exec(readFileSync(`/proc/${worker.pid}/limits`, 'latin1'))?.[1];
    assert.equal(figure(taken, 'descriptorLimit'), Number(limit));
    const resident = ofStatus('VmRSS') * 1024;
    assert.ok(figure(taken, 'pssBytes') > 1_000_000 && figure(taken, 'pssBytes') <= resident * 1.2);
    assert.deepEqual(said, []);
  });

  for (const group of PROCESS_DETAILS) {
    it(`are those of ${group} only if only that group is requested`, () => {
      start({ details: new Set([group]) });
      sample();
      const taken = sample(true);
      for (const name of FIGURES) {
        assert.equal(!Number.isNaN(figure(taken, name)), DETAIL_FIGURES[name].group === group, name);
      }
    });
  }

  it('with files of their own are read from the second tick on, and not again while the process is idle', async () => {
    start({ details: new Set<ProcessDetail>(['descriptors']), detailsEveryTicks: 1 });
    const readAtTick = ({ details }: Sample) => details!.readAtTick[0]!;
    assert.equal(readAtTick(sample()), -1);
    assert.equal(readAtTick(sample()), 1);
    // It may still be on its way to its rest.
    let taken = sample();
    for (let i = 0; readAtTick(taken) === taken.tick; i++) {
      assert.ok(i < 1000, 'it never comes to rest');
      await sleep(5);
      taken = sample();
    }
    const held = figure(taken, 'descriptors');
    await worker.run("globalThis.more = fs.openSync('/dev/null')");
    const again = sample();
    assert.equal(readAtTick(again), again.tick);
    assert.equal(figure(again, 'descriptors'), held + 1);
  });

  it('take turns at the configured number of ticks', async () => {
    start({ details: new Set<ProcessDetail>(['descriptors']), detailsEveryTicks: 4 });
    const seen: number[] = [];
    for (let tick = 0; tick < 10; tick++) {
      await worker.run("(globalThis.all ??= []).push(fs.openSync('/dev/null'))");
      seen.push(figure(sample(), 'descriptors'));
    }
    const from = seen[1]!;
    assert.deepEqual(
      seen.map((count) => count - from),
      [Number.NaN, 0, 0, 0, 3, 3, 3, 3, 7, 7],
    );
  });

  it('have PSS at most once a minute for each process', async () => {
    start({ details: new Set<ProcessDetail>(['pss']) });
    const first = figure(sample(), 'pssBytes');
    assert.ok(first > 1_000_000);
    await worker.run('globalThis.big = Buffer.alloc(50e6, 1)');
    for (let i = 0; i < 119; i++) assert.equal(figure(sample(true), 'pssBytes'), first);
    assert.ok(figure(sample(), 'pssBytes') > first + 40e6);
  });

  it('read PSS of few processes in one tick, and of all of them in a minute', () => {
    const more = Array.from({ length: 239 }, () => spawn('/bin/sleep', ['1000'], { stdio: 'ignore' }));
    targets.members.push(...more.map((child) => child.pid!));
    start({ details: new Set<ProcessDetail>(['pss']) });
    const known = (taken: Sample) =>
      taken.slots
        .subarray(0, taken.count)
        .filter((slot) => !Number.isNaN(taken.details!.get('pssBytes', slot))).length;
    const counts = Array.from({ length: 121 }, () => known(sample()));
    assert.deepEqual(counts.slice(0, 4), [1, 3, 5, 7]);
    assert.equal(counts.at(-1), 240);
    for (const child of more) child.kill('SIGKILL');
  });

  it('keep their last values when the process ends', async () => {
    start({ details: ALL });
    sample();
    sample();
    const before = FIGURES.map((name) => figure(sample(true), name));
    await worker.end();
    targets.members = [];
    const taken = sample();
    assert.equal(taken.count, 1);
    assert.deepEqual(
      FIGURES.map((name) => figure(taken, name)),
      before,
    );
  });

  it('are absent if a file is missing or malformed, which is counted and reported once', (t) => {
    const procRoot = mkdtempSync(join(tmpdir(), 'unitledger-proc-'));
    t.after(() => rmSync(procRoot, { recursive: true }));
    for (const pid of [71, 72]) {
      mkdirSync(join(procRoot, `${pid}/fd/3`), { recursive: true });
      writeFileSync(join(procRoot, `${pid}/stat`), `${pid} (x) S 1 ${'0 '.repeat(15)}3 0 9 0 5 0 0\n`);
      for (const file of ['status', 'schedstat', 'smaps_rollup']) {
        writeFileSync(join(procRoot, `${pid}/${file}`), 'nonsense\n');
      }
    }
    targets.members = [71, 72];
    start({ details: ALL }, { ...host, procRoot, clocks: null });
    sample();
    const taken = sample(true);
    assert.equal(figure(taken, 'threads'), 3);
    assert.equal(figure(taken, 'descriptors'), 1);
    const absent = FIGURES.filter((name) => Number.isNaN(figure(taken, name)));
    assert.deepEqual(absent, [
      'voluntarySwitches',
      'involuntarySwitches',
      'descriptorLimit',
      'runQueueNanos',
      'pssBytes',
    ]);
    const kinds = said.map(({ file, failure }) => `${file} ${failure}`);
    assert.deepEqual(kinds.sort(), ['schedstat malformed', 'status malformed']);
  });

  it('list many descriptors less often if the kernel does not count them', (t) => {
    const procRoot = mkdtempSync(join(tmpdir(), 'unitledger-proc-'));
    t.after(() => rmSync(procRoot, { recursive: true }));
    const open = (descriptor: number) =>
      mkdirSync(join(procRoot, `71/fd/${descriptor}`), { recursive: true });
    for (let descriptor = 0; descriptor < 1001; descriptor++) open(descriptor);
    writeFileSync(join(procRoot, '71/stat'), `71 (x) S 1 ${'0 '.repeat(15)}3 0 9 0 5 0 0\n`);
    targets.members = [71];
    start(
      { details: new Set<ProcessDetail>(['descriptors']), detailsEveryTicks: 1 },
      { ...host, procRoot, clocks: null },
    );
    const counts = Array.from({ length: 40 }, (_, tick) => {
      open(2000 + tick);
      return figure(sample(), 'descriptors');
    });
    assert.deepEqual([counts[0], counts[1], counts[2], counts[15]], [Number.NaN, 1003, 1003, 1003]);
    assert.deepEqual([counts[16], counts[31], counts[32]], [1018, 1018, 1034]);
  });

  it('do not count as read in every tick for a process that is too large for PSS', (t) => {
    const procRoot = mkdtempSync(join(tmpdir(), 'unitledger-proc-'));
    t.after(() => rmSync(procRoot, { recursive: true }));
    mkdirSync(join(procRoot, '71'));
    writeFileSync(join(procRoot, '71/stat'), `71 (x) S 1 ${'0 '.repeat(15)}3 0 9 0 5 0 0\n`);
    const setPages = (pages: number) => writeFileSync(join(procRoot, '71/statm'), `9 ${pages} 9 9 0 9 0\n`);
    setPages(1_000_000);
    writeFileSync(join(procRoot, '71/smaps_rollup'), 'Pss:         8 kB\n');
    targets.members = [71];
    start({ details: new Set<ProcessDetail>(['pss']) }, { ...host, procRoot, clocks: null });
    const reads = () => {
      const taken = sample();
      return [taken.details!.readAtTick[0] === taken.tick, figure(taken, 'pssBytes')];
    };
    assert.deepEqual(reads(), [true, Number.NaN]);
    for (let tick = 1; tick < 4; tick++) assert.deepEqual(reads(), [false, Number.NaN]);
    setPages(9);
    atSeconds += 60;
    assert.deepEqual(reads(), [true, 8192]);
  });

  it('are unknown once their file can no longer be read', (t) => {
    const procRoot = mkdtempSync(join(tmpdir(), 'unitledger-proc-'));
    t.after(() => rmSync(procRoot, { recursive: true }));
    mkdirSync(join(procRoot, '71/fd'), { recursive: true });
    writeFileSync(join(procRoot, '71/stat'), `71 (x) S 1 ${'0 '.repeat(15)}3 0 9 0 5 0 0\n`);
    writeFileSync(join(procRoot, '71/statm'), '9 9 9 9 0 9 0\n');
    writeFileSync(join(procRoot, '71/smaps_rollup'), 'Pss:         8 kB\n');
    targets.members = [71];
    start(
      { details: new Set<ProcessDetail>(['descriptors', 'pss']), detailsEveryTicks: 1 },
      { ...host, procRoot, clocks: null },
    );
    const levels = (taken: Sample) => [figure(taken, 'pssBytes'), figure(taken, 'descriptors')];
    sample();
    assert.deepEqual(levels(sample()), [8192, 0]);
    rmSync(join(procRoot, '71/fd'), { recursive: true });
    // Neither a directory nor missing.
    writeFileSync(join(procRoot, '71/fd'), '');
    writeFileSync(join(procRoot, '71/smaps_rollup'), 'nonsense\n');
    atSeconds += 60;
    assert.deepEqual(levels(sample()), [Number.NaN, Number.NaN]);
  });

  it('include the limit of descriptors of a process that ran and is idle since', (t) => {
    const procRoot = mkdtempSync(join(tmpdir(), 'unitledger-proc-'));
    t.after(() => rmSync(procRoot, { recursive: true }));
    const setLimit = (limit: number) =>
      writeFileSync(join(procRoot, '71/limits'), `Max open files            ${limit}   4096   files\n`);
    mkdirSync(join(procRoot, '71/fd'), { recursive: true });
    writeFileSync(join(procRoot, '71/stat'), `71 (x) S 1 ${'0 '.repeat(15)}3 0 9 0 5 0 0\n`);
    setLimit(1024);
    targets.members = [71];
    let nanos = 1e9;
    const clocks = { ...host.clocks!, readProcessNanos: () => nanos };
    start(
      { details: new Set<ProcessDetail>(['descriptors']), detailsEveryTicks: 1 },
      { ...host, procRoot, clocks },
    );
    sample();
    assert.equal(figure(sample(), 'descriptorLimit'), 1024);
    setLimit(4096);
    nanos += 1e6;
    for (let tick = 2; tick < 18; tick++) sample();
    assert.equal(figure(sample(), 'descriptorLimit'), 4096);
    const { details, tick } = sample();
    assert.ok(details!.readAtTick[0]! < tick, 'it is idle');
  });

  it('name a process by its title, with numbers masked, if it has one', async () => {
    start({ names: 'title' });
    const { name, comm } = sample(true).identities[0]! as TrackedProcess;
    assert.equal(name, comm);
    await worker.run("process.title = 'app: worker 12'");
    const titled = sample(true).identities[0]!;
    assert.equal(titled.name, 'app: worker N');
    assert.equal(titled.title, 'app: worker N');
    await worker.run("process.title = 'app: idle 13'");
    assert.equal(sample(true).identities[0]!.name, 'app: idle N');
    await worker.end();
    targets.members = [];
    assert.equal(sample().identities[0]!.name, 'app: idle N');
  });

  it('name a process by its title of less than 20 ticks ago, although it runs in every tick under one comm', async () => {
    const COMM_CHARACTERS = 15;
    start({ names: 'title', showCommandLine: true });
    for (const kind of ['read', 'write']) {
      await worker.run(`process.title = 'app: a worker to ${kind}'`);
      assert.ok('app: a worker to'.length > COMM_CHARACTERS);
      for (let tick = 0; tick < 20; tick++) {
        sample();
        await worker.run('0');
      }
      const { title, command } = sample().identities[0]!;
      assert.equal(title, `app: a worker to ${kind}`);
      assert.equal(command, title);
    }
  });

  it('name a process by its comm if titles are not requested', async () => {
    await worker.run("process.title = 'app: worker 12'");
    start({});
    const { name, title } = sample(true).identities[0]!;
    assert.equal(title, null);
    assert.equal(name, readFileSync(`/proc/${worker.pid}/comm`, 'utf8').trimEnd());
  });
});
