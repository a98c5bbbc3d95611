import type { PidSink } from '../../host/proc/pid-sink.ts';
import type { MemberSink } from '../targets/targets.ts';
import { PidMarks } from './pid-marks.ts';

/**
 * Hands each PID of a listing on once, with the cgroup that it was first named by: the kernel may list one twice (a
 * process that is moved while the list is read), and so may two cgroups of one tree.
 */
export class DistinctPids implements PidSink {
  /** Path of the cgroup that is being listed, below the target's own: empty, or with a leading `/`. */
  subCgroup = '';
  readonly #named = new PidMarks();
  #sink: MemberSink | undefined;

  begin(sink: MemberSink): void {
    this.#sink = sink;
    this.subCgroup = '';
    this.#named.clear();
  }

  push(pid: number): void {
    if (this.#named.add(pid)) this.#sink!.push(pid, this.subCgroup);
  }
}
