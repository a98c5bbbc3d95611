import { PID_LIMIT, type PidSink } from '../host/proc/pid-sink.ts';
import type { MemberSink } from './targets.ts';

/**
 * Hands each PID of a listing on once, with the cgroup that it was first named by: the kernel may list one twice (a
 * process that is moved while the list is read), and so may two cgroups of one tree.
 */
export class DistinctPids implements PidSink {
  /** Path of the cgroup that is being listed, below the target's own: empty, or with a leading `/`. */
  subCgroup = '';
  /** By PID: the last listing that named it. Only the pages of PIDs in use take memory. */
  readonly #namedIn = new Uint32Array(PID_LIMIT + 1);
  #listing = 0;
  #sink: MemberSink | undefined;

  begin(sink: MemberSink): void {
    this.#sink = sink;
    this.subCgroup = '';
    this.#listing++;
    if (this.#listing <= 0xffffffff) return;
    this.#namedIn.fill(0);
    this.#listing = 1;
  }

  push(pid: number): void {
    if (this.#namedIn[pid] === this.#listing) return;
    this.#namedIn[pid] = this.#listing;
    this.#sink!.push(pid, this.subCgroup);
  }
}
