import { makeScratchCgroup, type ScratchCgroup } from '../../host/cgroup/scratch-cgroup.ts';
import type { Clock } from '../../sampling/pace.ts';
import { type CommandStreams, LaunchedCommand } from '../../target/launched-command.ts';
import type { Log } from '../../text/log.ts';

/** What a command that is to end gets to finish, before it is killed. */
const GRACE_SECONDS = 5;

/** The command of a run, from the gate to its end. */
export class TrackedCommand {
  /** Resolves when the command itself has ended. */
  readonly exited: Promise<unknown>;
  /** Path of the cgroup that was made for it; null where none may be made. */
  readonly cgroup: string | null;
  readonly pid: number;
  readonly #launched: LaunchedCommand;
  readonly #scratch: ScratchCgroup | null;
  readonly #log: Log;
  #exitCode: number | undefined;
  #stopped = false;

  private constructor(launched: LaunchedCommand, scratch: ScratchCgroup | null, log: Log) {
    this.#launched = launched;
    this.#scratch = scratch;
    this.#log = log;
    this.cgroup = scratch?.path ?? null;
    this.pid = launched.pid;
    this.exited = launched.exited.then((code) => {
      this.#exitCode = code;
    });
  }

  /** Starts `argv` in `environment` up to the gate; `unitRoot` is the root of the v2 tree, null where there is none. */
  static async prepare(
    argv: readonly [string, ...string[]],
    environment: NodeJS.ProcessEnv,
    unitRoot: string | null,
    streams: CommandStreams,
    log: Log,
  ): Promise<TrackedCommand> {
    const scratch = unitRoot === null ? 'there is no cgroup v2 tree' : makeScratchCgroup(unitRoot);
    if (typeof scratch === 'string') {
      log.info(
        {},
        `the command is followed by its process tree, without a total to compare with: ${scratch}`,
      );
    }
    const cgroup = typeof scratch === 'string' ? null : scratch;
    return new TrackedCommand(await LaunchedCommand.atGate(argv, environment, cgroup, streams), cgroup, log);
  }

  start(): void {
    this.#launched.letGo();
  }

  /** Ends it if it still runs: SIGTERM, and after a grace SIGKILL to all that is left. */
  async stop(clock: Clock): Promise<void> {
    if (this.#exitCode !== undefined) return;
    this.#stopped = true;
    this.#launched.signal('SIGTERM');
    const cancel = clock.after(GRACE_SECONDS, () => {
      this.#launched.signal('SIGKILL');
      this.#scratch?.kill();
    });
    await this.exited;
    cancel();
  }

  /** Its own exit code; undefined where it did not end by itself. */
  get exitCode(): number | undefined {
    return this.#stopped ? undefined : this.#exitCode;
  }

  /** Takes its cgroup away, unless something that it left behind still runs there. */
  close(): void {
    if (this.#scratch === null || this.#scratch.remove()) return;
    this.#log.warn(
      { cgroup: this.#scratch.path },
      'processes that the command left behind go on in its cgroup',
    );
  }
}
