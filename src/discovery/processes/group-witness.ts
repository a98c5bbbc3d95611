import { type ChildProcess, spawn } from 'node:child_process';
import { hasEndedOrBeenSignalled } from '../../host/proc/status.ts';

/**
 * Tells a signal that was sent to this process alone from one that was sent to its process group. A terminal sends Ctrl+C to
 * the whole foreground group, so a command of this group has it already and must not get it twice; `kill PID` reaches this
 * process alone. Neither a handler nor the kernel says which of the two it was, so a process of the group that does nothing
 * is looked at: it has the second kind as well.
 */
export class GroupWitness {
  #child: ChildProcess;

  constructor() {
    this.#child = start();
  }

  /**
   * Whether the signal that this process has just received went to the whole group. To be called some milliseconds after it
   * came: the kernel signals the members of a group one after the other.
   */
  sawSignal(): boolean {
    const { pid } = this.#child;
    return pid === undefined || hasEndedOrBeenSignalled(pid);
  }

  /** Watches for the next signal after one that was seen. */
  renew(): void {
    this.close();
    this.#child = start();
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }
}

/** A shell that waits for input which never comes; it ends with this program. */
function start(): ChildProcess {
  const child = spawn('/bin/sh', ['-c', 'read -r _'], {
    env: {},
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Without a PID it counts as having seen every signal.
  child.on('error', () => {});
  child.stdin?.on('error', () => {});
  child.unref();
  return child;
}
