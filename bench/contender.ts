import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

/** A program that does something once an interval, and is measured from outside. */
export interface ContenderPlan {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  readonly environment?: Readonly<Record<string, string>>;
  /** At SIGTERM it prints what it measured of itself, and ends. */
  readonly reports?: boolean;
  /** It does its work when it is asked by HTTP. */
  readonly scraped?: { readonly url: string; readonly everySeconds: number };
}

/** A contender that runs. */
export class Contender {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #endsBy: NodeJS.Signals;
  readonly #scraped: ContenderPlan['scraped'];
  #scraping: NodeJS.Timeout | undefined;
  /** Answers that came whole. */
  scrapes = 0;
  #printed = '';
  #complained = '';

  private constructor({ name, reports, scraped }: ContenderPlan, child: ChildProcess) {
    this.name = name;
    this.#scraped = scraped;
    this.#child = child;
    this.#endsBy = reports ? 'SIGTERM' : 'SIGKILL';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      // Of the others nobody wants to know.
      if (reports) this.#printed += text;
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#complained = (this.#complained + text).slice(-2000);
    });
    this.#scrape();
  }

  static start(plan: ContenderPlan): Contender {
    const [command, ...args] = plan.argv;
    const env = { ...process.env, ...plan.environment };
    return new Contender(plan, spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  /**
   * CPU seconds of all its threads, to the nanosecond (`/proc/PID/task/TID/schedstat`, sched-stats.rst). Throws where
   * it has ended: what has ended was not measured.
   */
  cpuSeconds(): number {
    const tasks = this.#file('task');
    let nanos = 0;
    for (const task of readdirSync(tasks)) {
      nanos += Number(readFileSync(`${tasks}/${task}/schedstat`, 'latin1').split(' ', 1)[0]);
    }
    return nanos / 1e9;
  }

  /** Resident memory now, and at its highest (proc_pid_status(5)). */
  memoryBytes(): { readonly resident: number; readonly peak: number } {
    const status = readFileSync(this.#file('status'), 'latin1');
    const bytes = (field: string) =>
      Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)![1]) * 1024;
    return { resident: bytes('VmRSS'), peak: bytes('VmHWM') };
  }

  pause(): void {
    clearInterval(this.#scraping);
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
    this.#scrape();
  }

  #scrape(): void {
    if (this.#scraped === undefined) return;
    const { url, everySeconds } = this.#scraped;
    const ask = async () => {
      // It may not have begun to listen yet, or be over: what counts is what came.
      const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) }).catch(() => undefined);
      const text = await answer?.text().catch(() => undefined);
      if (answer?.ok && text !== undefined) this.scrapes++;
    };
    clearInterval(this.#scraping);
    this.#scraping = setInterval(() => void ask(), everySeconds * 1000);
  }

  /** Ends it, if it has not ended by itself. Resolves to what it printed. */
  async end(): Promise<string> {
    clearInterval(this.#scraping);
    if (!this.#hasEnded) {
      const closed = once(this.#child, 'close');
      this.#child.kill(this.#endsBy);
      this.#child.kill('SIGCONT');
      await closed;
    }
    return this.#printed;
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #file(name: string): string {
    if (this.#hasEnded) throw new Error(`${this.name} has ended: ${this.#complained.trim()}`);
    return `/proc/${this.#child.pid}/${name}`;
  }
}
