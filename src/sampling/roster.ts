import type { Host } from '../host/host.ts';
import {
  ORIGIN_BASELINE,
  ORIGIN_BIRTH,
  ROW_ALIVE,
  ROW_ENDED,
  ROW_LEFT,
  ROW_FOREIGN_CHILD,
} from './process-columns.ts';
import type { ProcessReader } from './process-reader.ts';
import type { ProcessTable } from './process-table.ts';
import type { RowReader } from './row-reader.ts';
import { TrackedProcess } from './tracked-process.ts';
import type { WatchedInstance, WatchedInstances } from './watched-instances.ts';

/** No more shadows than this are followed in one instance. */
const MOST_SHADOWS = 1000;

/** Who has a row: processes come onto it as members or shadows of an instance, leave, and end. */
export class Roster {
  readonly #host: Host;
  readonly #instances: WatchedInstances;
  readonly #reader: ProcessReader;
  readonly #rowReader: RowReader;
  readonly #table: ProcessTable;
  readonly #secondsPerTick: number;
  #startedAtSeconds = Number.NaN;

  constructor(
    host: Host,
    instances: WatchedInstances,
    reader: ProcessReader,
    rowReader: RowReader,
    table: ProcessTable,
  ) {
    this.#host = host;
    this.#instances = instances;
    this.#reader = reader;
    this.#rowReader = rowReader;
    this.#table = table;
    this.#secondsPerTick = 1 / host.ticksPerSecond;
  }

  /** Watching began at that time. */
  begin(atSeconds: number): void {
    this.#startedAtSeconds = atSeconds;
  }

  /** A member that has no row gets one, unless it is gone already. */
  admit(pid: number, subCgroup: string, watched: WatchedInstance): void {
    const row = this.#open(pid, watched);
    if (row === undefined) return;
    row.subCgroup = subCgroup;
    watched.activity.changed();
    const { rows } = this.#table;
    rows.state[row.slot] = ROW_ALIVE;
    watched.members.set(pid, row);
    const shadow = watched.shadows.get(pid);
    const isNew = shadow === undefined && this.#isBornWatched(row.bornAtSeconds, watched);
    rows.origin[row.slot] = isNew ? ORIGIN_BIRTH : ORIGIN_BASELINE;
    if (shadow !== undefined) {
      // It came back: as a row it stands for itself, and its shadow for nobody.
      rows.ppid[shadow.slot] = 0;
      this.end(shadow);
    }
    this.#rowReader.readFirst(row);
  }

  /** Whether a process that began at `startTicks` did so since the tick at hand began. */
  isBornInTick(startTicks: number): boolean {
    // Start times are cut down to whole ticks.
    return this.#bornAtSeconds(startTicks) + this.#secondsPerTick >= this.#table.current.atSeconds;
  }

  /** Whether a process that began at `startTicks` did so since watching began. */
  isBornInRun(startTicks: number): boolean {
    return this.#bornAtSeconds(startTicks) + this.#secondsPerTick >= this.#startedAtSeconds;
  }

  /** A member's child in another cgroup is followed, to know it when the member waits for it. */
  follow(pid: number, watched: WatchedInstance): void {
    if (watched.shadows.size >= MOST_SHADOWS) return;
    const row = this.#open(pid, watched);
    if (row === undefined) return;
    this.#table.rows.state[row.slot] = ROW_FOREIGN_CHILD;
    watched.shadows.set(pid, row);
    this.#rowReader.readFirst(row);
  }

  /** It lives on in another cgroup; its parent here may still wait for it. */
  leave(row: TrackedProcess): void {
    const watched = this.#instances.of(row);
    watched?.members.delete(row.pid);
    row.activity.changed();
    this.#table.rows.state[row.slot] = ROW_LEFT;
    this.#table.noteChange(row.slot);
    this.#reader.closeCounters(row);
    if (watched !== undefined && watched.shadows.size < MOST_SHADOWS) watched.shadows.set(row.pid, row);
    else this.end(row);
  }

  end(row: TrackedProcess): void {
    row.activity.changed();
    this.#table.rows.state[row.slot] = ROW_ENDED;
    this.#table.noteChange(row.slot);
    this.#reader.close(row);
    const watched = this.#instances.of(row);
    if (watched?.members.get(row.pid) === row) watched.members.delete(row.pid);
    if (watched?.shadows.get(row.pid) === row) watched.shadows.delete(row.pid);
  }

  #open(pid: number, watched: WatchedInstance): TrackedProcess | undefined {
    const opened = this.#reader.open(pid);
    if (typeof opened === 'string') return undefined;
    const { startTicks } = this.#reader.stat;
    const { slot, serial } = this.#table.reserve();
    const row = new TrackedProcess(
      serial,
      slot,
      pid,
      startTicks,
      this.#bornAtSeconds(startTicks),
      this.#host.boot.unixMillis + startTicks * this.#secondsPerTick * 1000,
      watched.serial,
      watched.activity,
      this.#table.current.tick,
    );
    row.statDescriptor = opened.descriptor;
    this.#table.place(row, watched.unit);
    return row;
  }

  #bornAtSeconds(startTicks: number): number {
    return this.#host.boot.monotonicSeconds + startTicks * this.#secondsPerTick;
  }

  /** Whether all that the process has used was used while its target was watched. */
  #isBornWatched(bornAtSeconds: number, watched: WatchedInstance): boolean {
    const { tick } = this.#table.current;
    if (tick === 0) return false;
    // An instance that appeared is found some ticks late, and all of its counters began with it.
    const since = watched.firstTick === tick ? this.#startedAtSeconds : watched.listedAtSeconds;
    // Start times are cut down to whole ticks.
    return bornAtSeconds + this.#secondsPerTick >= since;
  }
}
