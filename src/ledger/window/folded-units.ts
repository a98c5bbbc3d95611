import {
  CGROUP_COUNTERS,
  CGROUP_GAUGES,
  type CgroupCounters,
  type CgroupFigures,
  type CgroupGauges,
  NO_NON_ADDITIVE_GAUGES,
} from '../../host/cgroup/figures.ts';
import { DISK_COUNTERS, diskCounters } from '../../host/cgroup/io-stat.ts';
import { nullableSum } from '../../host/nullable.ts';
import { byIoCounter, IO_COUNTERS } from '../../host/proc/io.ts';
import { OTHER } from '../accounts/other.ts';
import { COUNTED_DETAILS, detailsFrom } from '../accounts/process-details.ts';
import { BOOKINGS, type ExecutableWindow, type ProcessFigures, type UnitWindow } from './export-window.ts';
import { TrailingCoverage } from './trailing-coverage.ts';
import type { Closing } from './windowed-process.ts';

/** Values by name; null: unknown. */
type Figures = Record<string, number | null>;

/**
 * The units of one pattern without series of their own, as one unit. Sums include the usage of each unit from when it
 * was folded on, also after the unit is gone.
 */
export class FoldedUnits {
  readonly #totals: Figures = {};
  /** Counters of a unit in the previous window, by the object that identifies the unit. */
  #last = new WeakMap<object, Figures>();
  readonly #executable = {};
  readonly #coverage = new TrailingCoverage();
  #startUnixMillis: number | null = null;

  /** A unit with series of its own is gone. If it returns without them, only its growth from then on is folded. */
  noteWhole(window: UnitWindow): void {
    this.#last.set(window.series, countersOf(window));
  }

  /** Combines the windows of units that share one pattern into one unit. */
  fold(
    windows: readonly UnitWindow[],
    unit: string,
    closing: Pick<Closing, 'seconds' | 'endSeconds' | 'endUnixMillis'>,
  ): UnitWindow {
    this.#startUnixMillis ??= Math.min(
      closing.endUnixMillis,
      ...windows.map(({ startUnixMillis }) => startUnixMillis),
    );
    for (const window of windows) this.#addGrowth(window);
    const known = (name: string) => this.#totals[name] ?? null;
    const unattributedSeconds = known('unattributed');
    return {
      series: this,
      unit,
      startUnixMillis: this.#startUnixMillis,
      present: windows.some(({ present }) => present === true),
      cpuSeconds: known('used') ?? 0,
      bookedSeconds: bookings((booking) => known(booking) ?? 0),
      unattributedSeconds,
      coverage:
        unattributedSeconds === null
          ? null
          : this.#coverage.add(closing, (known('used') ?? 0) - unattributedSeconds, known('used') ?? 0),
      cpuCores: sum(windows, ({ cpuCores }) => cpuCores),
      memoryBytes: sum(windows, ({ memoryBytes }) => memoryBytes),
      // The maxima of several units did not occur at the same time.
      ranges: null,
      cgroup: this.#cgroup(windows),
      cancelledWriteBytes: known('cancelled'),
      processCount: sum(windows, ({ processCount }) => processCount),
      restarts: known('restarts'),
      executables: this.#executables(windows),
      processes: [],
      otherProcesses: this.#processes(windows),
    };
  }

  /** A counter that is unknown in this window continues from its last known value. */
  #addGrowth(window: UnitWindow): void {
    const last = this.#last.get(window.series) ?? {};
    for (const [name, value] of Object.entries(countersOf(window))) {
      if (value === null) continue;
      this.#totals[name] = (this.#totals[name] ?? 0) + value - (last[name] ?? 0);
      last[name] = value;
    }
    this.#last.set(window.series, last);
  }

  #cgroup(windows: readonly UnitWindow[]): CgroupFigures | null {
    const cgroups = windows.flatMap(({ cgroup }) => cgroup ?? []);
    if (cgroups.length === 0) return null;
    return {
      counters: Object.fromEntries(
        CGROUP_COUNTERS.map((name) => [name, this.#totals[`cgroup ${name}`] ?? null]),
      ) as CgroupCounters,
      levels: Object.fromEntries(
        CGROUP_GAUGES.map((name) => [name, sum(cgroups, ({ levels }) => levels[name])]),
      ) as CgroupGauges,
      heights: NO_NON_ADDITIVE_GAUGES,
      disks: cgroups.every(({ disks }) => disks === null)
        ? null
        : [
            {
              device: OTHER,
              name: OTHER,
              ...diskCounters((counter) => this.#totals[`disk ${counter}`] ?? 0),
            },
          ],
    };
  }

  #executables(windows: readonly UnitWindow[]): ExecutableWindow[] {
    const executables = windows.flatMap((window) => window.executables);
    if (executables.length === 0) return [];
    const known = (name: string) => this.#totals[`executable ${name}`] ?? null;
    return [
      {
        series: this.#executable,
        executable: OTHER,
        title: null,
        startUnixMillis: this.#startUnixMillis!,
        cpuSeconds: known('cpuSeconds') ?? 0,
        ...byIoCounter(known),
        cpuCores: sum(executables, ({ cpuCores }) => cpuCores) ?? 0,
        memoryBytes: sum(executables, ({ memoryBytes }) => memoryBytes) ?? 0,
        processCount: sum(executables, ({ processCount }) => processCount) ?? 0,
      },
    ];
  }

  #processes(windows: readonly UnitWindow[]): ProcessFigures | null {
    const others = windows.flatMap(({ otherProcesses }) => otherProcesses ?? []);
    if (others.length === 0) return null;
    const known = (name: string) => this.#totals[`process ${name}`] ?? null;
    const details = others.flatMap((one) => one.details ?? []);
    return {
      startUnixMillis: this.#startUnixMillis!,
      userSeconds: known('userSeconds') ?? 0,
      systemSeconds: known('systemSeconds') ?? 0,
      ...byIoCounter(known),
      cpuCores: sum(others, ({ cpuCores }) => cpuCores),
      memoryBytes: sum(others, ({ memoryBytes }) => memoryBytes),
      diskBytesPerSecond: sum(others, ({ diskBytesPerSecond }) => diskBytesPerSecond),
      transferBytesPerSecond: sum(others, ({ transferBytesPerSecond }) => transferBytesPerSecond),
      ranges: null,
      details: details.length === 0 ? null : detailsFrom(known, (gauge) => sum(details, (one) => one[gauge])),
    };
  }
}

/** All cumulative values of a unit. */
function countersOf(window: UnitWindow): Figures {
  const { cpuSeconds: used, bookedSeconds, unattributedSeconds: unattributed } = window;
  const { restarts, cgroup, executables, otherProcesses } = window;
  const counters: Figures = {
    used,
    ...bookedSeconds,
    unattributed,
    restarts,
    cancelled: window.cancelledWriteBytes,
  };
  for (const name of CGROUP_COUNTERS) counters[`cgroup ${name}`] = cgroup?.counters[name] ?? null;
  for (const name of DISK_COUNTERS) {
    counters[`disk ${name}`] = cgroup?.disks ? sum(cgroup.disks, (disk) => disk[name]) : null;
  }
  counters['executable cpuSeconds'] = sum(executables, (one) => one.cpuSeconds);
  for (const name of IO_COUNTERS) {
    counters[`executable ${name}`] = sum(executables, (one) => one[name]);
    counters[`process ${name}`] = otherProcesses?.[name] ?? null;
  }
  counters['process userSeconds'] = otherProcesses?.userSeconds ?? null;
  counters['process systemSeconds'] = otherProcesses?.systemSeconds ?? null;
  for (const name of COUNTED_DETAILS) counters[`process ${name}`] = otherProcesses?.details?.[name] ?? null;
  return counters;
}

/** Sum of the known values; null if all are unknown. */
function sum<T>(all: readonly T[], read: (each: T) => number | null): number | null {
  return all.reduce<number | null>((total, each) => nullableSum(total, read(each)), null);
}

function bookings(read: (booking: string) => number): UnitWindow['bookedSeconds'] {
  return Object.fromEntries(
    BOOKINGS.map((booking) => [booking, read(booking)]),
  ) as UnitWindow['bookedSeconds'];
}
