import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

/** Mount point of this machine's v2 hierarchy; undefined if there is none. */
function v2Mount(): string | undefined {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return mounts.find((line) => line.includes(' - cgroup2 '))?.split(' ')[4];
}

/** Whether cgroups can be created here, or why not; for `skipUnless`. */
export function canMakeCgroups(): true | string {
  const mount = v2Mount();
  if (mount === undefined) return 'takes a mounted cgroup v2 hierarchy';
  const directory = `${mount}/unitledger-probe-${process.pid}`;
  try {
    mkdirSync(directory);
    rmdirSync(directory);
    return true;
  } catch (error) {
    return `takes root and a writable ${mount} (${(error as NodeJS.ErrnoException).code})`;
  }
}

let made = 0;

/** A v2 tree for a test, with real processes in it; removed at the end of the test. */
export class RealCgroups {
  /** Serves as the root of the host's tree. */
  readonly root: string;
  readonly #children: ChildProcess[] = [];

  constructor(t: TestContext) {
    this.root = `${v2Mount()}/unitledger-test-${process.pid}-${made++}`;
    mkdirSync(this.root);
    removeWithThisProcess(this.root);
    t.after(() => this.#clear());
  }

  make(path: string): void {
    mkdirSync(this.root + path, { recursive: true });
  }

  /** Removes a cgroup and its descendants, after killing their processes. */
  async remove(path: string): Promise<void> {
    const directories = [this.root + path];
    for (let i = 0; i < directories.length; i++) {
      for (const entry of readdirSync(directories[i]!, { withFileTypes: true })) {
        if (entry.isDirectory()) directories.push(`${directories[i]}/${entry.name}`);
      }
    }
    // Not for a threaded cgroup: its processes belong to the cgroup above.
    if (readFileSync(`${directories[0]}/cgroup.type`, 'utf8').trim() !== 'threaded') {
      writeFileSync(`${directories[0]}/cgroup.kill`, '1');
    }
    for (const directory of directories.reverse()) await removeWhenEmpty(directory);
  }

  /** Moves a process in. */
  move(path: string, pid: number): void {
    writeFileSync(`${this.root}${path}/cgroup.procs`, String(pid));
  }

  write(path: string, file: string, text: string): void {
    writeFileSync(`${this.root}${path}/${file}`, text);
  }

  /**
   * Runs `script` in a shell in the cgroup; returns its PID. It ends with this process at the latest, like everything
   * it starts.
   */
  shell(path: string, script: string): number {
    const gate = 'echo 0 > "$0/cgroup.procs" || exit; eval "$1"';
    const child = spawn('/bin/sh', ['-c', gate, this.root + path, script], { stdio: 'ignore' });
    this.#children.push(child);
    return child.pid!;
  }

  /** A process that sleeps in the cgroup; returns its PID once it is there. */
  async sleeper(path: string): Promise<number> {
    const pid = this.shell(path, 'exec sleep 1000');
    await until(() => this.pids(path).includes(pid), `PID ${pid} to be in ${path}`);
    return pid;
  }

  /** The PIDs that the kernel lists for this cgroup alone. */
  pids(path: string): number[] {
    const text = readFileSync(`${this.root}${path}/cgroup.procs`, 'utf8');
    return text.split('\n').filter(Boolean).map(Number);
  }

  async #clear(): Promise<void> {
    // One that has not joined its cgroup yet would be in no cgroup that is killed.
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await this.remove('');
  }
}

/** Waits for an asynchronous effect in the kernel, such as the end of a process. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  for (let waitedMillis = 0; !holds(); waitedMillis += 5) {
    if (waitedMillis > 10_000) throw new Error(`waited 10 s for ${what}`);
    await sleep(5);
  }
}

/** Starts a process that kills and removes the remainder of a tree after this process has ended in any way. */
function removeWithThisProcess(root: string): void {
  // The pipe ends with this process.
  const script =
    'read -r _; [ -d "$0" ] || exit 0; echo 1 >"$0/cgroup.kill"; for i in 1 2 3 4 5 6 7 8 9; do find "$0" -depth -type d -exec rmdir {} + && exit; sleep 0.1; done';
  const child = spawn('/bin/sh', ['-c', script, root], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  child.unref();
  (child.stdin as Socket).unref();
}

async function removeWhenEmpty(directory: string): Promise<void> {
  let code: string | undefined;
  await until(() => {
    try {
      rmdirSync(directory);
      return true;
    } catch (error) {
      code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOENT') return true;
      if (code !== 'EBUSY') throw error;
      return false;
    }
  }, `${directory} to be empty`);
}
