import { readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';

const NAME = /^unitledger-lab-(\d+)-(\d+)-(\d+)-\d+$/;
let labs = 0;

/** Name of a new lab that identifies its creator: `unitledger-lab-NAMESPACE-PID-STARTTICKS-NUMBER`. */
export function newLabName(): string {
  return `unitledger-lab-${ownPidNamespace()}-${process.pid}-${startTicksOf(process.pid)}-${++labs}`;
}

/**
 * Whether the creator of the lab `name` no longer runs. A creator in another PID namespace cannot be looked up: its lab
 * is abandoned if no process is in the lab's cgroup below `mount`.
 */
export function isAbandonedLab(name: string, mount: string): boolean {
  const [, namespace, pid, startTicks] = NAME.exec(name) ?? [];
  if (namespace === undefined) return false;
  return namespace === ownPidNamespace()
    ? startTicksOf(Number(pid)) !== startTicks
    : !isPopulated(path.join(mount, name));
}

function ownPidNamespace(): string {
  return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))![0];
}

function isPopulated(cgroup: string): boolean {
  try {
    return /^populated 1$/m.test(readFileSync(path.join(cgroup, 'cgroup.events'), 'utf8'));
  } catch {
    // Already removed: only its files remain.
    return false;
  }
}

function startTicksOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    // No such process.
    return undefined;
  }
}
