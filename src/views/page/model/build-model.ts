import { restOf } from '../../../ledger/accounts/pattern-units.ts';
import type { ProcessAccount } from '../../../ledger/accounts/process-account.ts';
import type { RunDocument, RunProcess } from '../../../ledger/document/run-document.ts';
import { foldProcesses, isBrief } from '../../summary/brief.ts';
import { type Life, lifeFigure } from './life.ts';
import { LifeFolds } from './life-folds.ts';
import { NamedTracks } from './named-tracks.ts';
import type { PageHistory } from './page-history.ts';
import {
  PAGE_MARKS,
  type PageFold,
  type PageMark,
  type PageModel,
  type PageOthers,
  type PageProcess,
  type PageProcessSeries,
  type PageUnit,
  type PageUnitSeries,
} from './page-model.ts';
import type { Points } from './points.ts';
import {
  encodeSeries,
  type PageSeries,
  PROCESS_FIGURE_NAMES,
  PROCESS_FIGURES,
  type ProcessFigure,
  UNIT_FIGURE_NAMES,
  UNIT_FIGURES,
  type UnitFigure,
} from './series.ts';
import type { Join, Track } from './track.ts';
import type { UnitHistory } from './unit-history.ts';

/** Facts about a run that are in neither its document nor its history. */
export interface PageFacts {
  readonly program: string;
  readonly hostName: string | null;
  readonly goesOn: boolean;
  /** Sentences about missing parts. */
  readonly missing: readonly string[];
}

/** Shares of time. */
const PRESSURES: ReadonlySet<string> = new Set(['cpuPressure', 'memoryPressure', 'ioPressure']);

/** The part of a run in a model; everything by default. */
export interface ModelChoice {
  /** Selects the processes with series of their own. */
  readonly mayHaveSeries?: (life: Life) => boolean;
  /** Selects the names of a unit with series of their own in its others. */
  readonly mayHaveName?: (unit: UnitHistory, name: string) => boolean;
  /** Leaves out rows whose owner the history has dropped: ended processes that were folded. */
  readonly onlyRemembered?: boolean;
  /** Makes an increment: series from this point on, except new ones. */
  readonly since?: {
    readonly point: number;
    readonly isKnown: (life: Life) => boolean;
  };
}

/** The model of a run, or an increment. */
export function buildModel(
  document: RunDocument,
  history: PageHistory,
  facts: PageFacts,
  { mayHaveSeries = () => true, mayHaveName = () => true, onlyRemembered = false, since }: ModelChoice = {},
): PageModel {
  const { points } = history;
  const from = since?.point ?? 0;
  const fromOf = (life: Life) => (since?.isKnown(life) ? from : 0);
  const byName = new Map(history.units.flatMap((unit) => namesOf(unit).map((name) => [name, unit] as const)));
  const units: PageUnit[] = [];
  const processes: PageProcess[] = [];
  const marks: PageMark[] = [];
  for (const whole of document.units) {
    const told = byName.get(whole.unit);
    if (told === undefined) continue;
    const zombies = zombiesOf(told);
    const isFolded = (row: RunProcess) => isBrief(row) && !zombies.has(rowEnd(row));
    const { processes: rows, ...totals } = foldProcesses(whole, isFolded);
    const key = told.account.origin.serial;
    const folds = foldsOf(told, whole.processes.filter(isFolded), points);
    const lives = livesOf(rows, told);
    const own = new Set(lives.filter((life) => life?.track !== undefined && mayHaveSeries(life)));
    units.push({ key, totals, series: unitSeries(told, points, own, from, mayHaveName), folds });
    const seriesOf = (life: Life | undefined) =>
      own.has(life) ? processSeries(life!.track!, points, true, fromOf(life!)) : null;
    processes.push(
      ...processesOf(key, rows, lives, seriesOf).filter(({ key }) => key > 0 || !onlyRemembered),
    );
    marks.push(...marksOf(key, told, points, from));
  }
  marks.sort((a, b) => a.point - b.point);
  const { startedAt, endedAt, intervalSeconds, samples, missedSamples, stretchedSamples } = document;
  return {
    schema: 'unitledger.page/1',
    run: {
      ...facts,
      startedAt,
      endedAt,
      intervalSeconds,
      samples,
      missedSamples,
      stretchedSamples,
      exitRecords: document.exitRecords,
      export: document.export,
    },
    points: {
      from,
      stepSeconds: points.stepSeconds,
      startUnixMillis: points.startUnixMillis,
      seconds: Array.from({ length: points.count - from }, (_, at) => rounded(points.seconds(from + at))),
    },
    units,
    processes,
    gone: [],
    marks,
  };
}

/** What ended unseen, and rows that are folded, as far as they have times. */
function foldsOf(told: UnitHistory, folded: readonly RunProcess[], points: Points): PageFold[] {
  const folds = new LifeFolds();
  folds.addAll(told.folds);
  for (const life of livesOf(folded, told)) {
    if (life === undefined) continue;
    const { parent, account } = life;
    const { name, bornAtSeconds, endedAtSeconds, exitCode } = account;
    if (endedAtSeconds !== null && bornAtSeconds <= endedAtSeconds)
      folds.add({ parent, name, exitCode, bornAtSeconds, endedAtSeconds });
  }
  return folds.lines((atSeconds) => rounded(points.since(atSeconds)));
}

/** The possible names of a unit in the run document. */
function namesOf({ account }: UnitHistory): string[] {
  return account.origin.kind === 'pattern' ? [account.unit, restOf(account.asked)] : [account.unit];
}

/** Zombies have ended but are still sampled: whether they were brief is unknown until they are gone. */
function zombiesOf({ lives }: UnitHistory): ReadonlySet<string> {
  const zombies = lives.filter(({ account, hasEnded }) => !hasEnded && account.endedAtSeconds !== null);
  return new Set(zombies.map(({ account }) => `${placeOf(account.identity)} ${livedSecondsOf(account)}`));
}

function rowEnd(row: RunProcess): string {
  return `${rowPlace(row)} ${row.livedSeconds}`;
}

/** The end of a process in its row; null while it is running. */
function livedSecondsOf({ bornAtSeconds, endedAtSeconds }: ProcessAccount): number | null {
  return endedAtSeconds === null ? null : Math.max(0, endedAtSeconds - bornAtSeconds);
}

/** The owner of each row; undefined if it is not known any more. */
function livesOf(rows: readonly RunProcess[], told: UnitHistory): (Life | undefined)[] {
  // A process that left and came back has two rows.
  const lives = Map.groupBy(told.lives, ({ account }) => placeOf(account.identity));
  return rows.map((row) => {
    const own = lives.get(rowPlace(row)) ?? [];
    const at = own.findIndex((life) => isOf(row, life));
    return at === -1 ? undefined : own.splice(at, 1)[0];
  });
}

function isOf({ endedAt, livedSeconds, cpuSeconds, samples }: RunProcess, { account }: Life): boolean {
  const hasSameEnd = (endedAt === null ? null : livedSeconds) === livedSecondsOf(account);
  return hasSameEnd && account.cpuSeconds === cpuSeconds && account.samples === samples;
}

function processesOf(
  unit: number,
  rows: readonly RunProcess[],
  lives: readonly (Life | undefined)[],
  seriesOf: (life: Life | undefined) => PageProcessSeries | null,
): PageProcess[] {
  const keys = new Set(lives.map((life) => life?.key));
  return rows.map((totals, at) => {
    const life = lives[at];
    const parent = life !== undefined && keys.has(life.parent ?? undefined) ? life.parent : null;
    // Serials of processes start at 1.
    const key = life?.key ?? -(unit * 1e6 + at);
    return new ProcessEntry({ key, unit, parent, totals, ...execsOf(life) }, () => seriesOf(life));
  });
}

/**
 * Makes its series when they are read, from the current tracks: all series of a run together take far more memory than
 * the page.
 */
class ProcessEntry implements PageProcess {
  readonly key: number;
  readonly unit: number;
  readonly parent: number | null;
  readonly totals: RunProcess;
  readonly execsAfterSeconds?: readonly number[];
  readonly #series: () => PageProcessSeries | null;

  constructor(
    { key, unit, parent, totals, execsAfterSeconds }: Omit<PageProcess, 'series'>,
    series: () => PageProcessSeries | null,
  ) {
    this.key = key;
    this.unit = unit;
    this.parent = parent;
    this.totals = totals;
    if (execsAfterSeconds !== undefined) this.execsAfterSeconds = execsAfterSeconds;
    this.#series = series;
  }

  get series(): PageProcessSeries | null {
    return this.#series();
  }

  toJSON(): PageProcess {
    const { key, unit, parent, totals, execsAfterSeconds, series } = this;
    return { key, unit, parent, totals, ...(execsAfterSeconds && { execsAfterSeconds }), series };
  }
}

/** Makes its series when they are read, like `ProcessEntry`. */
class OthersEntry implements PageOthers {
  readonly name: string | null;
  readonly #series: () => PageProcessSeries;

  constructor(name: string | null, series: () => PageProcessSeries) {
    this.name = name;
    this.#series = series;
  }

  get series(): PageProcessSeries {
    return this.#series();
  }

  toJSON(): PageOthers {
    const { name, series } = this;
    return { name, series };
  }
}

function execsOf(life: Life | undefined): Pick<PageProcess, 'execsAfterSeconds'> {
  if (life === undefined || life.account.execsAtSeconds.length === 0) return {};
  const { execsAtSeconds, bornAtSeconds } = life.account;
  return { execsAfterSeconds: execsAtSeconds.map((atSeconds) => rounded(atSeconds - bornAtSeconds)) };
}

function placeOf({ pid, startedUnixMillis }: { pid: number; startedUnixMillis: number }): string {
  return `${pid} ${new Date(startedUnixMillis).toISOString()}`;
}

function rowPlace({ pid, startedAt }: RunProcess): string {
  return `${pid} ${startedAt}`;
}

function unitSeries(
  unit: UnitHistory,
  points: Points,
  own: ReadonlySet<Life | undefined>,
  from: number,
  mayHaveName: (unit: UnitHistory, name: string) => boolean,
): PageUnitSeries {
  const series = UNIT_FIGURE_NAMES.map((figure) => {
    const { scale, join } = UNIT_FIGURES[figure];
    const isOne = points.ticksPerPoint === 1 && (figure === 'cpuMin' || figure === 'cpuMax');
    const valueAt = (point: number) => meanOf(figure, join, unit.at(figure, point), points.seconds(point));
    const encoded = isOne
      ? null
      : encodeSeries(valueAt, Math.max(from, unit.track.from), endOf(unit.track, points), scale);
    return [figure, encoded] as const;
  });
  const others = [...othersOf(unit, own, from, mayHaveName).entries()]
    .filter(([, track]) => track.size > 0)
    .map(([name, track]) => new OthersEntry(name, () => processSeries(track, points, false, from)));
  return { ...(Object.fromEntries(series) as Record<UnitFigure, PageSeries | null>), others };
}

/** Processes without series of their own by name, including those without a row. */
function othersOf(
  unit: UnitHistory,
  own: ReadonlySet<Life | undefined>,
  from: number,
  mayHaveName: (unit: UnitHistory, name: string) => boolean,
): NamedTracks {
  const rest = new NamedTracks(Number.POSITIVE_INFINITY);
  const of = (name: string | null) => rest.of(name !== null && mayHaveName(unit, name) ? name : null);
  for (const [name, track] of unit.others.entries()) of(name).addAll(track, from);
  for (const life of unit.lives)
    if (life.track !== undefined && !own.has(life)) of(life.account.name).addAll(life.track, from);
  return rest;
}

function processSeries(track: Track, points: Points, isOwn: boolean, from: number): PageProcessSeries {
  const first = Math.max(from, track.from);
  const end = endOf(track, points);
  const series = PROCESS_FIGURE_NAMES.map((figure) => {
    const { scale, join } = PROCESS_FIGURES[figure];
    // With one sample per point, the mean is also the maximum; several processes have none.
    if (join !== 'sum' && (points.ticksPerPoint === 1 || !isOwn)) return [figure, null] as const;
    const valueAt = (point: number) =>
      meanOf(figure, join, lifeFigure(track, figure, point), points.seconds(point));
    return [figure, encodeSeries(valueAt, first, end, scale)] as const;
  });
  return Object.fromEntries(series) as Record<ProcessFigure, PageSeries | null>;
}

/** Extremes stay unchanged; all other figures are amounts and become rates or means. */
function meanOf(figure: string, join: Join, value: number, seconds: number): number {
  if (join !== 'sum') return value;
  if (!(seconds > 0)) return Number.NaN;
  // Pressure is not read at the same time as the samples.
  return PRESSURES.has(figure) ? Math.min(1, value / seconds) : value / seconds;
}

function endOf({ end }: Track, { count }: Points): number {
  return Math.min(end, count);
}

function marksOf(unit: number, told: UnitHistory, points: Points, from: number): PageMark[] {
  const marks: PageMark[] = [];
  for (const kind of PAGE_MARKS) {
    for (let point = Math.max(from, told.track.from); point < endOf(told.track, points); point++) {
      const count = told.at(kind, point);
      if (count > 0) marks.push({ kind, unit, point, count });
    }
  }
  return marks;
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1e4) / 1e4;
}
