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

/** A cgroup that this program made below its own, for one command. */
export interface ScratchCgroup {
  /** Path below the root of the v2 tree, with a leading `/`. */
  readonly path: string;
  /** What a process writes its PID (or 0) into to become a member. */
  readonly procsFile: string;
  /** Kills every process in it (`cgroup.kill`, Linux 5.14); on older kernels nothing happens. */
  kill(): void;
  /** Removes it with the cgroups that the command made below it; false if processes still live in one of them. */
  remove(): boolean;
  /** PIDs of the processes in it and below it. */
  pids(): readonly number[];
}

/** `unitledger-PID`, by the PID of the program that made it; `unitledger-PID-N` where that is in use. */
const NAME = /^unitledger-([1-9][0-9]*)(?:-[0-9]+)?$/;
/** Most cgroups of one PID that processes left behind may keep. */
const MOST_OF_ONE_PID = 100;

/**
 * Makes a cgroup below this program's own in the v2 tree at `unitRoot`, so that what runs in it has a CPU counter of
 * its own, whatever it forks (cgroup-v2.rst, "Processes"). Returns one sentence that says why if none may be made: it
 * usually takes root, or a delegated subtree. Empty ones that earlier runs left behind (they were killed) are removed.
 */
export function makeScratchCgroup(unitRoot: string): ScratchCgroup | string {
  const own = ownCgroupPath();
  if (own === undefined) return 'this program is in no cgroup v2';
  const parent = `${unitRoot}${own === '/' ? '' : own}`;
  let directory: string;
  try {
    // A process may move only where it may write to the nearest common ancestor as well.
    accessSync(`${parent}/cgroup.procs`, constants.W_OK);
    if (!pidsIn(parent).includes(process.pid)) {
      return `${parent} is not the cgroup of this program`;
    }
    sweep(parent);
    directory = makeUnused(`${parent}/unitledger-${process.pid}`);
  } catch (error) {
    return `no cgroup can be made below ${parent} (${(error as NodeJS.ErrnoException).code})`;
  }
  return {
    path: directory.slice(unitRoot.length),
    procsFile: `${directory}/cgroup.procs`,
    kill() {
      try {
        writeFileSync(`${directory}/cgroup.kill`, '1');
      } catch {
        // Not in this kernel: what was started gets signals one by one, and what is left is logged after `remove`.
      }
    },
    remove: () => removeTree(directory),
    pids: () => pidsBelow(directory),
  };
}

/** Makes the directory, or one of its name with a number. Throws as `node:fs` does. */
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

/** Removes empty cgroups of this program's kind whose maker is gone. */
function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    const maker = NAME.exec(name)?.[1];
    if (maker === undefined) continue;
    // A cgroup of this program's own PID is left from another process: in a container all runs may have the same one.
    if (maker !== String(process.pid) && existsSync(`/proc/${maker}`)) continue;
    removeTree(`${parent}/${name}`);
  }
}

/** Removes a cgroup and all below it; false if a process lives in one of them, and then those with processes stay. */
function removeTree(directory: string): boolean {
  try {
    for (const below of directoriesIn(directory)) removeTree(below);
    rmdirSync(directory);
    return true;
  } catch (error) {
    // EBUSY: a process lives in it or below it.
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

/** None if the cgroup was removed, or is threaded: its domain cgroup lists the processes. */
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
