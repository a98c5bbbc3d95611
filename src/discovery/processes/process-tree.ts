import { stampOf } from '../../host/cgroup/directory.ts';
import type { ReadFailure } from '../../host/read-failure.ts';
import type { MemberSink, TargetInstance } from '../targets/targets.ts';
import type { ProcessFacts, ProcessScan } from './process-scan.ts';

interface Member {
  readonly startTicks: number;
  readonly path: string;
  /** Of its directory: as long as that is the same, so is the process, and nothing need be read. */
  inode: number;
  ended: boolean;
}

/**
 * A process and its descendants: who is the child of a member when it is first seen is a member for life, also once
 * its parent has ended. What was orphaned before it was ever seen (a daemon's double fork between two samples) is
 * not found. The tree is gone when no member lives; a zombie does not live.
 */
export class ProcessTree implements TargetInstance {
  readonly unit: string;
  readonly cgroup = null;
  readonly createdAtSeconds = Number.NaN;
  readonly #scan: ProcessScan;
  readonly #members = new Map<number, Member>();
  /** PID of a member that had not ended when it was last read: while it has not, the others need not be read for that. */
  #witness = 0;

  private constructor(unit: string, scan: ProcessScan) {
    this.unit = unit;
    this.#scan = scan;
  }

  /** The tree of the process that has the number `pid` now; undefined if none has. It may have ended already. */
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
    // Not before: a child may have been read while its parent still was.
    for (const pid of gone) this.#members.delete(pid);
    for (const pid of this.#members.keys()) sink.push(pid, '');
    this.#findWitness();
    return this.hasEnded ? 'gone' : 'listed';
  }

  /** Not known: no counter of the kernel's is about a process tree. */
  get countsEveryMember(): boolean {
    return false;
  }

  readCpuSeconds(): number {
    return Number.NaN;
  }

  /** None: it has no cgroup of its own. */
  readFigures(): null {
    return null;
  }

  close(): void {
    this.#members.clear();
  }

  /** Members that are no longer there. Those whose number is another process's by now are dropped at once. */
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
      // The kernel dropped its inode of the directory and made another.
      else if (facts.startTicks === member.startTicks) member.inode = stamp.inode;
      else {
        this.#members.delete(pid);
        this.#scan.read.set(pid, facts);
      }
    }
    return gone;
  }

  /** Members are read one by one until one is found that has not ended: a living one costs one reading a tick. */
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

  /** Makes members of a process, and of those between it and a member, if it descends from one. */
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
      // Ends a ring, which only a saved tree can hold.
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
