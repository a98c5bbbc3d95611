import { type ChildProcess, spawn } from 'node:child_process';
import { hasEndedOrBeenSignalled } from '../../host/proc/status.ts';

/**
 * Distinguishes a signal sent to unitledger alone from one sent to its process group. A terminal sends Ctrl+C to the
 * whole foreground group, so a command in this group already has it and must not get it twice; `kill PID` reaches
 * unitledger alone. Neither signal handlers nor the kernel tell them apart, so an idle child in the group is checked:
 * it receives only signals to the group.
 */
export class GroupWitness {
  #child: ChildProcess;

  constructor() {
    this.#child = start();
  }

  /**
   * Whether the signal just received went to the whole group. Call some milliseconds after the signal: the kernel
   * signals the members of a group one after the other.
   */
  sawSignal(): boolean {
    const { pid } = this.#child;
    return pid === undefined || hasEndedOrBeenSignalled(pid);
  }

  /** Starts a new child for the next signal. */
  renew(): void {
    this.close();
    this.#child = start();
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }
}

/** A shell that waits for input that never comes; it ends with unitledger. */
function start(): ChildProcess {
  const child = spawn('/bin/sh', ['-c', 'read -r _'], {
    env: {},
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Without a PID, every signal counts as sent to the group.
  child.on('error', () => {});
  child.stdin?.on('error', () => {});
  child.unref();
  return child;
}
