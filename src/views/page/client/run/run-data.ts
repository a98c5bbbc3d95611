import { outermostOf } from '../../../../host/nested-path.ts';
import { isShared } from '../../../../ledger/document/shared-unit.ts';
import { unitCpuSeconds, wasSeen as wasUnitSeen } from '../../../unit-use.ts';
import type {
  PageFold,
  PageMark,
  PageModel,
  PagePoints,
  PageProcess,
  PageRun,
  PageUnit,
} from '../../model/page-model.ts';
import {
  decodeSeries,
  type FigureFacts,
  type PageSeries,
  PROCESS_FIGURE_NAMES,
  PROCESS_FIGURES,
  type ProcessFigure,
  UNIT_FIGURES,
  type UnitFigure,
} from '../../model/series.ts';

/** A figure by point; NaN and points after its end are unknown. Null if no point is known. */
export type Values = Float64Array;
export type ProcessValues = Record<ProcessFigure, Values | null>;
export type UnitValues = Record<UnitFigure, Values | null>;

export interface ProcessData {
  readonly key: number;
  info: PageProcess;
  /** Null without series of its own. */
  values: ProcessValues | null;
}

export interface UnitData {
  readonly key: number;
  info: PageUnit;
  values: UnitValues;
  /** Processes without series of their own, by name; null has all names without series. */
  others: ReadonlyMap<string | null, ProcessValues>;
}

/** Processes without rows, of one name and parent. */
export interface FoldData extends PageFold {
  /** Key of their unit. */
  readonly unit: number;
}

/** For a name that is missing in an increment: unknown from there on. */
const NO_SERIES = Object.fromEntries(PROCESS_FIGURE_NAMES.map((figure) => [figure, null])) as Record<
  ProcessFigure,
  PageSeries | null
>;

/** The run on the page: merged models, decoded series. */
export class RunData {
  run!: PageRun;
  points!: PagePoints;
  marks: readonly PageMark[] = [];
  readonly units = new Map<number, UnitData>();
  readonly processes = new Map<number, ProcessData>();
  /** Covered seconds of each point. */
  seconds: number[] = [];

  /** Merges a whole model, or an increment. */
  take(model: PageModel): void {
    const { points } = model;
    const isWhole = points.from === 0;
    if (isWhole) this.#clear();
    this.run = model.run;
    this.points = points;
    this.seconds = [...this.seconds.slice(0, points.from), ...points.seconds];
    for (const info of model.units) this.#takeUnit(info);
    for (const info of model.processes) this.#takeProcess(info);
    for (const key of model.gone) this.#fold(key);
    this.marks = [...this.marks.filter(({ point }) => point < points.from), ...model.marks];
  }

  get startMillis(): number {
    return this.points.startUnixMillis;
  }

  /** Seconds from the start to the end of a point. */
  endOf(point: number): number {
    return (point + 1) * this.points.stepSeconds;
  }

  get spanSeconds(): number {
    return this.seconds.length * this.points.stepSeconds;
  }

  #clear(): void {
    this.units.clear();
    this.processes.clear();
    this.seconds = [];
    this.marks = [];
  }

  /** A process without a row from now on: its previous use becomes part of its unit's others, like its later use. */
  #fold(key: number): void {
    const gone = this.processes.get(key);
    this.processes.delete(key);
    const unit = this.units.get(gone?.info.unit ?? Number.NaN);
    if (unit === undefined || gone === undefined || gone.values === null) return;
    // Names without room share the entry null.
    const hasRoom = unit.others.has(gone.info.totals.name) || !unit.others.has(null);
    const name = hasRoom ? gone.info.totals.name : null;
    const before = unit.others.get(name) ?? null;
    const sums: ProcessValues = { ...(before ?? gone.values) };
    for (const figure of PROCESS_FIGURE_NAMES) {
      const values = gone.values[figure];
      // Maxima of several processes are at different times.
      if (PROCESS_FIGURES[figure].join !== 'sum') sums[figure] = null;
      else if (values !== null)
        sums[figure] = sumUntil(this.points.from, before?.[figure] ?? null, values, this.seconds.length);
    }
    unit.others = new Map(unit.others).set(name, sums);
  }

  #takeUnit(info: PageUnit): void {
    const before = this.units.get(info.key);
    const { others, ...series } = info.series;
    const values = this.#decoded(UNIT_FIGURES, series, before?.values);
    const known = before?.others ?? new Map<string | null, ProcessValues>();
    const news = new Map(others.map((each) => [each.name, each.series]));
    const names = new Set([...known.keys(), ...news.keys()]);
    const decoded = new Map(
      [...names].map((name) => [
        name,
        this.#decoded(PROCESS_FIGURES, news.get(name) ?? NO_SERIES, known.get(name)),
      ]),
    );
    this.units.set(info.key, { key: info.key, info, values, others: decoded });
  }

  #takeProcess(info: PageProcess): void {
    const before = this.processes.get(info.key);
    const values = info.series === null ? null : this.#decoded(PROCESS_FIGURES, info.series, before?.values);
    this.processes.set(info.key, { key: info.key, info, values });
  }

  #decoded<Figure extends string>(
    figures: Readonly<Record<Figure, FigureFacts>>,
    series: Readonly<Record<Figure, PageSeries | null>>,
    before: Record<Figure, Values | null> | null | undefined,
  ): Record<Figure, Values | null> {
    const decoded: Partial<Record<Figure, Values | null>> = {};
    for (const figure of Object.keys(figures) as Figure[]) {
      const one = series[figure];
      const known = before?.[figure] ?? null;
      if (one === null && known === null) {
        decoded[figure] = null;
        continue;
      }
      const values = withRoom(known, this.points.from, this.seconds.length);
      if (one !== null) decodeSeries(one, figures[figure].scale, values);
      decoded[figure] = values;
    }
    return decoded as Record<Figure, Values | null>;
  }
}

/** Spare capacity in points, so that a run in progress does not copy everything every time. */
const SLACK = 256;

/** `values` with room for this many points; those from `from` on are unknown. */
function withRoom(values: Values | null, from: number, points: number): Values {
  if (values !== null && values.length >= points) return values.fill(Number.NaN, from);
  const larger = new Float64Array(points + (from > 0 ? SLACK : 0)).fill(Number.NaN);
  if (values !== null) larger.set(values.subarray(0, from));
  return larger;
}

/** The sum of both up to a point; from there on `values` unchanged. */
function sumUntil(end: number, values: Values | null, more: Values, points: number): Values {
  const total = new Float64Array(points).fill(Number.NaN);
  if (values !== null) total.set(values.subarray(0, points));
  for (let at = 0; at < Math.min(end, more.length); at++) {
    const value = more[at]!;
    if (!Number.isNaN(value)) total[at] = (total[at] || 0) + value;
  }
  return total;
}

/** CPU seconds of a unit: by its cgroup, or by its processes without a counter. */
export function usedBy({ info }: UnitData): number {
  return unitCpuSeconds(info.totals);
}

/** Whether the unit was present at any time, or left CPU. Otherwise it has no numbers. */
export function wasSeen({ info }: UnitData): boolean {
  return wasUnitSeen(info.totals);
}

/** All units, without the shared CPU of removed cgroups. */
export function unitsOf(data: RunData): readonly UnitData[] {
  return [...data.units.values()].filter(({ info }) => !isShared(info.totals));
}

/** The units to be summed up: a unit inside another one is part of it. */
export function summedOf(units: readonly UnitData[]): readonly UnitData[] {
  const paths = units.map((unit) => ({ unit, cgroup: unit.info.totals.cgroup }));
  return outermostOf(paths).map(({ unit }) => unit);
}

export function sumOf(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
