import type { RemovedUsage, UnitOrigin } from '../discovery/targets/targets.ts';
import {
  CGROUP_COUNTERS,
  CGROUP_GAUGES,
  CGROUP_NON_ADDITIVE_GAUGES,
  type CgroupDisk,
  type CgroupFigures,
  NO_GAUGES,
  NO_NON_ADDITIVE_GAUGES,
} from '../host/cgroup/figures.ts';
import { DISK_COUNTERS } from '../host/cgroup/io-stat.ts';
import { MEMORY_EVENTS } from '../host/cgroup/memory-events.ts';
import { IO_COUNTERS } from '../host/proc/io.ts';
import type { ProcessExit } from '../sampling/exit-records.ts';
import type { InstanceReading, OutsideParentReading } from '../sampling/sample.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { RecordingError } from './recording-error.ts';

/** Writers and readers of single values of a sample: each pair is symmetric. */

const ORIGIN_KINDS = ['named', 'pattern', 'matched', 'shared'] as const;
const NO_COUNTERS = amounts(CGROUP_COUNTERS, () => null);
const EXIT_AMOUNTS = ['peakMemoryBytes', ...IO_COUNTERS] as const satisfies (keyof ProcessExit)[];

export function writeOrigin(writer: ByteWriter, { serial, kind, pattern }: UnitOrigin): void {
  writer.varint(serial);
  writer.byte(ORIGIN_KINDS.indexOf(kind));
  writer.optional(pattern, (place) => writer.varint(place));
}

export function readOrigin(reader: ByteReader): UnitOrigin {
  const serial = reader.varint();
  const kind = ORIGIN_KINDS[reader.byte()];
  const pattern = reader.optional(() => reader.varint());
  if (kind === undefined || (kind === 'matched') !== (pattern !== null))
    throw new RecordingError('a unit in it has no known origin');
  return { serial, kind, pattern };
}

/** The constant part of an instance. */
export type InstanceFrame = Omit<InstanceReading, 'cpuSeconds' | 'stamp' | 'figures'>;

export function writeInstance(writer: ByteWriter, instance: InstanceFrame): void {
  writer.varint(instance.serial);
  writer.varint(instance.unit);
  writer.optional(instance.cgroup, (cgroup) => writer.text(cgroup));
  writer.byte(instance.bornWatched ? 1 : 0);
  writer.real(instance.startCpuSeconds);
}

export function readInstance(reader: ByteReader): InstanceFrame {
  return {
    serial: reader.varint(),
    unit: reader.varint(),
    cgroup: reader.optional(() => reader.text()),
    bornWatched: reader.flag(),
    startCpuSeconds: amountOrAbsent(reader.real()),
  };
}

export function isSameInstance(a: InstanceFrame, b: InstanceFrame): boolean {
  return (
    a.serial === b.serial &&
    a.unit === b.unit &&
    a.cgroup === b.cgroup &&
    a.bornWatched === b.bornWatched &&
    Object.is(a.startCpuSeconds, b.startCpuSeconds)
  );
}

export function writeFigures(writer: ByteWriter, { counters, levels, heights, disks }: CgroupFigures): void {
  for (const key of CGROUP_COUNTERS) writeKnown(writer, counters[key]);
  for (const key of CGROUP_GAUGES) writeKnown(writer, levels[key]);
  for (const key of CGROUP_NON_ADDITIVE_GAUGES) writeKnown(writer, heights[key]);
  writer.optional(disks, (list) => {
    writer.varint(list.length);
    for (const disk of list) {
      writer.text(disk.device);
      writer.text(disk.name);
      for (const key of DISK_COUNTERS) writer.real(disk[key]);
    }
  });
}

export function readFigures(reader: ByteReader): CgroupFigures {
  return {
    counters: readKnown(reader, CGROUP_COUNTERS),
    levels: readKnown(reader, CGROUP_GAUGES),
    heights: readKnown(reader, CGROUP_NON_ADDITIVE_GAUGES),
    disks: reader.optional(() =>
      reader.list((): CgroupDisk => {
        const device = reader.text();
        const name = reader.text();
        return { device, name, ...amounts(DISK_COUNTERS, () => amount(reader.real())) };
      }),
    ),
  };
}

export function writeEnded(writer: ByteWriter, lives: RemovedUsage): void {
  writer.real(lives.cpuSeconds);
  writer.varint(lives.unseenInstances);
  writer.optional(lives.figures, (figures) => writeFigures(writer, figures));
  writer.varint(lives.managerPids.length);
  for (const pid of lives.managerPids) writer.varint(pid);
}

export function readEnded(reader: ByteReader): RemovedUsage {
  return {
    cpuSeconds: amount(reader.real()),
    unseenInstances: reader.varint(),
    figures: reader.optional(() => readFigures(reader)),
    managerPids: reader.list(() => reader.varint()),
  };
}

/** Format of earlier versions, which recorded only memory events of removed cgroups. */
export function readEarlierEnded(reader: ByteReader): RemovedUsage {
  const cpuSeconds = amount(reader.real());
  // CPU that could not be separated from that of other cgroups.
  amountOrAbsent(reader.real());
  const unseenInstances = reader.varint();
  const events = readKnown(reader, MEMORY_EVENTS);
  const counters = { ...NO_COUNTERS, ...events };
  const figures = { counters, levels: NO_GAUGES, heights: NO_NON_ADDITIVE_GAUGES, disks: null };
  return { cpuSeconds, unseenInstances, figures, managerPids: reader.list(() => reader.varint()) };
}

export function isSameEnded(a: RemovedUsage | null, b: RemovedUsage | null): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  return (
    a.cpuSeconds === b.cpuSeconds &&
    a.unseenInstances === b.unseenInstances &&
    a.figures === b.figures &&
    a.managerPids.length === b.managerPids.length &&
    a.managerPids.every((pid, at) => pid === b.managerPids[at])
  );
}

/** The constant part of an outside parent. */
export type ParentFrame = Omit<OutsideParentReading, 'reapedNanos'>;

export function writeParent(writer: ByteWriter, parent: ParentFrame): void {
  writer.varint(parent.serial);
  writer.varint(parent.unit);
  writer.varint(parent.pid);
  writer.byte(parent.isSelf ? 1 : 0);
}

export function readParent(reader: ByteReader): ParentFrame {
  return { serial: reader.varint(), unit: reader.varint(), pid: reader.varint(), isSelf: reader.flag() };
}

export function isSameParent(a: ParentFrame, b: ParentFrame): boolean {
  return a.serial === b.serial && a.unit === b.unit && a.pid === b.pid && a.isSelf === b.isSelf;
}

export function writeExit(writer: ByteWriter, exit: ProcessExit): void {
  writer.varint(exit.pid);
  writer.varint(exit.ppid);
  writer.text(exit.name);
  writer.real(exit.cpuSeconds);
  writer.optional(exit.exitCode, (code) => writer.varint(code));
  for (const key of EXIT_AMOUNTS) writer.number(exit[key], 0);
}

export function readExit(reader: ByteReader): ProcessExit {
  return {
    pid: reader.varint(),
    ppid: reader.varint(),
    name: reader.text(),
    cpuSeconds: amount(reader.real()),
    exitCode: reader.optional(() => reader.varint()),
    ...amounts(EXIT_AMOUNTS, () => amount(reader.number(0))),
  };
}

function writeKnown(writer: ByteWriter, value: number | null): void {
  writer.optional(value, (known) => writer.real(known));
}

function readKnown<Key extends string>(reader: ByteReader, keys: readonly Key[]): Record<Key, number | null> {
  return amounts(keys, () => reader.optional(() => amount(reader.real())));
}

function amounts<Key extends string, V>(keys: readonly Key[], read: () => V): Record<Key, V> {
  return Object.fromEntries(keys.map((key) => [key, read()])) as Record<Key, V>;
}

/** A valid count: finite and not negative. */
export function amount(value: number): number {
  if (!(value >= 0 && value < Number.POSITIVE_INFINITY))
    throw new RecordingError('a value in it is out of range');
  return value;
}

export function amountOrAbsent(value: number): number {
  return Number.isNaN(value) ? value : amount(value);
}

/** Within the range of a `Date` (8.64e15), also after `MOST_SECONDS` twice. */
const MOST_MILLIS = 4e15;

/** Milliseconds since 1970, in the range of a `Date`. */
export function timeOf(unixMillis: number): number {
  if (!(Math.abs(unixMillis) <= MOST_MILLIS)) throw new RecordingError('a time in it is invalid');
  return unixMillis;
}

/** More than any clock shows. */
const MOST_SECONDS = 1e12;

/** Seconds on the clock of the samples. */
export function secondsOf(value: number): number {
  if (!(Math.abs(value) <= MOST_SECONDS)) throw new RecordingError('a time in it is invalid');
  return value;
}
