import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Boot, boot, labMissing } from './boot.ts';
import { destroyCgroup, processesBelow } from './cgroup.ts';
import { type Finished, outputOf, runCommand } from './command.ts';

/**
 * For `describe(title, { skip: skipLab() }, …)`: why tests with a systemd are skipped on this machine, or false. Never
 * skipped with `CI=true`: the boot then fails, with the reason.
 */
export function skipLab(): string | false {
  return process.env.CI === 'true' ? false : (labMissing() ?? false);
}

/** Boots a separate systemd (a second or two if the root is cached; minutes the first time on a machine). */
export async function bootSystemd(): Promise<SystemdLab> {
  return new SystemdLab(await boot());
}

/** A running systemd in namespaces, seen from outside. All paths and PIDs are this machine's, unless stated otherwise. */
export class SystemdLab {
  /** The cgroup directory that is the root inside: mounted by a sidecar as the host's cgroup root. */
  readonly cgroupRoot: string;
  /** The `/proc` with the lab's processes under the PIDs used here. */
  readonly procRoot = '/proc';
  /** The root of its file system: `${fileRoot}/etc/systemd/system` is its unit directory. */
  readonly fileRoot: string;
  /** PID of systemd, PID 1 inside. */
  readonly managerPid: number;
  readonly #boot: Boot;
  readonly #pidNamespace: string;

  constructor(made: Boot) {
    this.#boot = made;
    this.cgroupRoot = made.cgroupRoot;
    this.managerPid = made.managerPid;
    this.fileRoot = `/proc/${made.managerPid}/root`;
    this.#pidNamespace = readlinkSync(`/proc/${made.managerPid}/ns/pid`);
  }

  /** Wraps `argv` to run inside, in all the lab's namespaces but in none of its cgroups: load generators, queries. */
  insideCommand(argv: readonly string[]): string[] {
    return ['nsenter', '-t', String(this.managerPid), '-a', '-r', '-w', '--', ...argv];
  }

  /** Runs a command inside to its end. A failure is in the result's `code`. */
  run(argv: readonly string[], timeoutMillis?: number): Promise<Finished> {
    return runCommand(this.insideCommand(argv), timeoutMillis);
  }

  /** Like `run`, but returns the output and throws on failure. */
  output(argv: readonly string[], timeoutMillis?: number): Promise<string> {
    return outputOf(this.insideCommand(argv), timeoutMillis);
  }

  /** Starts a command inside that continues; it ends with the lab at the latest. */
  spawn(argv: readonly string[]): ChildProcess {
    const [file, ...args] = this.insideCommand(argv) as [string, ...string[]];
    return spawn(file, args, { stdio: 'ignore' });
  }

  /** Output of `systemctl`; throws on failure. */
  systemctl(...args: readonly string[]): Promise<string> {
    return this.output(['systemctl', ...args]);
  }

  /** Starts a transient unit: `systemdRun('x.service', ['Delegate=yes'], ['sleep', '60'])`. */
  async systemdRun(unit: string, properties: readonly string[], argv: readonly string[]): Promise<void> {
    const flags = properties.map((property) => `--property=${property}`);
    await this.output(['systemd-run', '--quiet', `--unit=${unit}`, ...flags, '--', ...argv]);
  }

  /** Writes a file in the lab; `file` is an absolute path inside. */
  async writeFile(file: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
    const outside = path.join(this.fileRoot, file);
    mkdirSync(path.dirname(outside), { recursive: true });
    await writeFile(outside, content, { mode });
  }

  /** Writes a unit file to `/etc/systemd/system` and reloads systemd. The unit is not started. */
  async writeUnit(name: string, text: string): Promise<void> {
    await this.writeFile(`/etc/systemd/system/${name}`, text);
    await this.systemctl('daemon-reload');
  }

  startUnit(unit: string): Promise<string> {
    return this.systemctl('start', '--', unit);
  }

  stopUnit(unit: string): Promise<string> {
    return this.systemctl('stop', '--', unit);
  }

  restartUnit(unit: string): Promise<string> {
    return this.systemctl('restart', '--', unit);
  }

  /** One property of a unit; empty if it has none. */
  property(unit: string, name: string): Promise<string> {
    return this.systemctl('show', '--property', name, '--value', '--', unit);
  }

  /** The unit's cgroup directory according to systemd; undefined if it has none. */
  async cgroupOf(unit: string): Promise<string | undefined> {
    const below = await this.property(unit, 'ControlGroup');
    const directory = path.join(this.cgroupRoot, below);
    return below !== '' && existsSync(directory) ? directory : undefined;
  }

  /** PIDs of all processes of a unit, including its sub-cgroups; empty if it is not active. */
  async processesOf(unit: string): Promise<number[]> {
    const directory = await this.cgroupOf(unit);
    return directory === undefined ? [] : processesBelow(directory);
  }

  /** PID of the unit's main process on this machine; undefined if it has none. */
  async mainPid(unit: string): Promise<number | undefined> {
    const inside = Number(await this.property(unit, 'MainPID'));
    return inside === 0 ? undefined : this.outsidePid(inside);
  }

  /** PID on this machine of a process of the lab; undefined if there is no such process. */
  outsidePid(insidePid: number): number | undefined {
    return this.processes().find((pid) => this.insidePid(pid) === insidePid);
  }

  /** PID of a process inside the lab (the last of `NSpid`, proc_pid_status(5)); undefined if it is gone. */
  insidePid(pid: number): number | undefined {
    try {
      const line = /^NSpid:(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
      return Number(line?.trim().split(/\s+/).at(-1));
    } catch {
      // Ended in between.
      return undefined;
    }
  }

  /** PIDs of all processes in the lab's PID namespace, in its cgroups or not. */
  processes(): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => this.#isInside(pid));
  }

  #isInside(pid: number): boolean {
    try {
      return readlinkSync(`/proc/${pid}/ns/pid`) === this.#pidNamespace;
    } catch {
      // Ended in between.
      return false;
    }
  }

  /** Ends everything in the lab, and removes its cgroups and files. Throws if anything remains. */
  async stop(): Promise<void> {
    await destroyCgroup(this.cgroupRoot);
    const deadline = Date.now() + 10_000;
    while (this.processes().length > 0 || this.#boot.parent.exitCode === null) {
      if (Date.now() > deadline) throw new Error(`processes left of the lab: ${this.processes().join(' ')}`);
      await sleep(10);
    }
    await rm(this.#boot.folder, { recursive: true, force: true });
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
    const left = mounts.filter((line) => line.includes(this.#boot.folder));
    if (left.length > 0) throw new Error(`mounts left of the lab:\n${left.join('\n')}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
