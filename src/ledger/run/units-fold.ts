import { nullableSum } from '../../host/nullable.ts';
import { OTHER_NAMES } from '../accounts/other.ts';
import { coverageOf } from '../accounts/unit-account.ts';
import { addByName, exitedOf, MOST_EXITED_NAMES } from '../document/exited-rows.ts';
import type { RunExited, RunUnit, RunUnitCpu, RunUnitTotals } from '../document/run-document.ts';
import { type RunResources, sumOfResources } from '../document/run-resources.ts';
import { NO_UNIT_TOTALS, sumOfUnitTotals } from '../document/run-unit-totals.ts';

/** A unit whose processes are not summed by name yet. */
export type UnnamedUnit = Omit<RunUnit, 'names'>;

/** Units of one pattern that lost their slots to others, summed up as one. */
export class UnitsFold {
  #units = 0;
  #instances = 0;
  #cpu: RunUnitCpu | undefined;
  #totals: RunUnitTotals = NO_UNIT_TOTALS;
  #resources: RunResources | null = null;
  readonly #exited = new Map<string, RunExited>();

  get isEmpty(): boolean {
    return this.#units === 0;
  }

  /** Adds a unit that is gone; its processes no longer have rows of their own. */
  add(unit: UnnamedUnit): void {
    this.#units++;
    this.#instances += unit.instances;
    // A unit that was gone before its counter was first read adds nothing, and would make the sum unknown.
    if (unit.cpu.totalSeconds !== null || unit.cpu.attributedSeconds > 0)
      this.#cpu = this.#cpu === undefined ? unit.cpu : sumOf(this.#cpu, unit.cpu);
    this.#totals = sumOfUnitTotals(this.#totals, unit.totals);
    this.#resources = sumOfResources(this.#resources, unit.resources);
    for (const row of unit.processes) addExited(this.#exited, exitedOf(row));
    for (const row of unit.exited) addExited(this.#exited, row);
  }

  /** The sum as one unit, including `rest`: the pattern's own bookings and rows. */
  with(rest: UnnamedUnit): UnnamedUnit {
    if (this.isEmpty) return rest;
    const cpu = this.#cpu ?? rest.cpu;
    const exited = new Map(this.#exited);
    for (const row of rest.exited) addExited(exited, row);
    return {
      ...rest,
      instances: this.#instances + rest.instances,
      cpu:
        (rest.cpu.totalSeconds === null && rest.cpu.attributedSeconds === 0) || this.#cpu === undefined
          ? cpu
          : sumOf(cpu, rest.cpu),
      totals: sumOfUnitTotals(this.#totals, rest.totals),
      resources: sumOfResources(this.#resources, rest.resources),
      exited: [...exited.values()].sort((a, b) => b.cpuSeconds - a.cpuSeconds || b.count - a.count),
      foldedUnits: this.#units,
    };
  }
}

function addExited(rows: Map<string, RunExited>, row: RunExited): void {
  const key = `${row.apportioned} ${row.name}`;
  const isRoom = rows.has(key) || rows.size < MOST_EXITED_NAMES;
  const name = isRoom ? row.name : OTHER_NAMES;
  addByName(rows, { ...row, name }, `${row.apportioned} ${name}`);
}

function sumOf(a: RunUnitCpu, b: RunUnitCpu): RunUnitCpu {
  const totalSeconds = wholeSum(a.totalSeconds, b.totalSeconds);
  const attributedSeconds = a.attributedSeconds + b.attributedSeconds;
  const { unattributed: left } = a;
  const { unattributed: right } = b;
  return {
    totalSeconds,
    attributedSeconds,
    unattributed:
      left === null || right === null
        ? null
        : {
            reapedOutsideSeconds: wholeSum(left.reapedOutsideSeconds, right.reapedOutsideSeconds),
            unknownSeconds: left.unknownSeconds + right.unknownSeconds,
          },
    coverage: totalSeconds === null ? null : coverageOf(attributedSeconds, totalSeconds),
    sharedSeconds: nullableSum(a.sharedSeconds, b.sharedSeconds),
  };
}

/** Null unless both are known. */
function wholeSum(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}
