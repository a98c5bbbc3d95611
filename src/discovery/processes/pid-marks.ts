import type { PidSink } from '../../host/proc/pid-sink.ts';
import type { MemberSink } from '../targets/targets.ts';

const FIRST_CAPACITY = 64;
/** Multiplier that spreads neighbouring PIDs over the table (Knuth's multiplicative hash). */
const SPREAD = 0x9e3779b1;

/** A set of PIDs that is cleared in constant time; memory grows with the number of entries, not with the highest PID. */
export class PidMarks {
  /** An entry is valid if its round is the current one. */
  #pids = new Uint32Array(FIRST_CAPACITY);
  #rounds = new Uint32Array(FIRST_CAPACITY);
  #round = 1;
  #count = 0;

  clear(): void {
    this.#count = 0;
    this.#round++;
    if (this.#round <= 0xffffffff) return;
    this.#rounds.fill(0);
    this.#round = 1;
  }

  has(pid: number): boolean {
    return this.#rounds[this.#placeOf(pid)] === this.#round;
  }

  /** Adds a PID; false if it was already present. */
  add(pid: number): boolean {
    const place = this.#placeOf(pid);
    if (this.#rounds[place] === this.#round) return false;
    this.#pids[place] = pid;
    this.#rounds[place] = this.#round;
    this.#count++;
    if (this.#count > this.#pids.length / 2) this.#grow();
    return true;
  }

  /** Index of the PID, or of the free entry for it. */
  #placeOf(pid: number): number {
    const last = this.#pids.length - 1;
    let place = (Math.imul(pid, SPREAD) >>> 12) & last;
    while (this.#rounds[place] === this.#round && this.#pids[place] !== pid) place = (place + 1) & last;
    return place;
  }

  #grow(): void {
    const pids = this.#pids;
    const rounds = this.#rounds;
    this.#pids = new Uint32Array(2 * pids.length);
    this.#rounds = new Uint32Array(2 * pids.length);
    this.#count = 0;
    for (let i = 0; i < pids.length; i++) if (rounds[i] === this.#round) this.add(pids[i]!);
  }
}

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
