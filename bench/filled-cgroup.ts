import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findCgroupLayout } from '../src/host/cgroup/layout.ts';

let started = 0;

/** A cgroup with the processes of a program in it (`population.c`, `churn.c`). */
export class FilledCgroup {
  /** Path below the root of the v2 tree, with a leading `/`. */
  readonly path: string;
  /** Its directory. */
  readonly directory: string;
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #said = '';

  private constructor(path: string, directory: string, child: ChildProcess) {
    this.path = path;
    this.directory = directory;
    this.#child = child;
    this.#closed = once(child, 'close');
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text;
    });
  }

  /**
   * Starts `argv`, with a cgroup directory to make and `numbers` after it. It says "ready", and at the end of its input
   * ends what it started, removes the cgroup, and may print one number. Rejects where no cgroup can be made (not root, no
   * v2 tree).
   */
  static async fill(argv: readonly [string, ...string[]], numbers: readonly number[]): Promise<FilledCgroup> {
    const layout = findCgroupLayout('/sys/fs/cgroup');
    if (layout.kind !== 'v2' && layout.kind !== 'hybrid') throw new Error('there is no cgroup v2 tree here');
    const own = /^0::(\/.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/';
    // A slice, so that what lies in it may be units.
    const path = join(own, `unitledger_bench_${process.pid}_${++started}.slice`);
    const directory = join(layout.unitRoot, path);
    const [command, ...args] = argv;
    const child = spawn(command, [...args, directory, ...numbers.map(String)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const filled = new FilledCgroup(path, directory, child);
    const first = once(createInterface(child.stdout), 'line');
    const [said] = (await Promise.race([first, filled.#closed])) as unknown[];
    if (said !== 'ready') throw new Error(`no processes could be started in ${directory}`);
    return filled;
  }

  /** Its `cgroup.procs`. */
  get procs(): string {
    return join(this.directory, 'cgroup.procs');
  }

  /** Ends the processes and removes the cgroup; should this program die, that happens by itself. Resolves to the number. */
  async end(): Promise<number> {
    this.#child.stdin!.end();
    await this.#closed;
    return Number(this.#said.trimEnd().split('\n').at(-1));
  }
}

/** Writes the PIDs of all the cgroups into one file, as `cgroup.procs` has them; its path. */
export function listOfProcesses(paths: readonly string[], file: string): string {
  const layout = findCgroupLayout('/sys/fs/cgroup');
  if (layout.kind === 'none') throw new Error(layout.message);
  const lists = paths.map((path) => readFileSync(join(layout.unitRoot, path, 'cgroup.procs'), 'latin1'));
  writeFileSync(file, lists.join(''));
  return file;
}
