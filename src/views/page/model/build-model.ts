import { restOf } from '../../../ledger/pattern-units.ts';
import type { RunDocument, RunProcess } from '../../../ledger/run-document.ts';
import { foldBriefProcesses } from '../../summary/brief.ts';
import { type Life, lifeFigure, processTrack } from './life.ts';
import type { PageHistory } from './page-history.ts';
import type {
  PageMark,
  PageMarkKind,
  PageModel,
  PageProcess,
  PageProcessSeries,
  PageUnit,
  PageUnitSeries,
} from './page-model.ts';
import type { Points } from './points.ts';
import {
  encodeSeries,
  type PageSeries,
  PROCESS_SCALES,
  type ProcessFigure,
  UNIT_SCALES,
  type UnitFigure,
} from './series.ts';
import type { Track } from './track.ts';
import type { UnitHistory } from './unit-history.ts';

/** What is to be told of a run beside its document and its history. */
export interface PageFacts {
  readonly program: string;
  readonly hostName: string | null;
  readonly goesOn: boolean;
  /** Sentences. */
  readonly missing: readonly string[];
}

const MARKS: readonly PageMarkKind[] = ['stop', 'start', 'memoryLimit', 'oomKill'];
/** Heights stand as they are; everything else is an amount, and becomes a rate or a mean. */
const HEIGHTS: ReadonlySet<string> = new Set(['cpuMax', 'cpuMin', 'memoryMax', 'charged']);

/** The model of a run. `mayHaveSeries` tells which of the processes with rows have series of their own. */
export function buildModel(
  document: RunDocument,
  history: PageHistory,
  facts: PageFacts,
  mayHaveSeries: (life: Life) => boolean = () => true,
): PageModel {
  const { points } = history;
  const byName = new Map(history.units.flatMap((unit) => namesOf(unit).map((name) => [name, unit] as const)));
  const units: PageUnit[] = [];
  const processes: PageProcess[] = [];
  const marks: PageMark[] = [];
  for (const whole of document.units) {
    const told = byName.get(whole.unit);
    if (told === undefined) continue;
    const { processes: rows, ...totals } = foldBriefProcesses(whole);
    const key = told.account.origin.serial;
    const lives = livesOf(rows, told);
    const own = new Set(lives.filter((life) => life?.track !== undefined && mayHaveSeries(life)));
    units.push({ key, totals, series: unitSeries(told, points, own) });
    processes.push(...processesOf(key, rows, lives, points, own));
    marks.push(...marksOf(key, told, points));
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
      from: 0,
      stepSeconds: points.stepSeconds,
      startUnixMillis: points.startUnixMillis,
      seconds: Array.from({ length: points.count }, (_, point) => rounded(points.seconds(point))),
    },
    units,
    processes,
    marks,
  };
}

/** The names that a unit may have in the run document. */
function namesOf({ account }: UnitHistory): string[] {
  return account.origin.kind === 'pattern' ? [account.unit, restOf(account.asked)] : [account.unit];
}

/** Whose row each is; undefined where that is not known any more. */
function livesOf(rows: readonly RunProcess[], told: UnitHistory): (Life | undefined)[] {
  // One that left and came back has two rows.
  const lives = Map.groupBy(told.lives, ({ account }) => placeOf(account.identity));
  return rows.map((row) => lives.get(rowPlace(row))?.shift());
}

function processesOf(
  unit: number,
  rows: readonly RunProcess[],
  lives: readonly (Life | undefined)[],
  points: Points,
  own: ReadonlySet<Life | undefined>,
): PageProcess[] {
  const keys = new Set(lives.map((life) => life?.key));
  return rows.map((totals, at) => {
    const life = lives[at];
    return {
      // Serials of processes begin with 1.
      key: life?.key ?? -(unit * 1e6 + at),
      unit,
      parent: life !== undefined && keys.has(life.parent ?? undefined) ? life.parent : null,
      totals,
      series: own.has(life) ? processSeries(life!.track!, points, true) : null,
    };
  });
}

function placeOf({ pid, startedUnixMillis }: { pid: number; startedUnixMillis: number }): string {
  return `${pid} ${new Date(startedUnixMillis).toISOString()}`;
}

function rowPlace({ pid, startedAt }: RunProcess): string {
  return `${pid} ${startedAt}`;
}

function unitSeries(unit: UnitHistory, points: Points, own: ReadonlySet<Life | undefined>): PageUnitSeries {
  const figures = Object.keys(UNIT_SCALES) as UnitFigure[];
  const series = figures.map((figure) => {
    const isOne = points.ticksPerPoint === 1 && (figure === 'cpuMin' || figure === 'cpuMax');
    const valueAt = (point: number) => meanOf(figure, unit.at(figure, point), points.seconds(point));
    const encoded = isOne
      ? null
      : encodeSeries(valueAt, unit.track.from, Math.min(unit.track.end, points.count), UNIT_SCALES[figure]);
    return [figure, encoded] as const;
  });
  const rest = othersOf(unit, own);
  const other = rest.size === 0 ? null : processSeries(rest, points, false);
  return { ...(Object.fromEntries(series) as Record<UnitFigure, PageSeries | null>), other };
}

/** Those without series of their own, the ones without a row included. */
function othersOf(unit: UnitHistory, own: ReadonlySet<Life | undefined>): Track {
  const left = unit.lives.filter((life) => life.track !== undefined && !own.has(life));
  if (left.length === 0) return unit.others;
  const rest = processTrack();
  rest.addAll(unit.others);
  for (const { track } of left) rest.addAll(track!);
  return rest;
}

function processSeries(track: Track, points: Points, isOwn: boolean): PageProcessSeries {
  const figures = Object.keys(PROCESS_SCALES) as ProcessFigure[];
  const end = Math.min(track.end, points.count);
  const series = figures.map((figure) => {
    const isHeight = figure === 'cpuMax' || figure === 'memoryMax';
    // With one sample a point the mean is the highest as well; of several processes there is none.
    if (isHeight && (points.ticksPerPoint === 1 || !isOwn)) return [figure, null] as const;
    const valueAt = (point: number) =>
      meanOf(figure, lifeFigure(track, figure, point), points.seconds(point));
    return [figure, encodeSeries(valueAt, track.from, end, PROCESS_SCALES[figure])] as const;
  });
  return Object.fromEntries(series) as Record<ProcessFigure, PageSeries | null>;
}

function meanOf(figure: string, value: number, seconds: number): number {
  if (HEIGHTS.has(figure)) return value;
  return seconds > 0 ? value / seconds : Number.NaN;
}

function marksOf(unit: number, told: UnitHistory, points: Points): PageMark[] {
  const marks: PageMark[] = [];
  for (const kind of MARKS) {
    for (let point = told.track.from; point < Math.min(told.track.end, points.count); point++) {
      const count = told.at(kind, point);
      if (count > 0) marks.push({ kind, unit, point, count });
    }
  }
  return marks;
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1e4) / 1e4;
}
