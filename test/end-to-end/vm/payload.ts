import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Payload, Reading } from './controllers.ts';

// Runs in the virtual machine: starts units with different limits, tracks them with the program, and reads the kernel's
// data by itself. Its only output is one JSON text.

const UNITS: Readonly<Record<string, readonly [command: string, ...properties: string[]]>> = {
  'throttled.service': ['while :; do :; done', 'CPUQuota=20%'],
  'squeezed.service': [
    'x=$(head -c 30000000 /dev/zero | tr "\\\\0" a); while :; do sleep 1; done; : $x',
    'MemoryHigh=16M',
  ],
  'crowded.service': ['for i in 1 2 3 4 5; do sleep 1000 & done; wait', 'TasksMax=32'],
  'writing.service': [
    'while :; do dd if=/dev/zero of=/var/tmp/written bs=1M count=4 conv=fsync status=none; sleep 0.2; done',
    'IOAccounting=yes',
  ],
  // Repeatedly killed by the OOM killer, each time in a new cgroup.
  'greedy.service': [
    'sleep 3; tail /dev/zero',
    'MemoryMax=32M',
    'MemorySwapMax=0',
    'Restart=always',
    'RestartSec=1',
  ],
};
/** In an emulated machine, loading the program and killing a unit take long. */
const SECONDS = 90;
const STEP_MILLIS = 400;

function number(unit: string, file: string, pattern: RegExp): number | null {
  try {
    const text = readFileSync(`/sys/fs/cgroup/system.slice/${unit}/${file}`, 'utf8');
    return Number(pattern.exec(text)?.[1] ?? Number.NaN);
  } catch {
    // Its controller is off, or the unit is just being started.
    return null;
  }
}

function read(): Reading {
  const atMillis = Date.now();
  const units = Object.keys(UNITS).map((unit) => {
    const figures = {
      throttledMicros: number(unit, 'cpu.stat', /throttled_usec (\d+)/),
      memoryBytes: number(unit, 'memory.current', /(\d+)/),
      peakBytes: number(unit, 'memory.peak', /(\d+)/),
      anonBytes: number(unit, 'memory.stat', /^anon (\d+)/m),
      highEvents: number(unit, 'memory.events', /high (\d+)/),
      writtenBytes: number(unit, 'io.stat', /wbytes=(\d+)/),
      threads: number(unit, 'pids.current', /(\d+)/),
      threadLimit: number(unit, 'pids.max', /(\d+)/),
      cpuPressureMicros: number(unit, 'cpu.pressure', /some .*total=(\d+)/),
      memoryPressureMicros: number(unit, 'memory.pressure', /some .*total=(\d+)/),
    };
    return [unit, figures] as const;
  });
  return { atMillis: (atMillis + Date.now()) / 2, units: Object.fromEntries(units) };
}

for (const [unit, [command, ...properties]] of Object.entries(UNITS)) {
  const flags = properties.map((property) => `--property=${property}`);
  execFileSync('systemd-run', ['--quiet', `--unit=${unit}`, ...flags, 'sh', '-c', command]);
}
await sleep(3000);
const named = Object.keys(UNITS).flatMap((unit) => ['--service', unit]);
const args = [...named, '--duration', String(SECONDS), '--summary', 'json', '--export', 'console'];
const program = spawn(process.execPath, ['src/main.ts', ...args, '--export-interval', '1'], {
  stdio: ['ignore', 'pipe', 'pipe'],
});
const said = { stdout: '', stderr: '' };
for (const stream of ['stdout', 'stderr'] as const) {
  program[stream].setEncoding('utf8').on('data', (text: string) => {
    said[stream] += text;
  });
}
let isOver = false;
program.once('close', () => {
  isOver = true;
});
const trace: Reading[] = [];
while (!isOver) {
  trace.push(read());
  await sleep(STEP_MILLIS);
}
const show = ['show', '--property=NRestarts', '--value', 'greedy.service'];
const restarts = Number(execFileSync('systemctl', show, { encoding: 'utf8' }));
const windows = said.stderr.split('\n').filter((line) => line.startsWith('{"resource"'));
const payload: Payload = { document: said.stdout, windows, trace, restarts };
console.log(JSON.stringify(payload));
