import { accessSync, constants, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';

/** A cgroup that this program made below its own, for one command. */
export interface ScratchCgroup {
  /** Path below the root of the v2 tree, with a leading `/`. */
  readonly path: string;
  /** What a process writes its PID (or 0) into to become a member. */
  readonly procsFile: string;
  /** Kills every process in it (`cgroup.kill`, Linux 5.14); on older kernels nothing happens. */
  kill(): void;
  /** Removes it; false where processes still live in it. */
  remove(): boolean;
}

/**
 * Makes a cgroup below this program's own in the v2 tree at `unitRoot`, so that what runs in it has a CPU counter of
 * its own, whatever it forks (cgroup-v2.rst, "Processes"). In one sentence, why not, where it may not: as a rule it
 * takes root, or a delegated subtree.
 */
export function makeScratchCgroup(unitRoot: string): ScratchCgroup | string {
  const own = ownCgroupPath();
  if (own === undefined) return 'this program is in no cgroup v2';
  const parent = `${unitRoot}${own === '/' ? '' : own}`;
  const path = `${own === '/' ? '' : own}/unitledger-${process.pid}`;
  const directory = `${unitRoot}${path}`;
  try {
    // A process may move only where it may write to the nearest common ancestor as well.
    accessSync(`${parent}/cgroup.procs`, constants.W_OK);
    if (!readFileSync(`${parent}/cgroup.procs`, 'latin1').split('\n').includes(String(process.pid))) {
      return `${parent} is not the cgroup of this program`;
    }
    mkdirSync(directory);
  } catch (error) {
    return `no cgroup can be made below ${parent} (${(error as NodeJS.ErrnoException).code})`;
  }
  return {
    path,
    procsFile: `${directory}/cgroup.procs`,
    kill() {
      try {
        writeFileSync(`${directory}/cgroup.kill`, '1');
      } catch {
        // Not in this kernel: what was started gets signals one by one, and what is left is said by `remove`.
      }
    },
    remove() {
      try {
        rmdirSync(directory);
        return true;
      } catch {
        // EBUSY: a process that the command left behind lives in it.
        return false;
      }
    },
  };
}

function ownCgroupPath(): string | undefined {
  return /^0::(\/.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
}
