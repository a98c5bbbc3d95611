import type { BookedProcess } from '../accounts/booked-process.ts';
import { restOf, unitsOfPattern } from '../accounts/pattern-units.ts';
import type { UnitAccount } from '../accounts/unit-account.ts';
import type {
  KernelCounts,
  RunCommand,
  RunDocument,
  RunExited,
  RunExport,
  RunTraceExport,
} from '../document/run-document.ts';
import { namesOf } from '../document/run-names.ts';
import { processOf } from '../document/run-process.ts';
import { resourcesOf } from '../document/run-resources.ts';
import { isoTimeOf, type RunTimes } from '../document/run-times.ts';
import { unitTotalsOf } from '../document/run-unit-totals.ts';
import type { Ledger } from '../ledger.ts';
import { EndedProcesses } from './ended-processes.ts';
import { ExitedFold } from './exited-fold.ts';
import { SubCgroupTotals } from './sub-cgroup-totals.ts';
import { UnitsFold, type UnnamedUnit } from './units-fold.ts';

/** Facts about the run as a whole. */
export interface RunFacts extends RunTimes {
  readonly intervalSeconds: number;
  readonly samples: number;
  readonly missedSamples: number;
  /** None if not given. */
  readonly stretchedSamples?: number;
  readonly export: RunExport | null;
  /** None if not given. */
  readonly exitRecords?: KernelCounts | null;
  /** None if not given. */
  readonly processEvents?: KernelCounts | null;
  /** Time at which both were stopped, on the monotonic clock; null or absent if they were not. */
  readonly kernelEventsStoppedAtSeconds?: number | null;
  /** None if not given. */
  readonly traces?: RunTraceExport | null;
  /** None if not given. */
  readonly command?: RunCommand | null;
}

/** Times for units that lose their slots: values relative to the start or end of the run are not kept for them. */
const MID_RUN: RunTimes = { startedUnixMillis: 0, startedAtSeconds: 0, endedUnixMillis: 0 };

/** Default number of exited processes that keep rows of their own, and the limit for all units together. */
export const KEPT_ROWS = 10_000;
/** Folding is rare: after a fold, rows grow by this share, or by this number, before the next one. */
const SLACK_SHARE = 0.1;
const SLACK_ROWS = 100;

/** Collects ended processes of a run in bounded memory, and creates the run document at the end. */
export class RunTotals {
  readonly #ledger: Ledger;
  readonly #mostRows: number;
  /** Number of rows above which some are folded. */
  #foldAbove: number;
  readonly #kept = new EndedProcesses();
  /** Row numbers of processes that have rows of their own. */
  #ended: number[] = [];
  readonly #folds: (ExitedFold | undefined)[] = [];
  /** Units that lost their slots, by the index of their pattern. */
  readonly #rests: (UnitsFold | undefined)[] = [];
  readonly #subCgroups: SubCgroupTotals;

  /**
   * `mostRows`: number of exited processes of a unit that keep rows of their own, those with most CPU. All units
   * together have at most `KEPT_ROWS`, or as many if that is more.
   */
  constructor(ledger: Ledger, mostRows: number) {
    this.#ledger = ledger;
    this.#mostRows = mostRows;
    this.#foldAbove = mostRows + slackOf(mostRows);
    this.#subCgroups = new SubCgroupTotals(ledger);
  }

  /** Collects what ended in the tick that was just booked. */
  gather(): void {
    if (this.#ledger.retired.length > 0) this.#foldRetired();
    this.#subCgroups.gather();
    for (const account of this.#ledger.ended) this.#ended.push(this.#kept.keep(account));
    if (this.#ended.length > this.#foldAbove) this.#foldLightest();
  }

  document(facts: RunFacts): RunDocument {
    this.#foldLightest();
    return this.soFar(facts);
  }

  /**
   * Document of a run that continues. It does not change state, and may have slightly more rows than the final
   * document.
   */
  soFar(facts: RunFacts): RunDocument {
    const ended = this.#ended.map((place) => this.#kept.at(place));
    const accounts = oldestFirst([...ended, ...this.#ledger.openAccounts()]);
    const byUnit = Map.groupBy(accounts, ({ unit }) => unit);
    const subCgroups = this.#subCgroups.rows(facts);
    const stoppedAtSeconds = facts.kernelEventsStoppedAtSeconds ?? null;
    const stoppedAt = stoppedAtSeconds === null ? null : isoTimeOf(stoppedAtSeconds, facts);
    const units = this.#ledger.units.map((unit, place) => {
      const exited = [...this.#foldedOf(place), ...this.#ledger.unseen.rowsOf(place)];
      return { ...unitOf(unit, byUnit.get(place) ?? [], exited, facts), subCgroups: subCgroups[place]! };
    });
    return {
      schema: 'unitledger.run/1',
      startedAt: new Date(facts.startedUnixMillis).toISOString(),
      endedAt: new Date(facts.endedUnixMillis).toISOString(),
      intervalSeconds: facts.intervalSeconds,
      samples: facts.samples,
      missedSamples: facts.missedSamples,
      stretchedSamples: facts.stretchedSamples ?? 0,
      units: this.#withRests(units).map((unit) => ({ ...unit, names: namesOf(unit, facts) })),
      exitRecords: facts.exitRecords ? { ...facts.exitRecords, stoppedAt } : null,
      processEvents: facts.processEvents ? { ...facts.processEvents, stoppedAt } : null,
      command: facts.command ?? null,
      export: facts.export,
      traces: facts.traces ?? null,
    };
  }

  #foldLightest(): void {
    // No unit can have more rows than all together.
    if (this.#ended.length <= this.#mostRows) return;
    const kept: number[] = [];
    const keptOf = new Map<number, number>();
    const mostInAll = Math.max(this.#mostRows, KEPT_ROWS);
    for (const place of this.#ended.sort((a, b) => this.#kept.weightOf(b) - this.#kept.weightOf(a))) {
      const unit = this.#kept.unitOf(place);
      const rows = keptOf.get(unit) ?? 0;
      if (rows < this.#mostRows && kept.length < mostInAll) {
        kept.push(place);
        keptOf.set(unit, rows + 1);
      } else {
        this.#foldOf(unit).fold(this.#kept.at(place));
        this.#kept.drop(place);
      }
    }
    this.#ended = kept;
    this.#foldAbove = kept.length + slackOf(kept.length);
  }

  #foldOf(unit: number): ExitedFold {
    this.#folds[unit] ??= new ExitedFold();
    return this.#folds[unit];
  }

  #foldedOf(place: number): RunExited[] {
    return this.#folds[place]?.rows() ?? [];
  }

  /** Sums up units that lost their slots by pattern, and folds the rows of their processes by name. */
  #foldRetired(): void {
    const { retired } = this.#ledger;
    const places = new Set(retired.map(({ place }) => place));
    const isRetired = (ended: number) => places.has(this.#kept.unitOf(ended));
    const theirs = Map.groupBy(this.#ended.filter(isRetired), (ended) => this.#kept.unitOf(ended));
    this.#ended = this.#ended.filter((ended) => !isRetired(ended));
    for (const { place, account, exited } of retired) {
      const rows = [...this.#foldedOf(place), ...exited];
      const ended = theirs.get(place) ?? [];
      const processes = ended.map((kept) => this.#kept.at(kept));
      this.#folds[place] = undefined;
      this.#restOf(account.origin.pattern!).add(unitOf(account, processes, rows, MID_RUN));
      for (const kept of ended) this.#kept.drop(kept);
    }
  }

  #restOf(pattern: number): UnitsFold {
    this.#rests[pattern] ??= new UnitsFold();
    return this.#rests[pattern];
  }

  /** Adds rows for patterns with units that have no slot of their own; a pattern without matches is shown as absent. */
  #withRests(units: readonly UnnamedUnit[]): UnnamedUnit[] {
    const accounts = this.#ledger.units;
    const kindOf = (place: number) => accounts[place]!.origin.kind;
    const own = units.filter((_, place) => kindOf(place) !== 'pattern' && kindOf(place) !== 'shared');
    const shared = units.filter((_, place) => kindOf(place) === 'shared');
    const absent: UnnamedUnit[] = [];
    const rests: UnnamedUnit[] = [];
    for (const [place, unit] of units.entries()) {
      const { origin, asked, isRest } = accounts[place]!;
      if (origin.kind !== 'pattern') continue;
      const fold = this.#restOf(place);
      if (!fold.isEmpty || isRest) rests.push({ ...fold.with(unit), unit: restOf(asked), cgroup: null });
      else if (!unitsOfPattern(accounts, place).some((account) => account.instances > 0)) absent.push(unit);
    }
    return [...own, ...absent, ...rests, ...shared];
  }
}

function slackOf(rows: number): number {
  return Math.max(SLACK_ROWS, rows * SLACK_SHARE);
}

function unitOf(
  unit: UnitAccount,
  accounts: readonly BookedProcess[],
  exited: readonly RunExited[],
  run: RunTimes,
): UnnamedUnit {
  const unattributedSeconds = unit.unattributedSeconds;
  const processes = accounts.map((account) => processOf(account, run));
  return {
    unit: unit.unit,
    cgroup: unit.cgroup,
    instances: unit.instances,
    foldedUnits: 0,
    cpu: {
      totalSeconds: unattributedSeconds === null ? null : unit.totalSeconds,
      attributedSeconds: unit.attributedSeconds,
      unattributed:
        unattributedSeconds === null
          ? null
          : {
              reapedOutsideSeconds: unit.reapedOutsideSeconds,
              unknownSeconds: unattributedSeconds - unit.reapedOutsideSeconds,
            },
      coverage: unit.coverage,
      sharedSeconds: unit.sharedSeconds,
    },
    totals: unitTotalsOf(unit.together, processes, exited, run),
    resources: resourcesOf(unit.cgroupFigures),
    processes,
    exited,
    subCgroups: [],
  };
}

/** Order of the rows: a parent comes before its children. */
function oldestFirst(accounts: readonly BookedProcess[]): BookedProcess[] {
  const startTicks = Float64Array.from(accounts, ({ identity }) => identity.startTicks);
  const pids = Float64Array.from(accounts, ({ identity }) => identity.pid);
  const order = Uint32Array.from(accounts.keys());
  order.sort((a, b) => startTicks[a]! - startTicks[b]! || pids[a]! - pids[b]!);
  return Array.from(order, (at) => accounts[at]!);
}
