import type { MetricData } from '@opentelemetry/sdk-metrics';
import type { CgroupDisk } from '../../host/cgroup/figures.ts';
import type { ExecutableWindow, ExportWindow, UnitWindow } from '../../ledger/window/export-window.ts';
import {
  diskAttributes,
  executableAttributes,
  otherProcessesAttributes,
  processAttributes,
  unitAttributes,
} from '../attributes.ts';
import type { SelfReading } from '../catalogue/metric.ts';
import type { ChosenMetrics } from '../catalogue.ts';
import { type ProcessAttribute, USUAL_ATTRIBUTES } from '../choices.ts';
import { SubjectPoints } from './subject-points.ts';

/** Metrics for which only ends of series are made here. */
export type MetricsElsewhere = Pick<ChosenMetrics, 'unit' | 'executable'>;

/** Keys for the subjects of a unit that have no object of their own in a window. */
interface UnitKeys {
  readonly others: object;
  readonly disks: Map<string, object>;
}

/** All points that are read from a window when it closes: everything but the distributions of samples. */
export class WindowPoints {
  readonly #unit: SubjectPoints<UnitWindow>;
  readonly #disk: SubjectPoints<CgroupDisk>;
  readonly #executable;
  readonly #process;
  readonly #self: SubjectPoints<SelfReading>;
  /** For metrics whose values are exported elsewhere. */
  readonly #unitEnds: SubjectPoints<UnitWindow>;
  readonly #executableEnds: SubjectPoints<ExecutableWindow>;
  readonly #selfKey = {};
  readonly #startedUnixMillis: number;
  readonly #wanted: ReadonlySet<ProcessAttribute>;
  readonly #unitKeys = new WeakMap<object, UnitKeys>();

  /**
   * `deltas`: counters are exported as increments. `startedUnixMillis`: start of the program's own counters.
   * `elsewhere`: metrics whose values are exported elsewhere, and whose series are ended here.
   */
  constructor(
    metrics: ChosenMetrics,
    deltas: boolean,
    startedUnixMillis: number,
    wanted: readonly ProcessAttribute[] = USUAL_ATTRIBUTES,
    elsewhere: MetricsElsewhere = { unit: [], executable: [] },
  ) {
    this.#wanted = new Set(wanted);
    this.#unit = new SubjectPoints(metrics.unit, { deltas });
    this.#disk = new SubjectPoints(metrics.disk, { deltas });
    this.#executable = new SubjectPoints(metrics.executable, { deltas });
    this.#process = new SubjectPoints(metrics.process, { deltas });
    this.#self = new SubjectPoints(metrics.self, { deltas });
    this.#unitEnds = new SubjectPoints(elsewhere.unit, { deltas, endsAlone: true });
    this.#executableEnds = new SubjectPoints(elsewhere.executable, { deltas, endsAlone: true });
    this.#startedUnixMillis = startedUnixMillis;
  }

  /** The metrics of a window, each with its points. */
  collect(window: ExportWindow): MetricData[] {
    const levels = [
      ...[this.#unit, this.#disk, this.#executable, this.#process],
      ...[this.#unitEnds, this.#executableEnds],
    ];
    for (const level of [...levels, this.#self]) level.begin(window);
    for (const unit of window.units) this.#addUnit(unit);
    return levels.flatMap((level) => level.finish());
  }

  /** The metrics of the program itself in the last collected window. */
  collectSelf(self: SelfReading): MetricData[] {
    this.#self.add(this.#selfKey, '', this.#startedUnixMillis, self, () => ({}));
    return this.#self.finish();
  }

  #addUnit(window: UnitWindow): void {
    const { unit, series, startUnixMillis } = window;
    const keys = this.#keysOf(series);
    const ofUnit = () => unitAttributes(unit);
    this.#unit.add(series, unit, startUnixMillis, window, ofUnit);
    this.#unitEnds.add(series, unit, startUnixMillis, window, ofUnit);
    for (const disk of window.cgroup?.disks ?? []) {
      this.#disk.add(keyOfDisk(keys, disk), unit, startUnixMillis, disk, () => diskAttributes(unit, disk));
    }
    for (const executable of window.executables) {
      const since = executable.startUnixMillis;
      const ofExecutable = () => executableAttributes(unit, executable);
      this.#executable.add(executable.series, unit, since, executable, ofExecutable);
      this.#executableEnds.add(executable.series, unit, since, executable, ofExecutable);
    }
    for (const own of window.processes) {
      this.#process.add(own.process, unit, own.startUnixMillis, own, () =>
        processAttributes(unit, own.process, this.#wanted),
      );
    }
    const { otherProcesses } = window;
    if (otherProcesses === null) return;
    this.#process.add(keys.others, unit, otherProcesses.startUnixMillis, otherProcesses, () =>
      otherProcessesAttributes(unit),
    );
  }

  #keysOf(series: object): UnitKeys {
    let keys = this.#unitKeys.get(series);
    if (keys === undefined) {
      keys = { others: {}, disks: new Map() };
      this.#unitKeys.set(series, keys);
    }
    return keys;
  }
}

/** The ledger bounds the devices of a unit. */
function keyOfDisk({ disks }: UnitKeys, { device }: CgroupDisk): object {
  let key = disks.get(device);
  if (key === undefined) {
    key = {};
    disks.set(device, key);
  }
  return key;
}
