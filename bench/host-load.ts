import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { FilledCgroup } from './filled-cgroup.ts';

/** What else the machine does while something is measured. */
export const HOST_LOADS = ['live', 'quiet', 'busy'] as const;
export type HostLoad = (typeof HOST_LOADS)[number];

/** Processes a second that start and end in a cgroup which no program watches, as on every host in use. */
const BYSTANDERS_PER_SECOND = 20;
const BUSY_LOOPS = 4;

/** Each load in words, for the page of results. */
export const HOST_LOAD_TEXTS: Readonly<Record<HostLoad, string>> = {
  live: `live: ${BYSTANDERS_PER_SECOND} processes a second start and end in another cgroup`,
  quiet: 'quiet: nothing else runs',
  busy: `busy: as live, plus ${BUSY_LOOPS} busy loops`,
};

/** Loads the machine until it is disposed of. `churn`: the program of that name. */
export async function loadHost(load: HostLoad, churn: string): Promise<AsyncDisposable> {
  const stack = new AsyncDisposableStack();
  if (load !== 'quiet') {
    const bystanders = await FilledCgroup.fill([churn], [1, BYSTANDERS_PER_SECOND]);
    stack.defer(async () => void (await bystanders.end()));
  }
  if (load === 'busy') {
    const loops = Array.from({ length: BUSY_LOOPS }, startLoop);
    stack.defer(async () => void (await Promise.all(loops.map(endLoop))));
  }
  return stack;
}

/** Ends with this process, however that ends. */
function startLoop(): ChildProcess {
  return spawn('setpriv', ['--pdeathsig', 'KILL', 'sh', '-c', 'while :; do :; done'], { stdio: 'ignore' });
}

async function endLoop(loop: ChildProcess): Promise<void> {
  const ended = once(loop, 'exit');
  loop.kill('SIGKILL');
  await ended;
}
