import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

// The kernel's data, read in a simple way without code of the program: reference for its results.

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
const pageBytes = Number(execFileSync('getconf', ['PAGESIZE'], { encoding: 'utf8' }));

/** A process's counters at one time. */
export interface ProcessTruth {
  readonly pid: number;
  readonly ppid: number;
  /** Bytes: a name need not be text. */
  readonly comm: Buffer;
  readonly state: string;
  /** Identifies the process, together with the PID. */
  readonly startTicks: number;
  /** `utime + stime`: to a tick. */
  readonly ownCpuSeconds: number;
  /** `cutime + cstime`. */
  readonly reapedCpuSeconds: number;
  readonly residentBytes: number;
  /** `read_bytes + write_bytes`, including reaped children. */
  readonly diskBytes: number;
  /** `rchar + wchar`, including reaped children. */
  readonly transferBytes: number;
}

/** A unit's counters at one time. */
export interface UnitTruth {
  readonly atMillis: number;
  /** `usage_usec` of the whole tree. */
  readonly cpuSeconds: number;
  readonly processes: ReadonlyMap<number, ProcessTruth>;
}

/** Usage between two times. */
export interface UsedTruth {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Growth of processes that existed at both times; all counters of new ones. */
  readonly processes: readonly ProcessTruth[];
}

/** A process's counters; undefined if it is gone. */
export async function readProcess(pid: number, procRoot = '/proc'): Promise<ProcessTruth | undefined> {
  try {
    const stat = await readFile(`${procRoot}/${pid}/stat`);
    const statm = await readFile(`${procRoot}/${pid}/statm`, 'latin1');
    const io = await readFile(`${procRoot}/${pid}/io`, 'latin1');
    const bytes = new Map(io.split('\n').map((line) => line.split(': ') as [string, string]));
    const fields = stat
      .subarray(stat.lastIndexOf(') ') + 2)
      .toString('latin1')
      .split(' ');
    const ticks = (...at: number[]) => at.reduce((sum, i) => sum + Number(fields[i]), 0) / ticksPerSecond;
    const sum = (...keys: string[]) => keys.reduce((total, key) => total + Number(bytes.get(key)), 0);
    return {
      pid,
      ppid: Number(fields[1]),
      comm: stat.subarray(stat.indexOf('(') + 1, stat.lastIndexOf(') ')),
      state: fields[0]!,
      startTicks: Number(fields[19]),
      ownCpuSeconds: ticks(11, 12),
      reapedCpuSeconds: ticks(13, 14),
      residentBytes: Number(statm.split(' ')[1]) * pageBytes,
      diskBytes: sum('read_bytes', 'write_bytes'),
      transferBytes: sum('rchar', 'wchar'),
    };
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** CPU of a cgroup and its descendants since its creation (`cpu.stat`). */
export async function readCpuSeconds(cgroup: string): Promise<number> {
  const stat = await readFile(path.join(cgroup, 'cpu.stat'), 'latin1');
  return Number(stat.split('\n')[0]!.split(' ')[1]) / 1e6;
}

/** The counters of a cgroup tree and of every process in it, read one after the other. */
export async function readUnit(cgroup: string, procRoot = '/proc'): Promise<UnitTruth> {
  const processes = new Map<number, ProcessTruth>();
  const below = await readdir(cgroup, { recursive: true, withFileTypes: true });
  const lists = below.filter((entry) => entry.name === 'cgroup.procs');
  for (const list of lists) {
    const pids = (await readFile(path.join(list.parentPath, list.name), 'latin1')).split('\n');
    for (const pid of pids.filter((line) => line !== '').map(Number)) {
      const found = await readProcess(pid, procRoot);
      if (found !== undefined) processes.set(pid, found);
    }
  }
  return { atMillis: performance.now(), cpuSeconds: await readCpuSeconds(cgroup), processes };
}

/** Usage from one reading to a later one. */
export function usedBetween(before: UnitTruth, after: UnitTruth): UsedTruth {
  const processes = [...after.processes.values()].map((now) => {
    const then = before.processes.get(now.pid);
    if (then === undefined || then.startTicks !== now.startTicks) return now;
    return {
      ...now,
      ownCpuSeconds: now.ownCpuSeconds - then.ownCpuSeconds,
      reapedCpuSeconds: now.reapedCpuSeconds - then.reapedCpuSeconds,
      diskBytes: now.diskBytes - then.diskBytes,
      transferBytes: now.transferBytes - then.transferBytes,
    };
  });
  return {
    seconds: (after.atMillis - before.atMillis) / 1000,
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    processes,
  };
}
