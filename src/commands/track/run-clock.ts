import type { BootClock } from '../../host/boot-time.ts';
import type { Clock } from '../../host/clock.ts';
import { WallClock } from '../../host/wall-clock.ts';
import { type RunTimes, runTimes } from '../../ledger/document/run-times.ts';
import type { SampleScheduler } from '../../sampling/sample-scheduler.ts';
import type { Log } from '../../text/log.ts';
import { duration } from '../../views/format.ts';
import type { RunEnd } from '../run-end.ts';
import type { TrackedCommand } from './tracked-command.ts';

/** A moment on the monotonic clock, and its wall-clock time. */
interface Moment {
  readonly atSeconds: number;
  readonly unixMillis: number;
}

/** The times of a run: its start, its samples, and its end. All durations are by the monotonic clock. */
export class RunClock {
  /** Start of the program. */
  readonly started: Moment;
  readonly #clock: Clock;
  readonly #wall: WallClock;
  #boot: BootClock | null = null;
  #suspendedSeconds = 0;
  /** Times of the first and last sample; before the first one, the start of the program. */
  #first: Moment;
  #last: Moment;
  #hasSample = false;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#wall = new WallClock(clock, (stepSeconds) => {
      log.warn({ stepSeconds }, stepLine(stepSeconds, this.#suspendedSeconds));
      this.#boot?.followStep();
    });
    const atSeconds = clock.monotonicSeconds();
    this.started = { atSeconds, unixMillis: this.#wall.follow(atSeconds) };
    this.#first = this.started;
    this.#last = this.started;
  }

  /** Keeps the boot time correct from now on. */
  keep(boot: BootClock): void {
    this.#boot = boot;
  }

  /** Starts a sample and returns its time. */
  beginSample(): Moment {
    this.#suspendedSeconds = this.#boot?.followSuspend() ?? 0;
    const atSeconds = this.#clock.monotonicSeconds();
    this.#last = { atSeconds, unixMillis: this.#wall.follow(atSeconds) };
    if (!this.#hasSample) this.#first = this.#last;
    this.#hasSample = true;
    return this.#last;
  }

  /** The wall-clock time of any moment, by the current offset: the distance of two moments is that of the monotonic clock. */
  unixMillisAt(atSeconds: number): number {
    return this.#wall.currentUnixMillis(atSeconds);
  }

  /** Time of the last sample on the monotonic clock, in seconds. */
  get lastAtSeconds(): number {
    return this.#last.atSeconds;
  }

  /** Seconds from the first sample to the last. */
  get elapsedSeconds(): number {
    return this.#last.atSeconds - this.#first.atSeconds;
  }

  /** The run so far, from first to last sample, in wall-clock times by the current offset. */
  get times(): RunTimes {
    const { atSeconds } = this.#last;
    return runTimes(this.#first.atSeconds, atSeconds, this.#wall.currentUnixMillis(atSeconds));
  }

  /**
   * Resolves at the end of the run: with its last sample, or when it is interrupted. A run of a command ends with the command, or when
   * its time is up; it then has to end before the last sample can be taken.
   */
  async isOver(
    end: RunEnd,
    scheduler: SampleScheduler,
    command: TrackedCommand | undefined,
    durationSeconds: number,
  ): Promise<void> {
    if (command === undefined) return end.reached(scheduler.finished);
    if (durationSeconds === 0) return end.reached(command.over);
    let cancel = () => {};
    const timeIsUp = new Promise<void>((resolve) => {
      const passed = this.#clock.monotonicSeconds() - this.#first.atSeconds;
      cancel = this.#clock.after(Math.max(0, durationSeconds - passed), resolve);
    });
    await end.reached(command.over, timeIsUp);
    cancel();
  }
}

/** `suspendedSeconds`: by how much the boot clock ran on since the previous sample while the monotonic clock stood still. */
function stepLine(stepSeconds: number, suspendedSeconds: number): string {
  const size = `${Math.abs(stepSeconds).toFixed(1)} s`;
  if (stepSeconds < 0)
    return (
      `wall clock was set back ${size}; times of samples and export windows advance at half speed ` +
      `until the clock catches up, in about ${duration(2 * -stepSeconds)}`
    );
  const cause =
    suspendedSeconds > stepSeconds / 2
      ? `system was suspended for ${size}`
      : `wall clock was set forward ${size}`;
  return `${cause}; samples and export windows continue at the new time, and durations exclude the difference`;
}
