import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunDocument, RunProcess, RunUnit } from '../../../src/ledger/document/run-document.ts';
import { PROGRAM } from '../../bundle.ts';
import { unifiedMount } from '../systemd/cgroup.ts';

/** No run of a test takes longer, unless it says so. */
const LONGEST_SECONDS = 60;

/** Within which the pipes of a program that has ended are closed, unless a process that it left behind holds them. */
const PIPE_SECONDS = 10;

/** How the program is to be started, where that is not `node PROGRAM ARG...` in a plain environment. */
export interface Start {
  /** Added to `plainEnvironment()`. Nothing is exported unless this says so. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Makes the command that is run of the one that runs the program: `['setpriv', …, ...command]`. */
  readonly by?: (command: readonly string[]) => readonly string[];
  /** The program; `PROGRAM` if not given. */
  readonly program?: string;
  /** The Node that runs it, where it lies in the program's file system. */
  readonly node?: string;
  /** After which it is killed; a minute if not given. */
  readonly longestSeconds?: number;
  /** For which a process that the program left behind may hold its output open; ten if not given. */
  readonly pipeSeconds?: number;
}

/** A run that is over. */
export interface Ended {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From its start to its end. */
  readonly seconds: number;
}

/** The program while it runs. */
export interface Running {
  /** Settles when it has ended and its output is complete; fails if another process holds that open for much longer. */
  readonly ended: Promise<Ended>;
  /** The program itself, as this machine numbers it; undefined before it runs and after it ended. */
  pid(): number | undefined;
  signal(name: NodeJS.Signals): void;
  /** Waits until it follows this process: that holds from its first sample on. */
  watches(pid: number): Promise<void>;
  /** What standard error has so far. */
  stderr(): string;
  /** Waits until standard error, its own and that of its command, has this. */
  says(text: string): Promise<void>;
}

/** Programs that run: they are killed should a failed test have left them when all tests of its file are over. */
const running = new Set<() => void>();
process.once('exit', () => {
  for (const kill of running) kill();
});

/**
 * The environment that programs of the tests run in: PATH and HOME, no export, and the runner's compile cache, which
 * saves each of them about a second of CPU for stripping types and compiling.
 */
export function plainEnvironment(): Record<string, string> {
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE } = process.env;
  const cache = NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };
  return { PATH, HOME, UNITLEDGER_EXPORT: 'none', ...cache };
}

/** Starts the program. */
export function startUnitledger(args: readonly string[], start: Start = {}): Running {
  const { program = PROGRAM, node = process.execPath, by = (command) => command } = start;
  const { longestSeconds = LONGEST_SECONDS, pipeSeconds = PIPE_SECONDS } = start;
  const [file, ...rest] = by([node, program, ...args]) as [string, ...string[]];
  const env = { ...plainEnvironment(), ...start.environment };
  const startedAt = performance.now();
  const child = spawn(file, rest, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text;
    });
  }
  const kill = () => killAll(child, program);
  running.add(kill);
  const timer = setTimeout(kill, longestSeconds * 1000);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => {
      const held = () => {
        reject(
          new Error(
            `the program has ended, but a process holds its output open\n${said.stderr.slice(-4000)}`,
          ),
        );
        for (const stream of [child.stdout, child.stderr]) stream.destroy();
      };
      const patience = setTimeout(held, pipeSeconds * 1000);
      child.once('close', () => clearTimeout(patience));
    });
    child.once('close', (code) => {
      resolve({ code, ...said, seconds: (performance.now() - startedAt) / 1000 });
    });
  }).finally(() => {
    clearTimeout(timer);
    running.delete(kill);
  });
  // Who started it may wait for something else first.
  ended.catch(() => {});
  const pid = () => programBelow(child.pid, program);
  const comes = (isSo: () => boolean, what: string) =>
    until(
      () => {
        const over = child.exitCode !== null || child.signalCode !== null;
        const so = isSo();
        if (over && !so) assert.fail(`the program ended before ${what}\n${said.stderr}`);
        return so;
      },
      () => `${what}\n${said.stderr}`,
    );
  return {
    ended,
    pid,
    signal(name) {
      process.kill(pid() ?? assert.fail(`no program to send ${name} to\n${said.stderr}`), name);
    },
    watches: (watched) => comes(() => holds(pid(), `/${watched}/stat`), `it followed PID ${watched}`),
    stderr: () => said.stderr,
    says: (text) => comes(() => said.stderr.includes(text), `it said "${text}"`),
  };
}

/** Runs the program to its end. */
export function runUnitledger(args: readonly string[], start?: Start): Promise<Ended> {
  return startUnitledger(args, start).ended;
}

/** The run document on standard output. Fails if there is anything else, or if the exit code is not as told. */
export function documentOf(ended: Ended, code = 0): RunDocument {
  assert.equal(ended.code, code, ended.stderr);
  return JSON.parse(ended.stdout) as RunDocument;
}

/** The one unit of a run document that has this name. */
export function unitOf(document: RunDocument, name: string): RunUnit {
  const found = document.units.filter(({ unit }) => unit === name);
  assert.equal(found.length, 1, `${name} among ${document.units.map(({ unit }) => unit).join(', ')}`);
  return found[0]!;
}

/** The one row of a process. */
export function rowOf({ processes }: RunUnit, pid: number): RunProcess {
  const found = processes.filter((row) => row.pid === pid);
  assert.equal(found.length, 1, `rows of PID ${pid}`);
  return found[0]!;
}

/** A line of the log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** The log: every line of standard error, as JSON. */
export function logOf(stderr: string): LogLine[] {
  return stderr
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogLine);
}

/** What the log says beside what it sees of the host, what is followed, and the summary. */
export function remarksOf(stderr: string): string[] {
  return logOf(stderr)
    .map(({ msg }) => msg)
    .filter((msg) => msg !== 'summary' && !msg.startsWith('following ') && !msg.startsWith('host: '));
}

/** Pause between two checks: five times as long as the check took, so that waiting uses little CPU, within these limits. */
const PAUSE = { checks: 5, leastMillis: 5, mostMillis: 200 };

/** Waits until something is so, which it is bound to be soon. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  what: () => string,
  seconds = 20,
): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const checkedAt = performance.now();
    if (await isSo()) return;
    const now = performance.now();
    if (now > deadline) assert.fail(`never came: ${what()}`);
    const pause = PAUSE.checks * (now - checkedAt);
    await sleep(Math.min(Math.max(pause, PAUSE.leastMillis), PAUSE.mostMillis));
  }
}

/** Fails unless two figures differ by at most so much. */
export function assertNear(actual: number, wanted: number, tolerance: number, what: string): void {
  const apart = Math.abs(actual - wanted);
  assert.ok(apart <= tolerance, `${what}: ${actual} is not ${wanted} ± ${tolerance}`);
}

/** Whether a process has a file open whose path ends so. */
function holds(pid: number | undefined, file: string): boolean {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).some((name) => readlinkSync(`${folder}/${name}`).endsWith(file));
  } catch {
    // Not there yet, or a descriptor was closed meanwhile: the caller looks again.
    return false;
  }
}

/** The process below `pid`, or itself, that runs `program`. */
function programBelow(pid: number | undefined, program: string): number | undefined {
  if (pid === undefined) return undefined;
  try {
    if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1] === program) return pid;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
    for (const child of children === '' ? [] : children.split(' ')) {
      const found = programBelow(Number(child), program);
      if (found !== undefined) return found;
    }
  } catch {
    // Ended meanwhile.
  }
  return undefined;
}

/** Kills a program that is not over, with all below it: the cgroup of its command, and its descendants. */
function killAll(child: ChildProcess, program: string): void {
  const pid = programBelow(child.pid, program);
  if (pid !== undefined) killCommand(pid);
  if (child.exitCode !== null || child.signalCode !== null) return;
  for (const each of descendantsOf(child.pid).reverse()) quietly(() => process.kill(each, 'SIGKILL'));
  child.kill('SIGKILL');
}

function killCommand(pid: number): void {
  quietly(() => {
    const own = /^0::(\/.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))![1]!;
    writeFileSync(path.join(unifiedMount()!, own, `unitledger-${pid}`, 'cgroup.kill'), '1');
  });
}

/** Children after their parents. */
function descendantsOf(pid: number | undefined): number[] {
  if (pid === undefined) return [];
  const found: number[] = [];
  quietly(() => {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
    for (const each of children === '' ? [] : children.split(' '))
      found.push(Number(each), ...descendantsOf(Number(each)));
  });
  return found;
}

/** For what may have ended meanwhile. */
function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // See above.
  }
}
