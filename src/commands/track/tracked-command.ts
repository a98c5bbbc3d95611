import type { OpenedTargets } from '../../discovery/open-targets.ts';
import { GroupWitness } from '../../discovery/processes/group-witness.ts';
import { type CommandStreams, LaunchedCommand } from '../../discovery/processes/launched-command.ts';
import { makeScratchCgroup, type ScratchCgroup } from '../../host/cgroup/scratch-cgroup.ts';
import type { Clock } from '../../host/clock.ts';
import { isInOtherGroup } from '../../host/proc/status.ts';
import { signalOfExitCode } from '../../host/wait-status.ts';
import type { Log } from '../../text/log.ts';
import type { EndSignal, RunEnd } from '../run-end.ts';

/** Seconds that a command has to end before it is killed. */
const GRACE_SECONDS = 5;
/** Seconds after which a signal to a process group has reached all of its processes. */
const GROUP_SECONDS = 0.02;
/** Wait for processes that end together with the command: seconds per attempt, and number of attempts. */
const LAST_ONES_SECONDS = 0.05;
const LAST_ONES_LOOKS = 10;
/** Maximum number of PIDs in the log. */
const MOST_PIDS = 20;

/** The command of a run, from its gate to its end. */
export class TrackedCommand {
  /**
   * Resolves when the command has exited and, with --duration, when the processes that it left behind have exited as
   * well.
   */
  readonly over: Promise<void>;
  /** Path of the cgroup created for it; null if none could be created. */
  readonly cgroup: string | null;
  readonly pid: number;
  readonly #launched: LaunchedCommand;
  readonly #scratch: ScratchCgroup | null;
  readonly #log: Log;
  readonly #witness = new GroupWitness();
  readonly #exited: Promise<void>;
  readonly #end = Promise.withResolvers<void>();
  /** The process tree of a command without a cgroup, in a run with --duration. */
  #tree: OpenedTargets | undefined;
  #followsLeftBehind = false;
  #isLeftBehindReported = false;
  #exitCode: number | undefined;
  #isCutShort = false;

  private constructor(launched: LaunchedCommand, scratch: ScratchCgroup | null, log: Log) {
    this.#launched = launched;
    this.#scratch = scratch;
    this.#log = log;
    this.cgroup = scratch?.path ?? null;
    this.pid = launched.pid;
    this.over = this.#end.promise;
    this.#exited = launched.exited.then((code) => {
      this.#exitCode = code;
      this.checkLeftBehind();
    });
  }

  /** Starts `argv` in `environment` up to the gate; `unitRoot` is the root of the v2 tree, null without one. */
  static async prepare(
    argv: readonly [string, ...string[]],
    environment: NodeJS.ProcessEnv,
    unitRoot: string | null,
    streams: CommandStreams,
    log: Log,
  ): Promise<TrackedCommand> {
    const launch = (cgroup: ScratchCgroup | null) =>
      LaunchedCommand.atGate(argv, environment, cgroup, streams);
    let scratch = unitRoot === null ? 'there is no cgroup v2 tree' : makeScratchCgroup(unitRoot);
    if (typeof scratch !== 'string') {
      try {
        const launched = await launch(scratch);
        // A shell that was ended by a signal was not refused.
        if (launched.isAtGate || signalOfExitCode(await launched.exited) !== null)
          return new TrackedCommand(launched, scratch, log);
      } catch (error) {
        scratch.remove();
        throw error;
      }
      scratch.remove();
      scratch = `the kernel does not let processes into a cgroup of its own (${scratch.path})`;
    }
    log.info({}, `the command is tracked by its process tree, so coverage cannot be measured: ${scratch}`);
    return new TrackedCommand(await launch(null), null, log);
  }

  /** Call before `start`: tracks processes that the command leaves behind until they exit. */
  followLeftBehind(targets: OpenedTargets): void {
    this.#followsLeftBehind = true;
    this.#tree = targets;
  }

  /** Call once per tick: processes that the command left behind may have exited. */
  checkLeftBehind(): void {
    if (this.#exitCode === undefined) return;
    if (!this.#followsLeftBehind || !this.#hasLeftBehind()) {
      this.#end.resolve();
      return;
    }
    if (this.#isLeftBehindReported || this.#isCutShort) return;
    this.#isLeftBehindReported = true;
    this.#log.info(
      { exitCode: this.#exitCode },
      'the command exited; processes that it left running are tracked until they exit, or until --duration is over',
    );
  }

  #hasLeftBehind(): boolean {
    if (this.#scratch !== null) return this.#scratch.pids().length > 0;
    const tree = this.#tree;
    if (tree === undefined) return false;
    tree.refresh();
    for (const instance of tree.instances) instance.listMembers({ push() {} });
    return !tree.isOver;
  }

  /** Starts the command; `directory` is its directory below `/proc`. */
  start(directory: string): void {
    this.#launched.letGo(directory);
  }

  /**
   * Ends the command if it is running. It gets the signals that end the run, also later ones; without a signal (the
   * duration is over), SIGTERM. Remaining processes are killed five seconds later, but not after a single SIGINT, which a user at a
   * terminal can repeat.
   */
  async stop(clock: Clock, end: RunEnd): Promise<void> {
    if (this.#exitCode !== undefined) return;
    let cancel: (() => void) | undefined;
    const killLater = () => {
      cancel ??= clock.after(GRACE_SECONDS, () => {
        this.#launched.signal('SIGKILL');
        this.#scratch?.kill();
      });
    };
    this.#isCutShort = !end.isSignalled;
    if (this.#isCutShort) {
      this.#launched.signal('SIGTERM');
      killLater();
    }
    let count = 0;
    end.onSignal((signal) => {
      this.#pass(signal, clock);
      if (signal !== 'SIGINT' || ++count > 1) killLater();
    });
    await this.#exited;
    cancel?.();
  }

  /** The exit code, 128 + the signal's number if a signal ended it; undefined if the end of the duration ended it. */
  get exitCode(): number | undefined {
    return this.#isCutShort ? undefined : this.#exitCode;
  }

  /** Removes the cgroup of the command, unless processes are left in it, which are logged. */
  async close(clock: Clock, targets: OpenedTargets): Promise<void> {
    this.#witness.close();
    for (let looks = 0; looks < LAST_ONES_LOOKS; looks++) {
      if (this.#scratch?.remove() === true || this.#leftPids(targets).length === 0) return;
      await new Promise<void>((resolve) => void clock.after(LAST_ONES_SECONDS, resolve));
    }
    const pids = this.#leftPids(targets);
    const processes = pids.length === 1 ? `PID ${pids[0]}` : `${pids.length} processes`;
    const where =
      this.cgroup === null ? '' : ` in the cgroup ${this.cgroup}; the next run removes it when it is empty`;
    const hint = this.#followsLeftBehind ? '' : '; use --duration to track them';
    this.#log.warn(
      { cgroup: this.cgroup, pids: pids.slice(0, MOST_PIDS) },
      `the command left ${processes} running${where}${hint}`,
    );
  }

  #leftPids(targets: OpenedTargets): readonly number[] {
    if (this.#scratch !== null) return this.#scratch.pids();
    const pids: number[] = [];
    for (const instance of targets.instances) instance.listMembers({ push: (pid) => void pids.push(pid) });
    return pids.filter((pid) => pid !== this.pid);
  }

  /** Passes a signal to the command, unless the command already received it. */
  #pass(signal: EndSignal, clock: Clock): void {
    clock.after(GROUP_SECONDS, () => {
      const wentToGroup = this.#witness.sawSignal();
      if (wentToGroup) this.#witness.renew();
      // Some commands leave the group: timeout(1), setsid(1).
      if (!wentToGroup || isInOtherGroup(this.pid)) this.#launched.signal(signal);
    });
  }
}
