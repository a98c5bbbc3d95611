import type { RunExited } from '../../../ledger/document/run-document.ts';
import type { LiveName, LiveProcess, LiveUnit } from '../model/frame.ts';
import type { RowKey } from './view-state.ts';

/** What rows have in common. */
interface AnyRow {
  readonly key: RowKey;
  /** What stands before the name: the lines of the tree. */
  readonly indent: string;
}

export interface UnitRow extends AnyRow {
  readonly kind: 'unit';
  readonly unit: LiveUnit;
  /** Name of the unit that it lies in, and is part of; null if it lies in none. */
  readonly within: string | null;
  readonly isFolded: boolean;
}

export interface ProcessRow extends AnyRow {
  readonly kind: 'process';
  readonly process: LiveProcess;
  /** Where its descendants are folded away: what they and it add up to, and how many they are. */
  readonly folded: Subtree | null;
  /** Seconds since it ended; null while it is there. */
  readonly exitedSeconds: number | null;
  /** In a tree: it is there for its descendants' sake alone, and does not match the filter itself. */
  readonly isBystander: boolean;
}

/** What ended unseen under one name. */
export interface ExitedRow extends AnyRow {
  readonly kind: 'exited';
  readonly unitKey: number;
  readonly exited: RunExited;
  readonly cpuPercent: number | null;
}

/** All processes of one name, or of one sub-cgroup. */
export interface NameRow extends AnyRow {
  readonly kind: 'name';
  readonly isSubCgroup: boolean;
  readonly named: LiveName;
}

/** What no process accounts for, below the names or the cgroups of a unit. */
export interface UnattributedRow extends AnyRow {
  readonly kind: 'unattributed';
  readonly cpuSeconds: number;
}

export type Row = UnitRow | ProcessRow | ExitedRow | NameRow | UnattributedRow;

/** What a process and its descendants in the table add up to. */
export interface Subtree {
  readonly descendants: number;
  readonly cpuPercent: number | null;
  readonly reapedPercent: number | null;
  readonly memoryBytes: number | null;
  readonly diskBytesPerSecond: number | null;
  readonly transferBytesPerSecond: number | null;
  readonly threads: number | null;
}

export function keyOfUnit(unit: { readonly key: number }): RowKey {
  return `unit ${unit.key}`;
}

export function keyOfName(unit: { readonly key: number }, { name }: { readonly name: string }): RowKey {
  return `name ${unit.key} ${name}`;
}

export function keyOfSubCgroup(unit: { readonly key: number }, { name }: { readonly name: string }): RowKey {
  return `cgroup ${unit.key} ${name}`;
}

export function keyOfProcess(process: { readonly key: number }): RowKey {
  return `process ${process.key}`;
}

/** A process in the table before it is put in order. */
export interface Item {
  readonly process: LiveProcess;
  readonly exitedSeconds: number | null;
}
