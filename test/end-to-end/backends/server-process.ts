import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const READY_SECONDS = 60;
const STOP_SECONDS = 20;

/** A server for tests. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #name: string;
  #said = '';

  constructor(program: string, args: readonly string[], cwd: string, env = process.env) {
    this.#name = program.replace(/^.*\//, '');
    this.#child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const take = (text: string) => {
      this.#said += text;
    };
    this.#child.stdout!.setEncoding('utf8').on('data', take);
    this.#child.stderr!.setEncoding('utf8').on('data', take);
    process.once('exit', this.#kill);
  }

  /** Its log so far. */
  get log(): string {
    return this.#said;
  }

  /** Waits until it is ready. Throws with its log if it ends, or after a timeout. */
  async ready(isReady: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = performance.now() + READY_SECONDS * 1000;
    while (!(await isReady())) {
      if (this.#isOver()) assert.fail(`${this.#name} ended before it was ready\n${this.#said}`);
      if (performance.now() > deadline) assert.fail(`${this.#name} did not get ready\n${this.#said}`);
      await sleep(20);
    }
  }

  /** Shuts it down gracefully, so that all data is written; kills it if that fails. */
  async stop(): Promise<void> {
    const timer = setTimeout(this.#kill, STOP_SECONDS * 1000);
    await this.#end('SIGTERM');
    clearTimeout(timer);
  }

  /** Like a crash. */
  async crash(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    process.removeListener('exit', this.#kill);
    if (this.#isOver()) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill(signal);
    await ended;
  }

  readonly #kill = () => {
    this.#child.kill('SIGKILL');
  };

  #isOver(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}
