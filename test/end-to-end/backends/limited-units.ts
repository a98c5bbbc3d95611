import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { destroyCgroup, unifiedMount } from '../systemd/cgroup.ts';

const CGROUP_ROOT = '/sys/fs/cgroup';

/** Limits of a unit, by controller. */
interface Limits {
  readonly memoryBytes?: number;
  /** CPU seconds per second. */
  readonly cpus?: number;
}

/** A file of a controller and the content that sets a limit, in both versions of cgroups. */
interface LimitFile {
  readonly controller: 'memory' | 'cpu';
  readonly v1: readonly (readonly [file: string, value: string])[];
  readonly v2: readonly (readonly [file: string, value: string])[];
}

const PERIOD_MICROS = 100_000;

function limitFiles({ memoryBytes, cpus }: Limits): LimitFile[] {
  const files: LimitFile[] = [];
  if (memoryBytes !== undefined) {
    const value = String(memoryBytes);
    files.push({
      controller: 'memory',
      v1: [['memory.limit_in_bytes', value]],
      v2: [['memory.max', value]],
    });
  }
  if (cpus !== undefined) {
    const quota = String(cpus * PERIOD_MICROS);
    files.push({
      controller: 'cpu',
      v1: [
        ['cpu.cfs_period_us', String(PERIOD_MICROS)],
        ['cpu.cfs_quota_us', quota],
      ],
      v2: [['cpu.max', `${quota} ${PERIOD_MICROS}`]],
    });
  }
  return files;
}

/** Whether the host's kernel can limit memory and CPU of a cgroup that a test creates, or why not. */
export function canLimitUnits(): true | string {
  const unified = unifiedMount();
  if (process.getuid?.() !== 0 || unified === undefined) return 'needs root and a cgroup v2 hierarchy';
  const missing = (['memory', 'cpu'] as const).filter((name) => !isV1(name) && !isV2(name, unified));
  return missing.length === 0 || `no ${missing.join(' or ')} controller for a cgroup of a test`;
}

function isV1(controller: string): boolean {
  return existsSync(path.join(CGROUP_ROOT, controller, 'cgroup.procs'));
}

function isV2(controller: string, unified: string): boolean {
  const enabled = readFileSync(path.join(unified, 'cgroup.subtree_control'), 'utf8');
  return enabled.trim().split(' ').includes(controller);
}

/**
 * A service in the layout of systemd in the host's cgroup hierarchies, with limits that the host's kernel enforces: the
 * lab's systemd has no controllers of its own if the host uses cgroups v1.
 */
export class LimitedUnit {
  readonly #directories: readonly string[];
  readonly #process: ChildProcess;

  /** `name`: of the unit, `script`: run by its shell. Limits apply before the script starts. */
  constructor(name: string, script: string, limits: Limits) {
    const directories = new Set([path.join(unifiedMount()!, name)]);
    for (const { controller, v1, v2 } of limitFiles(limits)) {
      const directory = isV1(controller) ? path.join(CGROUP_ROOT, controller, name) : [...directories][0]!;
      directories.add(directory);
      mkdirSync(directory, { recursive: true });
      for (const [file, value] of isV1(controller) ? v1 : v2)
        writeFileSync(path.join(directory, file), value);
    }
    this.#directories = [...directories];
    for (const directory of directories) mkdirSync(directory, { recursive: true });
    const join = 'for procs in "$@"; do echo $$ >"$procs"; done';
    const procs = this.#directories.map((directory) => path.join(directory, 'cgroup.procs'));
    this.#process = spawn('sh', ['-c', `${join}; ${script}`, 'sh', ...procs], { stdio: 'ignore' });
  }

  /** Kills the unit's processes and removes its cgroups. */
  async remove(): Promise<void> {
    this.#process.kill('SIGKILL');
    for (const directory of this.#directories) await destroyCgroup(directory);
  }
}
