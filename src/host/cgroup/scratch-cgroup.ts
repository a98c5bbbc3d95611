import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { readKernelWhole } from '../kernel-file.ts';
import { MOST_PROCS_BYTES } from './procs.ts';

/** A cgroup for one command, created below unitledger's own cgroup. */
export interface ScratchCgroup {
  /** Path below the root of the v2 tree, with a leading `/`. */
  readonly path: string;
  /** A process that writes its PID (or 0) to this file becomes a member. */
  readonly procsFile: string;
  /** Kills every process in it (`cgroup.kill`, Linux 5.14); no effect on older kernels. */
  kill(): void;
  /**
   * Removes it with the cgroups that the command created below it; false if processes are still running in one of them.
   */
  remove(): boolean;
  /** PIDs of the processes in it and its descendants. */
  pids(): readonly number[];
}

/** `unitledger-PID` with the creator's PID; `unitledger-PID-N` if that exists. */
const NAME = /^unitledger-([1-9][0-9]*)(?:-[0-9]+)?$/;
/** Maximum number of cgroups of one PID that remaining processes may keep. */
const MOST_OF_ONE_PID = 100;

/**
 * Creates a cgroup below unitledger's own in the v2 tree at `unitRoot`, so that a command has its own CPU counter,
 * including everything that it forks (cgroup-v2.rst, "Processes"). Returns one sentence with the reason if that is not
 * permitted: it usually requires root, or a delegated subtree. Empty cgroups of earlier runs that were killed are
 * removed.
 */
export function makeScratchCgroup(unitRoot: string): ScratchCgroup | string {
  const own = ownCgroupPath();
  if (own === undefined) return 'unitledger is in no cgroup v2';
  const parent = `${unitRoot}${own === '/' ? '' : own}`;
  let directory: string;
  try {
    // To move a process, write permission to the nearest common ancestor is needed as well.
    accessSync(`${parent}/cgroup.procs`, constants.W_OK);
    if (!pidsIn(parent).includes(process.pid)) {
      return `${parent} is not the cgroup of this program`;
    }
    sweep(parent);
    directory = makeUnused(`${parent}/unitledger-${process.pid}`);
  } catch (error) {
    return `cannot create a cgroup below ${parent} (${(error as NodeJS.ErrnoException).code})`;
  }
  return {
    path: directory.slice(unitRoot.length),
    procsFile: `${directory}/cgroup.procs`,
    kill() {
      try {
        writeFileSync(`${directory}/cgroup.kill`, '1');
      } catch {
        // Not in this kernel: processes are signalled one by one, and remaining ones are logged after `remove`.
      }
    },
    remove: () => removeTree(directory),
    pids: () => pidsBelow(directory),
  };
}

/** Creates the directory, with a number appended if the name exists. Throws errors of `node:fs`. */
function makeUnused(directory: string, tries = 1): string {
  const name = tries === 1 ? directory : `${directory}-${tries}`;
  try {
    mkdirSync(name);
    return name;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || tries === MOST_OF_ONE_PID) throw error;
    return makeUnused(directory, tries + 1);
  }
}

/** Removes empty cgroups of other unitledger processes that no longer run. */
function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    const maker = NAME.exec(name)?.[1];
    if (maker === undefined) continue;
    // A cgroup with unitledger's own PID is from an earlier process: in a container all runs may have the same PID.
    if (maker !== String(process.pid) && existsSync(`/proc/${maker}`)) continue;
    removeTree(`${parent}/${name}`);
  }
}

/** Removes a cgroup and its descendants; false if one of them has processes, which then remains. */
function removeTree(directory: string): boolean {
  try {
    for (const below of directoriesIn(directory)) removeTree(below);
    rmdirSync(directory);
    return true;
  } catch (error) {
    // EBUSY: a process runs in it or below it.
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

function pidsBelow(directory: string): number[] {
  try {
    return [...pidsIn(directory), ...directoriesIn(directory).flatMap(pidsBelow)];
  } catch {
    // The cgroup was removed.
    return [];
  }
}

/** Empty if the cgroup was removed, or is threaded: its domain cgroup lists the processes. */
function pidsIn(directory: string): number[] {
  const procs = readKernelWhole(`${directory}/cgroup.procs`, MOST_PROCS_BYTES);
  return typeof procs === 'string' ? [] : procs.text.split('\n').filter(Boolean).map(Number);
}

function directoriesIn(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${directory}/${name}`);
}

function ownCgroupPath(): string | undefined {
  return /^0::(\/.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
}
