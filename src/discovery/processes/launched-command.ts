import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { getSystemErrorMessage } from 'node:util';
import type { ScratchCgroup } from '../../host/cgroup/scratch-cgroup.ts';
import { pauseThread } from '../../host/files/waiting.ts';
import { HostError } from '../../host/host.ts';
import { readArgumentBytes } from '../../host/proc/command-line.ts';
import { shellExitCode } from '../../host/wait-status.ts';
import { printable } from '../../text/printable.ts';

/**
 * Joins the cgroup, reports it, waits for the go-ahead, which is a line of script that execs the command, and runs it;
 * exits if unitledger is gone.
 */
const GATE =
  'exec 5>"$1" && shift && echo 0 2>/dev/null >&5 && exec 5>&- && echo >&4 && ' +
  'UNITLEDGER_LF=\'\n\' && IFS= read -r UNITLEDGER_GO <&3 && exec 3<&- 4>&- && eval "$UNITLEDGER_GO"';

/** Runs the gate. Images without a shell exist: that of unitledger has none. */
export const SHELL = '/bin/sh';

/** `$0` of the shell, which prefixes its error message if the command is not found. */
const SHELL_NAME = 'unitledger';

/** Maximum wait for the exec, which normally takes about a millisecond; longer only on a very busy machine. */
const EXEC_PATIENCE_MILLIS = 100;
const EXEC_LOOK_MILLIS = 0.25;

/** Environment variables that every shell passes on. Others, such as `a.b` and functions of bash, may be dropped. */
const SHELL_VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Maximum wait for the end of the output after the exit; processes that the command left behind can keep it open. */
const DRAIN_PATIENCE_MILLIS = 500;

/** Receives the output of a command. */
interface ByteSink {
  push(bytes: Uint8Array): void;
  /** End of the output of the command; that of processes it left behind may follow. May be called twice. */
  end(): void;
}

/** Standard streams of a command: a descriptor of unitledger, or a sink. */
export interface CommandStreams {
  readonly input: 'inherit' | 'ignore';
  readonly output: number | ByteSink;
  readonly error: number | ByteSink;
}

/**
 * A command started for tracking: it waits at a gate, with a PID and as a member of its cgroup, until `letGo`. The
 * first sample is taken before, so the whole run of the command is tracked.
 */
export class LaunchedCommand {
  /**
   * Its exit code after it has ended and sinks have its output; shell convention: 128 + signal number if a signal ended
   * it.
   */
  readonly exited: Promise<number>;
  readonly pid: number;
  /** Whether it waits at the gate: false if it ended before, because the kernel refused to move it to `cgroup`. */
  readonly isAtGate: boolean;
  readonly #child: ChildProcess;
  /** The program that adds the variables which the shell drops, and its arguments; empty if there are none. */
  readonly #carrier: readonly string[];
  readonly #argv: readonly string[];

  private constructor(
    child: ChildProcess,
    exited: Promise<number>,
    isAtGate: boolean,
    argv: readonly string[],
    carrier: readonly string[],
  ) {
    this.#child = child;
    this.pid = child.pid!;
    this.exited = exited;
    this.isAtGate = isAtGate;
    this.#argv = argv;
    this.#carrier = carrier;
  }

  /**
   * Starts `argv` with the environment `env`, in `cgroup` if given. Resolves when the command waits at the gate, or has
   * ended before. Rejects with HostError if the shell cannot be started.
   */
  static async atGate(
    argv: readonly [string, ...string[]],
    env: NodeJS.ProcessEnv,
    cgroup: ScratchCgroup | null,
    { input, output, error }: CommandStreams,
  ): Promise<LaunchedCommand> {
    const joins = cgroup?.procsFile ?? '/dev/null';
    const child = await started([joins, ...argv], {
      env,
      stdio: [input, descriptorOf(output), descriptorOf(error), 'pipe', 'pipe'],
    }).catch((cause: NodeJS.ErrnoException) => Promise.reject(notStarted(argv[0], cause)));
    const drained = Promise.all([drain(child.stdout, output), drain(child.stderr, error)]);
    const exited = endOf(child).then(async (code) => {
      await Promise.race([drained, setTimeout(DRAIN_PATIENCE_MILLIS)]);
      for (const sink of [output, error]) if (typeof sink !== 'number') sink.end();
      return code;
    });
    const ready = child.stdio[4] as Readable;
    const isAtGate = await Promise.race([once(ready, 'data').then(() => true), exited.then(() => false)]);
    ready.destroy();
    return new LaunchedCommand(child, exited, isAtGate, argv, carrierOf(env, argv));
  }

  /**
   * Releases the command, and blocks until it has replaced the shell, at most 100 ms. A command that has ended by then
   * is a zombie until the event loop runs, so `directory` (its directory below `/proc`) still has its name.
   */
  letGo(directory: string): void {
    const atGate = readArgumentBytes(directory);
    const shell = atGate && Buffer.from(atGate);
    const carrier = Buffer.from(
      this.#carrier.length === 0 ? '' : [...this.#carrier, ...this.#argv].join('\0'),
    );
    const gate = this.#child.stdio[3] as Writable;
    // The command may have died at the gate; its exit code shows it.
    gate.on('error', () => {});
    gate.end(`${this.#carrier.length === 0 ? '' : carriedBy(this.#carrier)}exec "$@"\n`);
    for (let waited = 0; shell !== null && waited < EXEC_PATIENCE_MILLIS; waited += EXEC_LOOK_MILLIS) {
      const now = readArgumentBytes(directory);
      // A long command line is cut.
      if (now === null || !(now.equals(shell) || now.equals(carrier.subarray(0, now.length)))) return;
      pauseThread(EXEC_LOOK_MILLIS);
    }
  }

  /** Forwards a signal; ignored if the command has ended. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

/**
 * `env` with the variables that the shell may drop. Passed on at the go-ahead, because other users can read arguments
 * but not the environment: they are visible for about a millisecond only.
 */
function carrierOf(env: NodeJS.ProcessEnv, argv: readonly [string, ...string[]]): readonly string[] {
  const dropped = Object.entries(env).filter(([name]) => !SHELL_VARIABLE.test(name));
  // `env` would take such a command for a variable.
  if (dropped.length === 0 || argv[0].includes('=')) return [];
  return ['env', '--', ...dropped.map(([name, value]) => `${name}=${value}`)];
}

/** The script that lets `carrier` execute the command, if there is such a program. */
function carriedBy(carrier: readonly string[]): string {
  return `if command -v ${carrier[0]} >/dev/null 2>&1; then exec ${carrier.map(quoted).join(' ')} "$@"; fi; `;
}

/** One word of the script of the gate, without line feeds, at which `read` stops. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''").replaceAll('\n', `'"$UNITLEDGER_LF"'`)}'`;
}

/** Rejects with the error of the system call. */
async function started(args: readonly string[], options: SpawnOptions): Promise<ChildProcess> {
  // Some errors are thrown, others are events.
  const child = spawn(SHELL, ['-c', GATE, SHELL_NAME, ...args], options);
  if (child.pid === undefined) throw (await once(child, 'error'))[0];
  return child;
}

/** Its exit code by the convention of the shell. */
function endOf(child: ChildProcess): Promise<number> {
  // A signal that the command may not be sent (a set-user-ID program) is an error event.
  child.on('error', () => {});
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      resolve(code ?? shellExitCode({ exitCode: null, signal: constants.signals[signal!] })!);
    });
  });
}

function notStarted(program: string, cause: NodeJS.ErrnoException): HostError {
  const { code, errno } = cause;
  const why = errno === undefined ? cause.message : `${getSystemErrorMessage(errno)}, ${code}`;
  return new HostError(`-- ${printable(program)} cannot be started: running ${SHELL} failed (${why})`, {
    cause,
  });
}

function descriptorOf(output: number | ByteSink): number | 'pipe' {
  return typeof output === 'number' ? output : 'pipe';
}

/** Resolves at the end of the output. */
async function drain(stream: Readable | null, sink: number | ByteSink): Promise<void> {
  if (stream === null || typeof sink === 'number') return;
  stream.on('data', (bytes: Uint8Array) => sink.push(bytes));
  stream.on('end', () => sink.end());
  stream.on('error', () => sink.end());
  await new Promise((resolve) => stream.once('close', resolve));
}
