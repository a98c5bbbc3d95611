import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import type { ScratchCgroup } from '../../host/cgroup/scratch-cgroup.ts';
import { pauseThread } from '../../host/files/waiting.ts';
import { readArguments } from '../../host/proc/command-line.ts';
import { shellExitCode } from '../../host/wait-status.ts';

/** Joins the cgroup, reports it, waits for the go-ahead, and execs the command; exits if unitledger is gone. */
const GATE =
  'exec 5>"$1" && shift && echo 0 >&5 && exec 5>&- && echo >&4 && read -r _ <&3 && exec 3<&- 4>&- && exec "$@"';

/** What the shell calls itself, in its message about a command that cannot be found. */
const SHELL_NAME = 'unitledger';

/** The shell executes the command within about a millisecond; on a very busy machine no more than this is waited for it. */
const EXEC_PATIENCE_MILLIS = 100;
const EXEC_LOOK_MILLIS = 0.25;

/** Takes what a command writes. */
interface ByteSink {
  push(bytes: Uint8Array): void;
  /** No more comes. */
  end(): void;
}

/** Where a command reads and writes: a descriptor of this program, or who takes it. */
export interface CommandStreams {
  readonly input: 'inherit' | 'ignore';
  readonly output: number | ByteSink;
  readonly error: number | ByteSink;
}

/**
 * A command that is started to be tracked: it stands at a gate, a member of its cgroup and with a PID, until
 * `letGo`, so that a first sample can be taken and all of it is watched.
 */
export class LaunchedCommand {
  /** Its exit code once it has ended; 128 + the signal's number where a signal ended it, as shells say it. */
  readonly exited: Promise<number>;
  readonly pid: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, pid: number) {
    this.#child = child;
    this.pid = pid;
    this.exited = once(child, 'exit').then(([code, signal]: (number | NodeJS.Signals | null)[]) =>
      typeof code === 'number'
        ? code
        : shellExitCode({ exitCode: null, signal: constants.signals[signal as NodeJS.Signals] })!,
    );
  }

  /**
   * Starts `argv` with `env` as its environment in `cgroup`, where there is one, and resolves when it stands at the gate. Rejects where no shell can be
   * started.
   */
  static async atGate(
    argv: readonly [string, ...string[]],
    env: NodeJS.ProcessEnv,
    cgroup: ScratchCgroup | null,
    { input, output, error }: CommandStreams,
  ): Promise<LaunchedCommand> {
    const joins = cgroup?.procsFile ?? '/dev/null';
    const child = spawn('/bin/sh', ['-c', GATE, SHELL_NAME, joins, ...argv], {
      env,
      stdio: [input, descriptorOf(output), descriptorOf(error), 'pipe', 'pipe'],
    });
    if (child.pid === undefined) await once(child, 'error').then(([reason]) => Promise.reject(reason));
    drain(child.stdout, output);
    drain(child.stderr, error);
    const command = new LaunchedCommand(child, child.pid!);
    const ready = child.stdio[4] as Readable;
    await Promise.race([once(ready, 'data'), command.exited]);
    ready.destroy();
    return command;
  }

  /**
   * Lets the command go, and blocks until it has replaced the shell at the gate, 100 ms at most. One that has ended by then is
   * a zombie until the event loop runs, so `directory` (its own below `/proc`) still has its name.
   */
  letGo(directory: string): void {
    const atGate = readArguments(directory)?.join('\0');
    const gate = this.#child.stdio[3] as Writable;
    // It may have died at the gate: that shows in its exit code.
    gate.on('error', () => {});
    gate.end('\n');
    for (let waited = 0; waited < EXEC_PATIENCE_MILLIS; waited += EXEC_LOOK_MILLIS) {
      if (readArguments(directory)?.join('\0') !== atGate) return;
      pauseThread(EXEC_LOOK_MILLIS);
    }
  }

  /** Passes a signal on; one that has ended takes none. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

function descriptorOf(output: number | ByteSink): number | 'pipe' {
  return typeof output === 'number' ? output : 'pipe';
}

function drain(stream: Readable | null, sink: number | ByteSink): void {
  if (stream === null || typeof sink === 'number') return;
  stream.on('data', (bytes: Uint8Array) => sink.push(bytes));
  stream.on('end', () => sink.end());
  stream.on('error', () => sink.end());
}
