import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import type { RunDocument } from '../../src/ledger/document/run-document.ts';
import { runTimes } from '../../src/ledger/document/run-times.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { RunTotals } from '../../src/ledger/run/run-totals.ts';
import { AppendedFile } from '../../src/recording/appended-file.ts';
import { CHUNK_HEAD_BYTES, FIRST_LINE } from '../../src/recording/chunk.ts';
import type { RecordingHead } from '../../src/recording/head.ts';
import { RecordedRun } from '../../src/recording/recorded-run.ts';
import type { RecordedTick } from '../../src/recording/recorded-tick.ts';
import { Recorder } from '../../src/recording/recorder.ts';
import { RecordingError } from '../../src/recording/recording-error.ts';
import { ReplayedRun } from '../../src/recording/replayed-run.ts';
import { type History, history, playedTicks } from './histories.ts';

const HEAD: RecordingHead = {
  run: 'a run',
  part: 0,
  program: '1.2.3',
  hostName: 'host "a"\n',
  osVersion: null,
  hostId: null,
  startedUnixMillis: 1000.25,
  startedAtSeconds: 0,
  intervalSeconds: 0.5,
  exportIntervalSeconds: 10,
  summaryRows: 7,
  processDetails: [],
};
const ENDED_MILLIS = 5e12;
/** Recordings of earlier versions, each with the summary that its run wrote. */
const FIXTURES = join(import.meta.dirname, '../fixtures/recordings');

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'unitledger-recording-'));
  file = join(directory, 'run.ulr');
});
afterEach(() => rmSync(directory, { recursive: true }));

interface Files {
  readonly mostFileBytes?: number;
  readonly mostFiles?: number;
  /** Another name for the run. */
  readonly run?: string;
}

/** Records a history as a run does, and returns what the run itself made of it. */
async function recorded(
  ticks: History,
  { mostFileBytes = 0, mostFiles = 4, run = HEAD.run }: Files = {},
): Promise<RunDocument> {
  const recorder = new Recorder({
    path: file,
    head: { ...HEAD, run },
    mostFileBytes,
    mostFiles,
    fail: (reason) => assert.fail(reason),
  }).open();
  const ledger = new Ledger(undefined, false, HEAD.intervalSeconds);
  const totals = new RunTotals(ledger, HEAD.summaryRows);
  let samples = 0;
  let firstAtSeconds = 0;
  let lastAtSeconds = 0;
  for (const tick of playedTicks(ticks, true)) {
    lastAtSeconds = tick.sample.atSeconds;
    if (samples === 0) firstAtSeconds = lastAtSeconds;
    ledger.book(tick.sample, tick.exits, tick.events);
    totals.gather();
    recorder.record(tick);
    // As between the ticks of a run, what goes on in the background goes on.
    if (++samples % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const progress = {
    missedSamples: 9,
    stretchedSamples: 4,
    exitRecords: { received: 8, lost: 1 },
    processEvents: { received: 24, lost: 2 },
    kernelEventsStoppedAtSeconds: lastAtSeconds,
    export: { delivered: 1, failed: 2, spooled: 3 },
    traces: { spans: 7, foldedProcesses: 3, delivered: 2, failed: 1, spooled: 1, rejectedSpans: 4 },
  };
  await recorder.close(ENDED_MILLIS, progress);
  return totals.document({
    ...runTimes(firstAtSeconds, lastAtSeconds, ENDED_MILLIS),
    intervalSeconds: HEAD.intervalSeconds,
    samples,
    ...progress,
  });
}

function nameOf(age: number): string {
  return age === 0 ? file : `${file}.${age}`;
}

interface Replayed {
  readonly document: RunDocument;
  readonly missing: readonly string[];
  readonly samples: number;
}

function replayed(path = file): Replayed {
  return replayOf(RecordedRun.open(path));
}

function replayOf(run: RecordedRun): Replayed {
  const replay = new ReplayedRun(run);
  let samples = 0;
  for (const _ of replay.ticks()) samples++;
  return { document: replay.document(), missing: run.completeness.missing, samples };
}

/** What was counted and booked: documents may get new fields, and say more of the same. */
function bookedIn({ startedAt, endedAt, samples, units, exitRecords }: RunDocument): unknown {
  const booked = units.map(({ unit, cpu, processes, exited }) => ({
    unit,
    cpu,
    processes: processes.map(({ pid, name, ppid, livedSeconds, exitCode, cpuSeconds, reapedCpuSeconds }) => ({
      ...{ pid, name, ppid, livedSeconds, exitCode, cpuSeconds, reapedCpuSeconds },
    })),
    exited,
  }));
  const { received, lost } = exitRecords!;
  return { startedAt, endedAt, samples, units: booked, received, lost };
}

/** Samples in the file as it is, whatever is on its way. */
function samplesNow(): number {
  try {
    return [...RecordedRun.open(file).ticks()].length;
  } catch (error) {
    assert.ok(error instanceof RecordingError, String(error));
    return 0;
  }
}

const long = (ticks: number): History =>
  Array.from({ length: ticks }, (_, at) => ({
    steps: [
      { what: 'work' as const, whom: at, nanos: 1000 * at, bytes: at, text: '' },
      {
        what: at % 3 === 0 ? ('fork' as const) : ('exit' as const),
        whom: at * 7,
        nanos: 0,
        bytes: 0,
        text: '',
      },
      { what: 'reap' as const, whom: at, nanos: 0, bytes: 0, text: '' },
    ],
    during: 0,
    extras: {
      figures: null,
      ended: null,
      parentNanos: null,
      lostShare: 0,
      lostEvents: 0,
      name: '',
      processEvents: null,
      stoppedAtSeconds: null,
      closesWindow: at % 20 === 0,
      missedSamples: 0,
      stretchedSamples: at,
      unixMillis: 1e12 + 500 * at,
    },
  }));

describe('a recording', () => {
  it('reproduces the document of the run, to the last digit', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (ticks) => {
        const live = await recorded(ticks, { mostFiles: 1 });
        const { document, missing } = replayed();
        assert.equal(JSON.stringify(document), JSON.stringify(live));
        assert.deepEqual(missing, []);
      }),
      { numRuns: 50 },
    );
  });

  it('of format 1, without process events, reproduces the document of the run', () => {
    const { document, missing, samples } = replayed(join(FIXTURES, 'format-1.ulr'));
    const told = JSON.parse(readFileSync(join(FIXTURES, 'format-1.json'), 'utf8')) as RunDocument;
    assert.deepEqual(bookedIn(document), bookedIn(told));
    assert.equal(document.processEvents, null);
    assert.deepEqual([missing, samples], [[], told.samples]);
  });

  it('continues in new files, and is read from all of them as one', async () => {
    const live = await recorded(long(1000), { mostFileBytes: 100, mostFiles: 100 });
    assert.deepEqual(
      readdirSync(directory).sort(),
      ['', ...Array.from({ length: 8 }, (_, at) => `.${at + 1}`)].map((age) => `run.ulr${age}`),
    );
    const { document, missing, samples } = replayed();
    assert.equal(samples, 1000);
    assert.deepEqual(missing, []);
    assert.equal(JSON.stringify(document), JSON.stringify(live));
  });

  it('starts with the remaining files if the first are gone, and books nothing from before that', async () => {
    const live = await recorded(long(1000), { mostFileBytes: 100, mostFiles: 3 });
    assert.deepEqual(readdirSync(directory).sort(), ['run.ulr', 'run.ulr.1', 'run.ulr.2']);
    const { document, missing, samples } = replayed();
    assert.deepEqual(missing, ['the first files of the run are no longer there']);
    assert.equal(samples, 1000 - 6 * 120);
    assert.equal(document.startedAt, new Date(ENDED_MILLIS - 500 * (samples - 1)).toISOString());
    const [all] = live.units;
    const [rest] = document.units;
    const { totalSeconds } = rest!.cpu;
    assert.ok(totalSeconds! > 0 && totalSeconds! < all!.cpu.totalSeconds!);
    // All work was read at once, and each tick did more than the one before.
    assert.ok(Math.abs(rest!.cpu.coverage! - 1) < 0.1, String(rest!.cpu.coverage));
  });

  it('starts without the exits and events that led to its first remaining sample', async () => {
    const steps = (['fork', 'exit', 'reap'] as const).map((what) => ({
      ...{ what, whom: what === 'exit' ? 1 : 0, nanos: 0, bytes: 0, text: '' },
    }));
    await recorded(
      long(240).map((tick) => ({ ...tick, steps })),
      { mostFileBytes: 100, mostFiles: 1 },
    );
    const counts = ({ exits: { exits }, events: { events } }: RecordedTick) => [exits.length, events.length];
    const [first, second] = Array.from(RecordedRun.open(file).ticks(), counts);
    assert.deepEqual(first, [0, 0]);
    assert.ok(
      second!.every((count) => count > 0),
      String(second),
    );
  });

  it('in progress is read by its files, whatever names they have by then', async () => {
    const live = await recorded(long(600), { mostFileBytes: 100, mostFiles: 100 });
    const rename = (from: number, to: number) => renameSync(nameOf(from), nameOf(to));
    // As it was when the third of five files was the newest.
    for (const age of [0, 1]) rename(age, 90 + age);
    for (const age of [2, 3, 4]) rename(age, age - 2);
    const run = RecordedRun.open(file);
    assert.equal([...run.ticks()].length, 360);
    for (const age of [2, 1, 0]) rename(age, age + 2);
    for (const age of [0, 1]) rename(90 + age, age);
    const again = replayOf(run);
    assert.equal(again.samples, 360);
    assert.deepEqual(again.missing, ['the run continues in a file that was not read']);
    // The oldest two are deleted while it is read.
    for (const age of [4, 3]) rmSync(nameOf(age));
    const rest = replayOf(run);
    assert.equal(rest.samples, 120);
    assert.equal(rest.missing[0], 'the first files of the run are no longer there');
    const { totalSeconds } = rest.document.units[0]!.cpu;
    assert.ok(totalSeconds! < live.units[0]!.cpu.totalSeconds!);
    rmSync(nameOf(2));
    assert.throws(() => replayOf(run), /it was replaced or deleted while it was read/);
    assert.equal(run.lastAtSeconds().next().value, null);
  });

  it('ends with its last sample, also if a file after that has none', async () => {
    await recorded(long(240), { mostFileBytes: 100, mostFiles: 100 });
    const whole = readFileSync(file);
    const headBytes = FIRST_LINE.length + CHUNK_HEAD_BYTES + whole.readUInt32LE(FIRST_LINE.length + 4);
    writeFileSync(file, whole.subarray(0, headBytes));
    const run = RecordedRun.open(file);
    const last: boolean[] = [];
    for (const _ of run.ticks()) last.push(run.isAtLastTick);
    assert.deepEqual([last.length, last.indexOf(true)], [120, 119]);
    assert.deepEqual(run.completeness.missing, ['it has no end: the run was killed, or is still running']);
  });

  it('of an earlier run is read from all its files', async () => {
    await recorded(long(240), { mostFileBytes: 100, mostFiles: 100, run: 'first' });
    await recorded(long(10), { mostFiles: 100, run: 'second' });
    const { samples, missing } = replayed(`${file}.1`);
    assert.deepEqual([samples, missing], [240, []]);
  });

  it('leaves files of other runs unchanged until they are rotated out', async () => {
    await recorded(long(10), { run: 'first' });
    const before = readFileSync(file);
    await recorded(long(20), { run: 'second' });
    assert.deepEqual(readFileSync(`${file}.1`), before);
    assert.equal(replayed().samples, 20);
    assert.equal(replayed(`${file}.1`).samples, 10);
    await recorded(long(30), { run: 'third', mostFiles: 2 });
    assert.equal(replayed(`${file}.1`).samples, 20);
    assert.ok(!existsSync(`${file}.2`) || replayed(`${file}.2`).samples === 10);
  });

  it('is not created if another file has its name, and does not move that file', async () => {
    writeFileSync(file, 'a letter');
    await assert.rejects(recorded(long(1)), /the file exists and is not a recording/);
    assert.equal(readFileSync(file, 'utf8'), 'a letter');
    rmSync(file);
    await recorded(long(1));
    writeFileSync(`${file}.1`, 'another');
    await assert.rejects(recorded(long(1)), /the file exists and is not a recording/);
    assert.equal(readFileSync(`${file}.1`, 'utf8'), 'another');
    assert.equal(replayed().samples, 1);
    const open = (path: string) =>
      new Recorder({ path, head: HEAD, mostFileBytes: 0, mostFiles: 2, fail: assert.fail }).open();
    assert.throws(() => open('/dev/null'), RecordingError);
    assert.throws(() => open(directory), RecordingError);
    assert.ok(statSync('/dev/null').isCharacterDevice());
  });

  it('contains each sample before the next is taken', async () => {
    const recorder = new Recorder({
      path: file,
      head: HEAD,
      mostFileBytes: 0,
      mostFiles: 1,
      fail: assert.fail,
    }).open();
    let taken = 0;
    for (const tick of playedTicks(long(130))) {
      recorder.record(tick);
      taken++;
      const deadline = performance.now() + 20_000;
      while (samplesNow() < taken) {
        assert.ok(performance.now() < deadline, `sample ${taken} did not come`);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
    await recorder.close(ENDED_MILLIS, {
      missedSamples: 0,
      stretchedSamples: 4,
      exitRecords: null,
      processEvents: null,
      export: null,
    });
  });

  it('touches no file before it is opened, and then has what was recorded before', async () => {
    await recorded(long(1));
    const earlier = readFileSync(file);
    const recorder = new Recorder({
      path: file,
      head: HEAD,
      mostFileBytes: 0,
      mostFiles: 1,
      fail: assert.fail,
    });
    for (const tick of playedTicks(long(300))) recorder.record(tick);
    assert.deepEqual(readFileSync(file), earlier);
    recorder.open();
    await recorder.close(ENDED_MILLIS, {
      missedSamples: 0,
      stretchedSamples: 4,
      exitRecords: null,
      processEvents: null,
      export: null,
    });
    const { samples, missing } = replayed();
    assert.deepEqual([samples, missing], [300, []]);
  });

  it('reports once that it cannot be continued, and the run goes on', async () => {
    const reasons: string[] = [];
    // The next file cannot be made: its directory is gone.
    const recorder = new Recorder({
      path: file,
      head: HEAD,
      mostFileBytes: 100,
      mostFiles: 2,
      fail: (reason) => void reasons.push(reason),
    }).open();
    rmSync(directory, { recursive: true });
    let samples = 0;
    for (const tick of playedTicks(long(500))) {
      recorder.record(tick);
      if (++samples % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await recorder.close(ENDED_MILLIS, {
      missedSamples: 0,
      stretchedSamples: 4,
      exitRecords: null,
      processEvents: null,
      export: null,
    });
    assert.deepEqual(reasons, ['ENOENT']);
    directory = mkdtempSync(join(tmpdir(), 'unitledger-recording-'));
  });
});

describe('a file that grows at its end', () => {
  it('reports a full disk once, and closes all the same', async () => {
    const reasons: string[] = [];
    const full = new AppendedFile(openSync('/dev/full', 'w'), 0, (reason) => void reasons.push(reason));
    full.append(Buffer.from('one'));
    full.append(Buffer.from('two'));
    await new Promise<void>((resolve) => full.close(resolve));
    full.append(Buffer.from('three'));
    assert.deepEqual(reasons, ['ENOSPC']);
  });
});

describe('a file that cannot be closed', () => {
  it('is reported once, and counts as closed', async () => {
    const reasons: string[] = [];
    const descriptor = openSync(file, 'w');
    const appended = new AppendedFile(descriptor, 0, (reason) => void reasons.push(reason));
    closeSync(descriptor);
    await new Promise<void>((resolve) => appended.close(resolve));
    await new Promise<void>((resolve) => appended.close(resolve));
    assert.deepEqual(reasons, ['EBADF']);
  });
});

describe('a file that is read as a recording', () => {
  it('that is truncated anywhere is replayed up to its last complete sample', async () => {
    await recorded(long(200));
    const { size } = statSync(file);
    const whole = readFileSync(file);
    fc.assert(
      fc.property(fc.nat(size - 1), (length) => {
        writeFileSync(file, whole);
        truncateSync(file, length);
        try {
          const { samples, missing, document } = replayed();
          assert.ok(samples > 0 && samples <= 200);
          assert.equal(document.samples, samples);
          assert.match(
            missing[0]!,
            /^it (has no end: the run was killed, or is still running|ends in the middle)/,
          );
        } catch (error) {
          // Too little for one sample.
          assert.ok(error instanceof RecordingError, String(error));
          assert.ok(length < size / 2);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('that is damaged anywhere is replayed up to there, or rejected', async () => {
    await recorded(long(200));
    const whole = readFileSync(file);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = Buffer.from(whole);
        bytes[at]! ^= change;
        writeFileSync(file, bytes);
        try {
          const { samples, missing } = replayed();
          assert.ok(samples <= 200);
          assert.equal(missing.length, 1);
        } catch (error) {
          assert.ok(error instanceof RecordingError, String(error instanceof Error ? error.stack : error));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('must not be a pipe, because it is read more than once', async () => {
    await recorded(long(1));
    const bytes = readFileSync(file);
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const descriptor = openSync(pipe, 'r+');
    try {
      writeSync(descriptor, bytes);
      assert.throws(() => RecordedRun.open(`/proc/self/fd/${descriptor}`), /must be a file, not a pipe/);
    } finally {
      closeSync(descriptor);
    }
  });

  it('must have times and intervals that a time axis can show', async () => {
    const written = async (
      head: Partial<RecordingHead>,
      atSeconds: number,
      stoppedAt: number | null = null,
    ) => {
      rmSync(file, { force: true });
      const recorder = new Recorder({
        ...{ path: file, mostFileBytes: 0, mostFiles: 1, fail: assert.fail },
        head: { ...HEAD, ...head },
      }).open();
      for (const tick of playedTicks(long(1)))
        recorder.record({
          ...tick,
          sample: { ...tick.sample, atSeconds },
          progress: { ...tick.progress, kernelEventsStoppedAtSeconds: stoppedAt },
        });
      const nothing = { missedSamples: 0, stretchedSamples: 0, exitRecords: null, processEvents: null };
      await recorder.close(ENDED_MILLIS, { ...nothing, export: null });
      return () => replayed();
    };
    assert.equal((await written({}, 1e9))().samples, 1);
    assert.throws(await written({ intervalSeconds: 5e-324 }, 1), /its intervalSeconds is missing or invalid/);
    assert.throws(await written({ exportIntervalSeconds: 1e300 }, 1), /its exportIntervalSeconds is/);
    assert.throws(await written({ startedAtSeconds: -1e308 }, 1), /a time in it is invalid/);
    assert.throws(await written({}, 1, 1e300), /a time in it is invalid/);
    for (const atSeconds of [1e308, -1e308, Number.NaN])
      assert.throws(await written({}, atSeconds), /a time in it is invalid/);
  });

  it('that is not a recording is rejected with its kind', async () => {
    const refused = (content: string | Uint8Array) => {
      writeFileSync(file, content);
      try {
        replayed();
      } catch (error) {
        assert.ok(error instanceof RecordingError, String(error));
        return error.message;
      }
      return assert.fail('accepted');
    };
    assert.equal(refused(''), 'it is empty');
    assert.equal(refused('hello'), 'it is not a recording of unitledger');
    assert.equal(refused('[[[['.repeat(1_000_000)), 'it is not a recording of unitledger');
    assert.equal(refused('{"schema":'.repeat(200_000)), 'it is not a recording of unitledger');
    const document = 'it is a run document (--summary json), and no recording (--record)';
    assert.equal(refused('{"schema":"unitledger.run/1"}'), document);
    assert.equal(refused('{\n  "schema": "unitledger.run/1",\n  "units": []\n}\n'), document);
    assert.equal(
      refused('unitledger.recording/3\nwhatever'),
      'it is a recording of format 3, and this version reads formats 1 to 2',
    );
    assert.equal(refused('unitledger.recording/1\n'), 'it has no head');
    assert.equal(refused('unitledger.recording/1\nxxxxxxxxxxxxxxxxxxx'), 'it is damaged');
    await recorded([]);
    assert.match(refused(readFileSync(file)), /^it holds no sample/);
  });
});
