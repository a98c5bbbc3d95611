import type { PidSink } from '../../host/proc/pid-sink.ts';
import type { MemberSink } from '../targets/targets.ts';
import { PidMarks } from './pid-marks.ts';

/**
 * Passes on each PID of a listing once, with the first cgroup that listed it. Duplicates occur if a process is moved
 * while a list is read, within one cgroup or between cgroups of a tree.
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
