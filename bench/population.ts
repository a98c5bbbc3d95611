import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findCgroupLayout } from '../src/host/cgroup/layout.ts';

/** Which processes are to be there. */
export interface PopulationPlan {
  readonly processes: number;
  /** One in so many works a little in every sampling interval; 0: all sleep. */
  readonly busyEvery: number;
}

/** Shorter than the sampling interval, so that a busy process runs between any two samples. */
const PERIOD_MILLIS = 400;

/** Processes in a cgroup of their own. */
export interface Population {
  /** Path of the cgroup below the root of the v2 tree, with a leading `/`. */
  readonly cgroup: string;
  /** Its `cgroup.procs`. */
  readonly procs: string;
  /** Ends the processes and removes the cgroup; should this program die, that happens by itself. */
  end(): Promise<void>;
}

let started = 0;

/** Starts a population; rejects where no cgroup can be made (not root, no v2 tree). */
export async function startPopulation(program: string, plan: PopulationPlan): Promise<Population> {
  const layout = findCgroupLayout('/sys/fs/cgroup');
  if (layout.kind !== 'v2' && layout.kind !== 'hybrid') throw new Error('there is no cgroup v2 tree here');
  const own = /^0::(\/.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/';
  const cgroup = join(own, `unitledger-bench-${process.pid}-${++started}`);
  const directory = join(layout.unitRoot, cgroup);
  const numbers = [plan.processes, plan.busyEvery, PERIOD_MILLIS].map(String);
  const child = spawn(program, [directory, ...numbers], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const first = once(createInterface(child.stdout), 'line');
  const [said] = await Promise.race([first, exited]);
  if (said !== 'ready') throw new Error(`no population could be made in ${directory}`);
  return {
    cgroup,
    procs: join(directory, 'cgroup.procs'),
    async end() {
      child.stdin.end();
      await exited;
    },
  };
}
