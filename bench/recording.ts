/**
 * What a recording, its summary and its report take, with the program's own recorder: `npm run bench:recording`. An hour of 200
 * simulated processes at 0.5 s (`-- PROCESSES SAMPLES` for others), of which so many run in each sample. With `-- huge`: a
 * recording of more than 1 GiB of figures that hardly compress, and the memory in which it is replayed.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Recorder } from '../src/recording/recorder.ts';
import { NO_EXITS } from '../src/sampling/exit-records.ts';
import { NO_EVENTS } from '../src/sampling/process-events.ts';
import type { Sample } from '../src/sampling/sample.ts';
import { SimulatedService } from '../test/recording/simulated-service.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../src/main.ts');
const INTERVAL_SECONDS = 0.5;
const PROGRESS = {
  missedSamples: 0,
  stretchedSamples: 0,
  exitRecords: null,
  processEvents: null,
  export: null,
};
const HUGE_BYTES = 2 ** 30 * 1.02;
const NAMES = ['shop', 'postgres', 'php-fpm', 'redis-server', 'sh'];

const folder = mkdtempSync(path.join(process.env.BENCH_DIR ?? tmpdir(), 'unitledger-bench-recording-'));
try {
  if (process.argv[2] === 'huge') await huge();
  else await hours(Number(process.argv[2] ?? 200), Number(process.argv[3] ?? 7200));
} finally {
  rmSync(folder, { recursive: true });
}

async function hours(processes: number, samples: number): Promise<void> {
  for (const busy of [1, 0.3, 0.1]) {
    const file = path.join(folder, 'hour.ulr');
    const { microsOfSample } = await record(file, processes, busy, (count) => count < samples);
    const { size } = statSync(file);
    const summary = await runProgram('replay', '--summary', 'json', file);
    const page = path.join(folder, 'hour.html');
    const report = await runProgram('report', file, '--report', page);
    console.log(
      `${processes} processes, ${samples} samples, ${busy * 100}% run in each: ${(size / 1e6).toFixed(1)} MB ` +
        `(${Math.round(size / samples)} bytes a sample), ${microsOfSample.toFixed(0)} µs of the tick; ` +
        `replayed to a summary in ${costOf(summary)}; ` +
        `report of ${(statSync(page).size / 1e6).toFixed(2)} MB in ${costOf(report)}`,
    );
    rmSync(file);
  }
}

async function huge(): Promise<void> {
  const file = path.join(folder, 'huge.ulr');
  const noise = (sample: Sample) => {
    for (const column of ['readBytes', 'writeBytes', 'readChars', 'writeChars'] as const) {
      const values = sample.rows[column];
      for (let i = 0; i < sample.count; i++) values[sample.slots[i]!]! += Math.floor(Math.random() * 2 ** 40);
    }
  };
  const isSmall = (count: number) => count % 50 > 0 || statSync(file).size < HUGE_BYTES;
  const { samples } = await record(file, 2000, 1, isSmall, noise);
  const { size } = statSync(file);
  for (const rows of [10_000, 100]) {
    const summary = await runProgram('replay', '--summary', 'json', '--summary-rows', String(rows), file);
    console.log(
      `${samples} samples of 2000 processes, ${(size / 2 ** 20).toFixed(0)} MiB: replayed to a summary of ${rows} ended ` +
        `processes in ${costOf(summary)}`,
    );
  }
}

/** Records as a run does, without the host; `goesOn` is asked before each sample. */
async function record(
  file: string,
  processes: number,
  busy: number,
  goesOn: (samples: number) => boolean,
  change: (sample: Sample) => void = () => {},
): Promise<{ readonly samples: number; readonly microsOfSample: number }> {
  const startedUnixMillis = Date.UTC(2026, 10, 22);
  const run = { processes, busy, startedUnixMillis, intervalSeconds: INTERVAL_SECONDS, names: NAMES };
  const service = new SimulatedService({ ...run, samples: 0 });
  const recorder = new Recorder({
    path: file,
    head: {
      run: 'bench',
      part: 0,
      program: 'bench',
      hostName: 'bench',
      osVersion: null,
      hostId: null,
      startedUnixMillis,
      startedAtSeconds: 0,
      intervalSeconds: INTERVAL_SECONDS,
      exportIntervalSeconds: 10,
      summaryRows: 10_000,
      processDetails: [],
    },
    mostFileBytes: 0,
    mostFiles: 1,
    fail: (reason) => {
      throw new Error(reason);
    },
  }).open();
  let samples = 0;
  let millis = 0;
  while (goesOn(samples)) {
    const sample = service.sample();
    change(sample);
    const start = performance.now();
    recorder.record({
      sample,
      exits: NO_EXITS,
      events: NO_EVENTS,
      closesWindow: samples % 20 === 19,
      progress: PROGRESS,
    });
    millis += performance.now() - start;
    samples++;
    // As between the ticks of a run, what goes on in the background goes on.
    if (samples % 4 === 0) await new Promise((resolve) => setTimeout(resolve, samples % 400 === 0 ? 100 : 0));
  }
  await recorder.close(startedUnixMillis + samples * INTERVAL_SECONDS * 1000, PROGRESS);
  return { samples, microsOfSample: (1000 * millis) / samples };
}

interface RunCost {
  readonly seconds: number;
  readonly peakBytes: number;
}

/** Runs the program with these arguments. */
async function runProgram(...argv: readonly string[]): Promise<RunCost> {
  const start = performance.now();
  const child = spawn(process.execPath, [PROGRAM, ...argv], { stdio: ['ignore', 'ignore', 'inherit'] });
  let peakBytes = 0;
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, peakOf(child.pid!));
  }, 20);
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(timer);
  if (code !== 0) throw new Error(`${argv[0]} ended with ${code}`);
  return { seconds: (performance.now() - start) / 1000, peakBytes };
}

function costOf({ seconds, peakBytes }: RunCost): string {
  return `${seconds.toFixed(1)} s, highest RSS ${(peakBytes / 2 ** 20).toFixed(0)} MiB`;
}

/** `VmHWM` (proc(5)). */
function peakOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return 1024 * Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
