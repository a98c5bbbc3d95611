import { existsSync } from 'node:fs';
import { closeKernelFile, openKernelFile, readKernelFile } from '../kernel-file.ts';
import { ParseError } from '../parse-error.ts';
import { parseDeviceNames } from '../proc/diskstats.ts';
import type { ReadFailure } from '../read-failure.ts';
import { type CgroupDirectory, fileIn, listSubdirectories } from './directory.ts';
import { FIGURE_FILES, type FigureFile, type PartialFigures } from './figure-files.ts';
import {
  CGROUP_COUNTERS,
  CGROUP_GAUGES,
  CGROUP_NON_ADDITIVE_GAUGES,
  type CgroupCounters,
  type CgroupDisk,
  type CgroupFigures,
} from './figures.ts';
import { diskCounters } from './io-stat.ts';
import type { CgroupLayout } from './layout.ts';

/**
 * Sums of counters over a cgroup and its descendants, for files in which the kernel counts a cgroup's own events only
 * (`memory.oom_control` and `memory.failcnt` of v1). The last reading of a removed cgroup stays in the sums: a
 * container is often removed soon after an OOM kill.
 */
class SubtreeCounters {
  readonly #file: string;
  /** By path: last reading of each descendant. */
  #below = new Map<string, Counters>();
  readonly #removed: Record<string, number> = {};

  constructor(file: string) {
    this.#file = file;
  }

  /** Sums for the cgroup at `directory`, or the failure to read the file of that cgroup itself. */
  read(directory: string, readCounters: ReadCounters): Counters | ReadFailure {
    const own = readCounters(fileIn(directory, this.#file));
    if (typeof own === 'string') return own;
    const below = this.#readBelow(directory, readCounters);
    for (const [path, last] of this.#below) this.#keepRemoved(last, below.get(path));
    this.#below = below;
    const sums = { ...own };
    for (const key of Object.keys(own) as (keyof CgroupCounters)[]) {
      const value = own[key] ?? null;
      if (value === null) continue;
      let sum = value + (this.#removed[key] ?? 0);
      for (const counters of below.values()) sum += counters[key] ?? 0;
      sums[key] = sum;
    }
    return sums;
  }

  #readBelow(directory: string, readCounters: ReadCounters): Map<string, Counters> {
    const found = new Map<string, Counters>();
    const pending: CgroupDirectory[] = [directory];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const children = listSubdirectories(next);
      if (typeof children === 'string') continue;
      for (const child of children) {
        pending.push(child);
        const counters = readCounters(fileIn(child, this.#file));
        if (typeof counters !== 'string') found.set(Buffer.from(child).toString('latin1'), counters);
      }
    }
    return found;
  }

  /** `now` is undefined if the cgroup is gone; a counter that decreased belongs to another cgroup with the same path. */
  #keepRemoved(last: Counters, now: Counters | undefined): void {
    for (const [key, value] of Object.entries(last)) {
      if (value === null || (now?.[key as keyof CgroupCounters] ?? -1) >= value) continue;
      this.#removed[key] = (this.#removed[key] ?? 0) + value;
    }
  }
}

/** Sufficient for `io.stat` of a cgroup with about 500 devices; grows if needed. */
const BUFFER_BYTES = 65_536;
const MOST_BUFFER_BYTES = 4_194_304;

/** Readings of a cgroup after which missing files are tried again: a controller may have been enabled. */
const ASK_AGAIN_EVERY = 6;

/** Reads whole files into one buffer, and caches the names of the host's block devices. */
export class FigureReader {
  readonly #procRoot: string;
  #buffer = Buffer.alloc(BUFFER_BYTES);
  #deviceNames = new Map<string, string>();
  /** Devices without a known name. */
  readonly #nameless = new Set<string>();

  constructor(procRoot: string) {
    this.#procRoot = procRoot;
  }

  /** The parsed file, or the reason of the failure. */
  read<T extends object>(
    path: string | Buffer,
    parse: (buffer: Uint8Array, length: number) => T,
  ): T | ReadFailure {
    const descriptor = openKernelFile(path);
    if (typeof descriptor !== 'number') return descriptor;
    try {
      let length = readKernelFile(descriptor, this.#buffer);
      while (length === this.#buffer.length && length < MOST_BUFFER_BYTES) {
        this.#buffer = Buffer.alloc(2 * length);
        length = readKernelFile(descriptor, this.#buffer);
      }
      return typeof length === 'number' ? parse(this.#buffer, length) : length;
    } catch (error) {
      if (error instanceof ParseError) return 'malformed';
      throw error;
    } finally {
      closeKernelFile(descriptor);
    }
  }

  nameOf(device: string): string {
    const known = this.#deviceNames.get(device);
    if (known !== undefined || this.#nameless.has(device)) return known ?? device;
    const names = this.read(`${this.#procRoot}/diskstats`, parseDeviceNames);
    if (typeof names !== 'string') this.#deviceNames = names;
    const name = this.#deviceNames.get(device);
    if (name === undefined) this.#nameless.add(device);
    return name ?? device;
  }
}

/**
 * The metrics files of one cgroup. They are opened for each reading, because readings are rare and descriptors are
 * limited.
 */
export class CgroupFigureFiles {
  readonly #reader: FigureReader;
  readonly #layout: CgroupLayout;
  readonly #path: string;
  readonly #refused: (file: string, failure: ReadFailure) => void;
  readonly #subtrees = new Map<FigureFile, SubtreeCounters>();
  #files: readonly FigureFile[] = [];
  #readings = 0;

  /**
   * `path` (with a leading `/`): cgroup below the roots of the layout's trees. `refused` is called with each file that
   * exists but cannot be read.
   */
  constructor(
    reader: FigureReader,
    layout: CgroupLayout,
    path: string,
    refused: (file: string, failure: ReadFailure) => void,
  ) {
    this.#reader = reader;
    this.#layout = layout;
    this.#path = path === '/' ? '' : path;
    this.#refused = refused;
  }

  /**
   * Null if no file has any metrics. Reads the cgroup that has the path now: the caller must check that it is the same
   * one.
   */
  read(): CgroupFigures | null {
    const asked = this.#readings++ % ASK_AGAIN_EVERY === 0 ? FIGURE_FILES : this.#files;
    const there: FigureFile[] = [];
    const parts: PartialFigures[] = [];
    for (const file of asked) {
      const directory = this.#treeOf(file);
      if (directory === undefined) continue;
      const cgroup = `${directory}${this.#path}`;
      // A failed open creates an error, which costs four times as much as this call.
      if (asked !== this.#files && !this.#files.includes(file) && !existsSync(`${cgroup}/${file.name}`))
        continue;
      const part = this.#readFile(cgroup, file);
      if (typeof part !== 'string') {
        there.push(file);
        parts.push(part);
      } else if (part !== 'gone' && part !== 'unsupported') {
        there.push(file);
        this.#refused(file.name, part);
      }
    }
    this.#files = there;
    return merged(parts, (device) => this.#reader.nameOf(device));
  }

  #readFile(directory: string, file: FigureFile): PartialFigures | ReadFailure {
    if (file.isLocal !== true) return this.#reader.read(`${directory}/${file.name}`, file.parse);
    const subtree = this.#subtrees.get(file) ?? new SubtreeCounters(file.name);
    this.#subtrees.set(file, subtree);
    const counters = subtree.read(directory, (path) => {
      const part = this.#reader.read(path, file.parse);
      return typeof part === 'string' ? part : (part.counters ?? {});
    });
    return typeof counters === 'string' ? counters : { counters };
  }

  #treeOf({ tree }: FigureFile): string | undefined {
    if (tree !== 'v2') return this.#layout.controllers[tree];
    return this.#layout.kind === 'v1' ? undefined : this.#layout.unitRoot;
  }
}

function merged(parts: readonly PartialFigures[], nameOf: (device: string) => string): CgroupFigures | null {
  const counters = firstKnown(
    CGROUP_COUNTERS,
    parts.map((part) => part.counters),
  );
  const levels = firstKnown(
    CGROUP_GAUGES,
    parts.map((part) => part.levels),
  );
  const heights = firstKnown(
    CGROUP_NON_ADDITIVE_GAUGES,
    parts.map((part) => part.heights),
  );
  const disks = mergedDisks(parts, nameOf);
  const isKnown = [counters, levels, heights].some((record) =>
    Object.values(record).some((value) => value !== null),
  );
  return isKnown || disks !== null ? { counters, levels, heights, disks } : null;
}

function firstKnown<Key extends string>(
  keys: readonly Key[],
  parts: readonly (Partial<Record<Key, number | null>> | undefined)[],
): Record<Key, number | null> {
  return Object.fromEntries(
    keys.map((key) => [key, parts.find((part) => (part?.[key] ?? null) !== null)?.[key] ?? null]),
  ) as Record<Key, number | null>;
}

function mergedDisks(
  parts: readonly PartialFigures[],
  nameOf: (device: string) => string,
): CgroupDisk[] | null {
  const withDevices = parts.filter((part) => part.devices !== undefined);
  if (withDevices.length === 0) return null;
  const byDevice = new Map<string, CgroupDisk>();
  for (const figures of withDevices.flatMap((part) => part.devices!)) {
    const { device } = figures;
    const known = byDevice.get(device) ?? { device, name: nameOf(device), ...diskCounters(() => 0) };
    byDevice.set(device, { ...known, ...figures });
  }
  return [...byDevice.values()];
}

type Counters = Partial<CgroupCounters>;

/** Reads the counters of one cgroup. */
type ReadCounters = (path: CgroupDirectory) => Counters | ReadFailure;
