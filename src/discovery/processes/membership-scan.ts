import { stampOf } from '../../host/cgroup/directory.ts';
import type { MembershipReader } from '../../host/cgroup/membership-reader.ts';
import { pathBelow } from '../../host/nested-path.ts';
import { listProcesses } from '../../host/proc/process-list.ts';
import type { MemberSink } from '../targets/targets.ts';

interface Seen {
  /** Path of its cgroup below the root of the unit tree; undefined if it is in none. */
  cgroup: string | undefined;
  /** Inode of its directory, which identifies the process; 0: unknown. */
  inode: number;
  /** Number of scans that saw it. */
  scans: number;
  lastScan: number;
}

/**
 * The cgroup of a new process is read again in this many scans, because its creator usually moves it soon after the
 * start.
 */
const YOUNG_SCANS = 3;
/** Scans in which the cgroup of every process is read once, to find moved processes. Each scan reads a share. */
const SCANS_TO_ASK_ALL = 32;

/**
 * Members of cgroups by `/proc/PID/cgroup` of all processes: used if `cgroup.procs` has PIDs of another namespace than
 * `/proc`. A scan reads new processes and a share of the others; for processes in a tracked cgroup it checks that they
 * are still the same.
 */
export class MembershipScan {
  readonly #procRoot: string;
  readonly #reader: MembershipReader;
  readonly #seen = new Map<number, Seen>();
  /** PIDs by their cgroup; for tracked cgroups, also the cgroups below each with their PIDs. */
  readonly #members = new Map<string, number[]>();
  readonly #below = new Map<string, { readonly path: string; readonly pids: readonly number[] }[]>();
  #scan = 0;
  #isDue = true;
  /** Cgroups whose members were listed after the previous scan, and after this one. */
  #tracked: ReadonlySet<string> = new Set();
  #listed = new Set<string>();

  constructor(procRoot: string, reader: MembershipReader) {
    this.#procRoot = procRoot;
    this.#reader = reader;
  }

  /** Makes the next listing scan again. */
  refresh(): void {
    this.#isDue = true;
  }

  /** Adds the PIDs of all processes in `cgroup` or below it to `sink`, zombies included. */
  listBelow(cgroup: string, sink: MemberSink): void {
    this.#look();
    this.#listed.add(cgroup);
    if (this.#tracked.has(cgroup)) {
      for (const { path, pids } of this.#below.get(cgroup) ?? []) list(path, pids, cgroup, sink);
      return;
    }
    for (const [path, pids] of this.#members) {
      for (const ancestor of ancestry(path)) if (ancestor === cgroup) list(path, pids, cgroup, sink);
    }
  }

  #look(): void {
    if (!this.#isDue) return;
    this.#isDue = false;
    this.#scan++;
    this.#tracked = this.#listed;
    this.#listed = new Set();
    this.#members.clear();
    this.#below.clear();
    listProcesses(this.#procRoot, this);
    for (const [pid, seen] of this.#seen) {
      if (seen.lastScan !== this.#scan) this.#seen.delete(pid);
      else if (seen.cgroup !== undefined) add(this.#members, seen.cgroup, pid);
    }
    for (const [path, pids] of this.#members) {
      for (const ancestor of ancestry(path)) {
        if (this.#tracked.has(ancestor)) add(this.#below, ancestor, { path, pids });
      }
    }
  }

  /** Receives a PID of the process list. */
  push(pid: number): void {
    const seen = this.#seen.get(pid);
    if (seen === undefined) {
      this.#seen.set(pid, this.#asked(pid, { cgroup: undefined, inode: 0, scans: 0, lastScan: this.#scan }));
      return;
    }
    seen.lastScan = this.#scan;
    seen.scans++;
    const isTurn = seen.scans < YOUNG_SCANS || (pid + this.#scan) % SCANS_TO_ASK_ALL === 0;
    if (isTurn || (this.#isTracked(seen.cgroup) && this.#inodeOf(pid) !== seen.inode)) this.#asked(pid, seen);
  }

  #asked(pid: number, seen: Seen): Seen {
    seen.cgroup = this.#reader.read(pid);
    const inode = this.#isTracked(seen.cgroup) ? this.#inodeOf(pid) : 0;
    // Another process has this PID now: treat it as new.
    if (seen.inode !== 0 && inode !== seen.inode) seen.scans = 0;
    seen.inode = inode;
    return seen;
  }

  #isTracked(cgroup: string | undefined): boolean {
    if (cgroup === undefined) return false;
    for (const ancestor of ancestry(cgroup)) if (this.#tracked.has(ancestor)) return true;
    return false;
  }

  #inodeOf(pid: number): number {
    const stamp = stampOf(`${this.#procRoot}/${pid}`);
    return typeof stamp === 'string' ? -1 : stamp.inode;
  }
}

/** A path and all its ancestors, `/` last. */
function* ancestry(path: string): Generator<string, void, undefined> {
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) yield path.slice(0, end);
  if (path !== '/') yield '/';
}

function list(path: string, pids: readonly number[], cgroup: string, sink: MemberSink): void {
  const subCgroup = pathBelow(path, cgroup);
  for (const pid of pids) sink.push(pid, subCgroup);
}

function add<Item>(lists: Map<string, Item[]>, key: string, item: Item): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
