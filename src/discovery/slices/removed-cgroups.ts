import type { MemoryEvents } from '../../host/cgroup/memory-events.ts';
import type { CgroupReader } from '../../host/cgroup/reader.ts';
import { INIT_SCOPE, userOfManager } from '../../host/cgroup/unit-name.ts';
import type { CgroupInstance } from '../cgroups/cgroup-instance.ts';
import { figuresOfEvents, sumOfFigures } from '../cgroups/removed-figures.ts';
import type { DirectoryTools } from '../events/directory-children.ts';
import type { Owner, UnitOwner } from '../targets/owner.ts';
import type { RemovedUsage } from '../targets/targets.ts';
import type { FollowTools } from './follow-tools.ts';
import { FollowedDirectory } from './followed-directory.ts';
import { SharedCpu } from './shared-cpu.ts';

/** Seconds between two reads of the managers' PIDs, to find restarted managers. */
const READ_MANAGERS_SECONDS = 10;

/**
 * PIDs of the managers that start units and wait for their main processes: PID 1, or a user's manager. Each is in the
 * `init.scope` of the unit tree that it manages (systemd.special(7)).
 */
class ManagerPids {
  readonly #unitRoot: string;
  readonly #reader: CgroupReader;
  readonly #known = new Map<string, { readonly pids: readonly number[]; readonly atSeconds: number }>();

  constructor(unitRoot: string, reader: CgroupReader) {
    this.#unitRoot = unitRoot;
    this.#reader = reader;
  }

  /** Managers of the unit whose cgroup is at `path`; empty if they are not visible. */
  of(path: string, atSeconds: number): readonly number[] {
    const scope = `${baseOf(path)}/${INIT_SCOPE}`;
    const known = this.#known.get(scope);
    if (known !== undefined && atSeconds - known.atSeconds < READ_MANAGERS_SECONDS) return known.pids;
    const pids: number[] = [];
    const procs = this.#reader.openProcs(`${this.#unitRoot}${scope}/cgroup.procs`);
    if (typeof procs !== 'string') {
      this.#reader.readProcs(procs, { push: (pid) => void pids.push(pid) });
      this.#reader.close(procs);
    }
    this.#known.set(scope, { pids, atSeconds });
    return pids;
  }
}

/** Facts about the targets of a run and their directories. Paths are below the unit root. */
export interface RemovedTools
  extends DirectoryTools,
    Pick<FollowTools, 'monotonicSeconds' | 'turn' | 'afterEvents' | 'isWatched' | 'ownerOf'> {
  /** Owner of the CPU of unseen cgroups of a directory. `isNew`: they are all cgroups that it ever had. */
  ownerOfUnseen(path: string, isNew: boolean): Owner;
  /** Whether the directory was created during the run. */
  isNewDirectory(path: string): boolean;
  /** The name under which a unit is booked. */
  admit(owner: UnitOwner): string;
  /** The name under which shared CPU of a directory is booked. */
  admitShared(path: string): string;
}

interface Unit {
  ended: RemovedUsage;
  /** Last path of its cgroup. */
  cgroup: string;
  managersAtSeconds: number;
}

const NOTHING: RemovedUsage = { cpuSeconds: 0, unseenInstances: 0, figures: null, managerPids: [] };
/** Smaller amounts of shared CPU get no row. */
const LEAST_SHARED_SECONDS = 0.001;
/** Number of followed directories above which removed ones are forgotten. */
const MOST_DIRECTORIES = 64;

/**
 * Usage of the targets' removed cgroups beyond the sampler's readings, and the number of cgroups that it never listed.
 */
export class RemovedCgroups {
  readonly #tools: RemovedTools;
  readonly #followTools: FollowTools;
  readonly #managers: ManagerPids;
  readonly #directories = new Map<string, FollowedDirectory>();
  readonly #expected = new Set<string>();
  readonly #units = new Map<string, Unit>();
  readonly #shared = new SharedCpu();
  #names: readonly string[] = [];

  constructor(tools: RemovedTools) {
    this.#tools = tools;
    this.#managers = new ManagerPids(tools.layout.unitRoot, tools.reader);
    this.#followTools = {
      ...tools,
      endOf: (path) => this.#directories.get(path)?.takeEnd() ?? null,
      bookCpu: (path, owner, seconds) => this.#bookCpu(path, owner, seconds),
      bookEvents: (owner, events) => this.#bookEvents(owner, events),
      noteUnseen: (owner) => this.#noteUnseen(owner),
    };
  }

  /** A cgroup of the target may appear in this directory, which need not exist. */
  expect(directory: string): void {
    this.#expected.add(directory);
    this.follow(directory);
  }

  /** Registers a target, whose removed cgroups are known from now on (possibly none). */
  know(unit: string, cgroup: string): void {
    const known = this.#units.get(unit);
    if (known === undefined) this.#units.set(unit, newUnit(cgroup));
    else known.cgroup = cgroup;
  }

  opened(instance: CgroupInstance): void {
    this.know(instance.unit, instance.cgroup);
    const directory = parentOf(instance.cgroup);
    if (directory !== null) this.follow(directory).noteOpened(instance);
  }

  ended(instance: CgroupInstance): void {
    const { unbookedSeconds, unbookedFigures } = instance.usage;
    this.#change(instance.unit, ({ cpuSeconds, unseenInstances, figures }) => ({
      cpuSeconds: cpuSeconds + unbookedSeconds,
      unseenInstances: unseenInstances + (instance.wasListed ? 0 : 1),
      figures: unbookedFigures === null ? figures : sumOfFigures(figures, unbookedFigures),
    }));
    const directory = parentOf(instance.cgroup);
    if (directory !== null) this.#directories.get(directory)?.noteEnded(instance);
  }

  restarted({ unit }: CgroupInstance): void {
    this.#change(unit, ({ unseenInstances }) => ({ unseenInstances: unseenInstances + 1 }));
  }

  /** A cgroup was created in a directory or removed from it: `look` opens and drops instances. */
  noteEntry(directory: string, name: string, look: () => void): void {
    this.#directories.get(`${directory}/${name}`)?.noteItself();
    const isCandidate = () => this.#tools.ownerOf(`${directory}/${name}`).kind !== 'other';
    if (!this.#directories.has(directory) && isCandidate()) this.follow(directory);
    const followed = this.#directories.get(directory);
    if (followed === undefined) look();
    else followed.noteEntry(name, look);
  }

  /** `populated` of the directory has changed. */
  notePopulated(directory: string): void {
    this.#directories.get(directory)?.notePopulated();
  }

  /**
   * Performs the due readings. Call once a tick, after the CPU of the instances was read. `isLast`: no more events will
   * be handled.
   */
  settle(atSeconds: number, isLast = false): void {
    for (const directory of this.#directories.values()) directory.tick(atSeconds, isLast);
    if (this.#directories.size > MOST_DIRECTORIES + this.#expected.size) this.#forgetGone();
    for (const [path, cpuSeconds] of this.#shared.entries()) {
      if (cpuSeconds < LEAST_SHARED_SECONDS) continue;
      const name = this.#tools.admitShared(path);
      this.know(name, path);
      this.#change(name, () => ({ cpuSeconds }));
    }
  }

  /** Removed usage of one target; null if it cannot be known. */
  endedOf(unit: string, atSeconds: number): RemovedUsage | null {
    const known = this.#units.get(unit);
    if (known === undefined) return null;
    if (!(atSeconds - known.managersAtSeconds < READ_MANAGERS_SECONDS)) {
      known.managersAtSeconds = atSeconds;
      known.ended = { ...known.ended, managerPids: this.#managers.of(known.cgroup, atSeconds) };
    }
    return known.ended;
  }

  /** Drops all targets except these. */
  keep(names: readonly string[]): void {
    if (names === this.#names) return;
    this.#names = names;
    const kept = new Set(names);
    for (const name of this.#units.keys()) if (!kept.has(name)) this.#units.delete(name);
  }

  close(): void {
    for (const directory of this.#directories.values()) directory.close();
  }

  /** Starts reading a directory. */
  follow(path: string): FollowedDirectory {
    const known = this.#directories.get(path);
    if (known !== undefined) return known;
    const directory = new FollowedDirectory(path, this.#tools.isNewDirectory(path), this.#followTools);
    this.#directories.set(path, directory);
    // The parent directory knows the usage of a directory that is removed with all its contents.
    if (path !== '') this.follow(parentOf(path)!);
    return directory;
  }

  #forgetGone(): void {
    for (const [path, directory] of this.#directories) {
      if (!directory.isGone || this.#expected.has(path)) continue;
      directory.close();
      this.#directories.delete(path);
    }
  }

  #bookCpu(directory: string, owner: Owner, seconds: number): void {
    if (owner.kind === 'other') return;
    if (owner.kind === 'shared') {
      this.#shared.add(directory, seconds);
      return;
    }
    this.#change(this.#nameOf(owner), ({ cpuSeconds }) => ({ cpuSeconds: cpuSeconds + seconds }));
  }

  #bookEvents(owner: Owner, events: MemoryEvents): void {
    if (owner.kind === 'other' || owner.kind === 'shared') return;
    this.#change(this.#nameOf(owner), ({ figures }) => ({
      figures: sumOfFigures(figures, figuresOfEvents(events)),
    }));
  }

  #noteUnseen(owner: Owner): void {
    if (owner.kind !== 'unit') return;
    this.#change(this.#nameOf(owner), ({ unseenInstances }) => ({ unseenInstances: unseenInstances + 1 }));
  }

  #nameOf(owner: Exclude<Owner, { kind: 'shared' | 'other' }>): string {
    return owner.kind === 'pattern' ? owner.pattern : this.#tools.admit(owner);
  }

  #change(unit: string, change: (ended: RemovedUsage) => Partial<RemovedUsage>): void {
    const known = this.#units.get(unit) ?? newUnit('');
    known.ended = { ...known.ended, ...change(known.ended) };
    this.#units.set(unit, known);
  }
}

function newUnit(cgroup: string): Unit {
  return { ended: NOTHING, cgroup, managersAtSeconds: Number.NaN };
}

/** The directory of a cgroup: empty for the root; null for the root itself. */
export function parentOf(cgroup: string): string | null {
  return cgroup === '/' ? null : cgroup.slice(0, cgroup.lastIndexOf('/'));
}

/** The path of the user manager's unit above `path`; empty if it belongs to the host's manager. */
function baseOf(path: string): string {
  const names = path.split('/');
  const manager = names.findIndex((name) => userOfManager(name) !== undefined);
  return manager === -1 || manager === names.length - 1 ? '' : names.slice(0, manager + 1).join('/');
}
