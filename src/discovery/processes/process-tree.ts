import { stampOf } from '../../host/cgroup/directory.ts';
import type { ReadFailure } from '../../host/read-failure.ts';
import type { MemberSink, TargetInstance } from '../targets/targets.ts';
import type { ProcessFacts, ProcessScan } from './process-scan.ts';

interface Member {
  readonly startTicks: number;
  readonly path: string;
  /** Inode of its directory: while it is unchanged, the process is the same and need not be read. */
  inode: number;
  ended: boolean;
}

/**
 * A process and its descendants. A process whose parent is a member when it is first seen is a member until it ends,
 * also after its parent has ended. Processes orphaned before they were ever seen (a daemon's double fork between two
 * samples) are not found. The tree is gone when all members are gone or zombies.
 */
export class ProcessTree implements TargetInstance {
  readonly unit: string;
  readonly cgroup = null;
  readonly createdAtSeconds = Number.NaN;
  readonly #scan: ProcessScan;
  readonly #members = new Map<number, Member>();
  /**
   * PID of a member that was running at its last read: while it runs, no other member must be read to know that the
   * tree exists.
   */
  #witness = 0;

  private constructor(unit: string, scan: ProcessScan) {
    this.unit = unit;
    this.#scan = scan;
  }

  /** The tree of the process that has the PID now, which may be a zombie; undefined if there is none. */
  static open(unit: string, pid: number, scan: ProcessScan): ProcessTree | undefined {
    const root = scan.factsOf(pid);
    if (root === undefined) return undefined;
    const tree = new ProcessTree(unit, scan);
    tree.#admit(root);
    return tree;
  }

  get hasEnded(): boolean {
    for (const member of this.#members.values()) if (!member.ended) return false;
    return true;
  }

  listMembers(sink: MemberSink): 'listed' | ReadFailure {
    this.#scan.scan();
    const gone = this.#findGone();
    const strangers = new Set<number>();
    for (const facts of this.#scan.read.values()) this.#consider(facts, strangers);
    // Deleted only now: a child may have been read while its parent still was a member.
    for (const pid of gone) this.#members.delete(pid);
    for (const pid of this.#members.keys()) sink.push(pid, '');
    this.#findWitness();
    return this.hasEnded ? 'gone' : 'listed';
  }

  /** False: no kernel counter covers a process tree. */
  get countsEveryMember(): boolean {
    return false;
  }

  readCpuSeconds(): number {
    return Number.NaN;
  }

  /** Null: a process tree has no cgroup of its own. */
  readFigures(): null {
    return null;
  }

  close(): void {
    this.#members.clear();
  }

  /** Returns members that no longer exist. Members whose PID belongs to another process are dropped immediately. */
  #findGone(): number[] {
    const gone: number[] = [];
    for (const [pid, member] of this.#members) {
      const stamp = stampOf(member.path);
      if (typeof stamp === 'string') {
        gone.push(pid);
        continue;
      }
      if (stamp.inode === member.inode) continue;
      const facts = this.#scan.factsOf(pid);
      if (facts === undefined) gone.push(pid);
      // The kernel dropped its inode of the directory and created another.
      else if (facts.startTicks === member.startTicks) member.inode = stamp.inode;
      else {
        this.#members.delete(pid);
        this.#scan.read.set(pid, facts);
      }
    }
    return gone;
  }

  /** Reads members until one is found that has not ended: a living member costs one read a tick. */
  #findWitness(): void {
    const witness = this.#members.get(this.#witness);
    if (witness !== undefined && !this.#hasNowEnded(this.#witness, witness)) return;
    for (const [pid, member] of this.#members) {
      if (member.ended || this.#hasNowEnded(pid, member)) continue;
      this.#witness = pid;
      return;
    }
  }

  #hasNowEnded(pid: number, member: Member): boolean {
    const facts = this.#scan.factsOf(pid);
    member.ended = facts === undefined || facts.ended || facts.startTicks !== member.startTicks;
    return member.ended;
  }

  /** Adds a process and its ancestors up to a member, if it descends from a member. */
  #consider(facts: ProcessFacts, strangers: Set<number>): void {
    const known = this.#members.get(facts.pid);
    if (known !== undefined) {
      if (known.startTicks === facts.startTicks) {
        known.ended = facts.ended;
        return;
      }
      this.#members.delete(facts.pid);
    }
    const line: ProcessFacts[] = [];
    for (let at: ProcessFacts | undefined = facts; at !== undefined; at = this.#scan.read.get(at.ppid)) {
      if (strangers.has(at.pid)) break;
      // Ends cycles, which only a saved tree can contain.
      strangers.add(at.pid);
      line.push(at);
      if (!this.#members.has(at.ppid)) continue;
      for (const descendant of line) this.#admit(descendant);
      return;
    }
  }

  #admit(facts: ProcessFacts): void {
    const path = `${this.#scan.procRoot}/${facts.pid}`;
    const stamp = stampOf(path);
    if (typeof stamp === 'string') return;
    const { startTicks, ended } = facts;
    this.#members.set(facts.pid, { startTicks, path, inode: stamp.inode, ended });
  }
}
