import { ExitedFold } from './exited-fold.ts';
import type { Ledger } from './ledger.ts';
import type { ProcessAccount } from './process-account.ts';
import type {
  RunDocument,
  RunExitRecords,
  RunExport,
  RunProcess,
  RunProcessDetails,
  RunUnit,
} from './run-document.ts';
import type { UnitAccount } from './unit-account.ts';

/** What the run document says of the run as a whole. */
export interface RunFacts {
  readonly startedUnixMillis: number;
  readonly endedUnixMillis: number;
  readonly intervalSeconds: number;
  readonly samples: number;
  readonly missedSamples: number;
  readonly export: RunExport | null;
  /** None if not given. */
  readonly exitRecords?: RunExitRecords | null;
}

/** Kept beyond the limit before the lightest are folded, so that folding is rare. */
const SLACK = 1.1;

/** Gathers what ended over a run in bounded memory, and makes the run document at its end. */
export class RunTotals {
  readonly #ledger: Ledger;
  readonly #mostRows: number;
  #ended: ProcessAccount[] = [];
  readonly #folds: ExitedFold[] = [];

  /** At most `mostRows` exited processes keep rows of their own: those that used most. */
  constructor(ledger: Ledger, mostRows: number) {
    this.#ledger = ledger;
    this.#mostRows = mostRows;
  }

  /** Takes over what ended in the tick that was just booked. */
  gather(): void {
    for (const account of this.#ledger.ended) this.#ended.push(account);
    if (this.#ended.length > this.#mostRows * SLACK) this.#foldLightest();
  }

  document(facts: RunFacts): RunDocument {
    this.#foldLightest();
    const living = this.#ledger.accounts.filter((account) => account !== undefined);
    const accounts = [...this.#ended, ...living].sort(byAge);
    return {
      schema: 'unitledger.run/1',
      startedAt: new Date(facts.startedUnixMillis).toISOString(),
      endedAt: new Date(facts.endedUnixMillis).toISOString(),
      intervalSeconds: facts.intervalSeconds,
      samples: facts.samples,
      missedSamples: facts.missedSamples,
      units: this.#ledger.units.map((unit, index) =>
        this.#unit(unit, index, accounts, facts.endedUnixMillis),
      ),
      exitRecords: facts.exitRecords ?? null,
      export: facts.export,
    };
  }

  #foldLightest(): void {
    if (this.#ended.length <= this.#mostRows) return;
    this.#ended.sort((a, b) => weightOf(b) - weightOf(a));
    for (const account of this.#ended.splice(this.#mostRows)) this.#foldOf(account.unit).fold(account);
  }

  #foldOf(unit: number): ExitedFold {
    this.#folds[unit] ??= new ExitedFold();
    return this.#folds[unit];
  }

  #unit(
    unit: UnitAccount,
    index: number,
    accounts: readonly ProcessAccount[],
    endedUnixMillis: number,
  ): RunUnit {
    const unattributedSeconds = unit.unattributedSeconds;
    return {
      unit: unit.unit,
      cgroup: unit.cgroup,
      instances: unit.instances,
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
      },
      processes: accounts
        .filter((account) => account.unit === index)
        .map((account) => processOf(account, endedUnixMillis)),
      exited: [...(this.#folds[index]?.rows() ?? []), ...(this.#ledger.unseen.byUnit[index]?.rows() ?? [])],
    };
  }
}

/** Order of the rows: oldest first, so that a parent stands above its children. */
function byAge(a: ProcessAccount, b: ProcessAccount): number {
  return a.identity.startTicks - b.identity.startTicks || a.identity.pid - b.identity.pid;
}

function weightOf(account: ProcessAccount): number {
  return account.cpuSeconds + account.reapedCpuSeconds;
}

function processOf(account: ProcessAccount, endedUnixMillis: number): RunProcess {
  const { identity } = account;
  return {
    pid: identity.pid,
    name: account.name,
    ppid: account.ppid,
    startedAt: new Date(identity.startedUnixMillis).toISOString(),
    endedAt: account.endedUnixMillis === null ? null : new Date(account.endedUnixMillis).toISOString(),
    command: identity.command,
    samples: account.samples,
    cpuPercent: account.cpuPercent.summary(),
    memoryBytes: account.memory.summary(),
    diskBytesPerSecond: account.diskRate.summary(),
    transferBytesPerSecond: account.transferRate.summary(),
    cpuSeconds: account.cpuSeconds,
    reapedCpuSeconds: account.reapedCpuSeconds,
    diskBytes: account.diskBytes,
    transferBytes: account.transferBytes,
    cancelledWriteBytes: account.bytes?.cancelledWriteBytes ?? null,
    details: detailsOf(account, endedUnixMillis),
  };
}

function detailsOf(account: ProcessAccount, endedUnixMillis: number): RunProcessDetails | null {
  const { details } = account;
  if (details === null) return null;
  return {
    ...details.now(account.endedUnixMillis ?? endedUnixMillis),
    peakThreads: details.peak('threads'),
    peakOpenDescriptors: details.peak('descriptors'),
    peakPssBytes: details.peak('pssBytes'),
  };
}
