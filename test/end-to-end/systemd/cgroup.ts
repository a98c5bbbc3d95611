import { existsSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Mount point of the v2 hierarchy: `/sys/fs/cgroup`, or `…/unified` on a hybrid host. Undefined if not mounted. */
export function unifiedMount(): string | undefined {
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [mount, source] = line.split(' - ');
    if (source?.startsWith('cgroup2 ')) return mount!.split(' ')[4];
  }
  return undefined;
}

/** The directory of this program's own cgroup in the v2 hierarchy. */
export function ownCgroup(mount: string): string {
  const line = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'));
  return path.join(mount, line?.[1] ?? '/');
}

/**
 * PIDs of all processes in a cgroup and its descendants, including those with a leading dot. 0 is a process of a
 * foreign PID namespace.
 */
export function processesBelow(directory: string): number[] {
  const pids = new Set<number>();
  for (const folder of treeOf(directory)) {
    for (const line of readIfThere(path.join(folder, 'cgroup.procs')).split('\n')) {
      if (line !== '') pids.add(Number(line));
    }
  }
  return [...pids];
}

/** Kills all processes in a cgroup and its descendants, and removes the directories. */
export async function destroyCgroup(directory: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (existsSync(directory)) {
    try {
      writeFileSync(path.join(directory, 'cgroup.kill'), '1');
    } catch {
      // Gone in between, or a kernel before 5.14: kill one by one.
      for (const pid of processesBelow(directory)) if (pid > 0) killIfThere(pid);
    }
    for (const folder of treeOf(directory).reverse()) removeIfEmpty(folder);
    if (!existsSync(directory)) return;
    if (Date.now() > deadline)
      throw new Error(`${directory} still has ${processesBelow(directory).length} processes`);
    await sleep(10);
  }
}

/** A directory and its descendants, parents first. */
function treeOf(directory: string): string[] {
  const tree = [directory];
  // The list grows during the iteration.
  for (const folder of tree) {
    try {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        if (entry.isDirectory()) tree.push(path.join(folder, entry.name));
      }
    } catch {
      // Removed during the walk.
    }
  }
  return tree;
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // Removed during the walk, or threaded: its domain's cgroup.procs has the processes.
    return '';
  }
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // Still exiting, or gone: the caller tries again.
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}
