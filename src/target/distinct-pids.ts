import { PID_LIMIT, type PidSink } from '../host/proc/pid-sink.ts';

/**
 * Hands each PID of a listing on once: the kernel may list one twice (a process that is moved while the list is
 * read), and so may two cgroups of one tree.
 */
export class DistinctPids implements PidSink {
  /** By PID: the last listing that named it. Only the pages of PIDs in use take memory. */
  readonly #namedIn = new Uint32Array(PID_LIMIT + 1);
  #listing = 0;
  #sink: PidSink | undefined;

  begin(sink: PidSink): void {
    this.#sink = sink;
    this.#listing++;
    if (this.#listing <= 0xffffffff) return;
    this.#namedIn.fill(0);
    this.#listing = 1;
  }

  push(pid: number): void {
    if (this.#namedIn[pid] === this.#listing) return;
    this.#namedIn[pid] = this.#listing;
    this.#sink!.push(pid);
  }
}
