import type { OfQuantities } from '../../../ledger/document/quantities.ts';
import type { RunExited } from '../../../ledger/document/run-document.ts';
import type { LiveName, LiveProcess, LiveUnit } from '../model/frame.ts';
import type { RowKey } from './view-state.ts';

/** Fields of all rows. */
interface AnyRow {
  readonly key: RowKey;
  /** Prefix of the name: the lines of the tree. */
  readonly indent: string;
}

export interface UnitRow extends AnyRow {
  readonly kind: 'unit';
  readonly unit: LiveUnit;
  /** Name of the unit around it; null if there is none. */
  readonly within: string | null;
  readonly isFolded: boolean;
}

export interface ProcessRow extends AnyRow {
  readonly kind: 'process';
  readonly process: LiveProcess;
  /** If its descendants are folded: their number, and sums of it and its descendants. */
  readonly folded: Subtree | null;
  /** Seconds since its end; null while it exists. */
  readonly exitedSeconds: number | null;
  /** In a tree: shown only because a descendant matches the filter. */
  readonly isBystander: boolean;
}

/** Processes of one name that ended unseen. */
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

/** Unattributed CPU, below the names or the cgroups of a unit. */
export interface UnattributedRow extends AnyRow {
  readonly kind: 'unattributed';
  readonly cpuSeconds: number;
}

export type Row = UnitRow | ProcessRow | ExitedRow | NameRow | UnattributedRow;

/** Sums of a process and its descendants in the table. */
export interface Subtree extends OfQuantities<number | null> {
  readonly descendants: number;
  readonly reapedPercent: number | null;
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

/** A process in the table before sorting. */
export interface Item {
  readonly process: LiveProcess;
  readonly exitedSeconds: number | null;
}
