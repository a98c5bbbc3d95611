import type { RemovedUsage, UnitOrigin } from '../discovery/targets/targets.ts';
import type { ProcessDetail } from '../sampling/choices.ts';
import type { ExitBatch } from '../sampling/exit-records.ts';
import { NO_EVENTS } from '../sampling/process-events.ts';
import type { InstanceReading, OutsideParentReading, Sample } from '../sampling/sample.ts';
import { ByteReader } from './byte-reader.ts';
import {
  amount,
  amountOrAbsent,
  type InstanceFrame,
  type ParentFrame,
  readEarlierEnded,
  readEnded,
  readExit,
  readFigures,
  readInstance,
  readOrigin,
  readParent,
  secondsOf,
  timeOf,
} from './facts.ts';
import { readEvents } from './process-events.ts';
import { readReadTimes } from './read-times.ts';
import type { Progress, RecordedTick } from './recorded-tick.ts';
import { RecordingError } from './recording-error.ts';
import { RowDecoder } from './row-decoder.ts';
import { ALL_SECTIONS, MOST_UNITS, SECTION } from './sections.ts';

/** Minimum size of an exit record: limits the count by the size of the file. */
const LEAST_EXIT_BYTES = 10;

/**
 * Converts bytes to samples, with the immutability and lifetime of the sampler's. Checks everything that the ledger
 * relies on, because the data may be crafted.
 */
export class SampleDecoder {
  readonly #rows: RowDecoder;
  #tick = 0;
  #isFirst = true;
  #atSeconds = Number.NEGATIVE_INFINITY;
  #unixMillis = 0;
  #units: readonly string[] = [];
  #origins: readonly UnitOrigin[] = [];
  #frames: readonly InstanceFrame[] = [];
  #cpuSeconds: number[] = [];
  #ended: readonly (RemovedUsage | null)[] = [];
  #parents: readonly ParentFrame[] = [];
  #reapedNanos: number[] = [];
  #progress: Progress = {
    missedSamples: 0,
    stretchedSamples: 0,
    exitRecords: null,
    processEvents: null,
    export: null,
  };

  /** `details`: the groups that the run read of each process. */
  constructor(details: ReadonlySet<ProcessDetail>) {
    this.#rows = new RowDecoder(details);
  }

  /** Throws RecordingError only. The tick is valid until the one after the next. */
  decode(bytes: Uint8Array): RecordedTick {
    const reader = new ByteReader(bytes);
    const flags = reader.varint();
    if (flags > ALL_SECTIONS)
      throw new RecordingError('a sample in it has parts that this version does not know');
    const has = (section: number) => (flags & section) !== 0;
    if (has(SECTION.key)) this.#forget();
    else if (this.#isFirst) throw new RecordingError('it does not begin with a whole sample');
    this.#isFirst = false;
    this.#readTimes(reader);
    if (has(SECTION.units)) this.#readUnits(reader);
    let instances = this.#readInstances(reader, has(SECTION.instances), has(SECTION.figures));
    if (has(SECTION.ended)) this.#ended = reader.list(() => reader.optional(() => readEarlierEnded(reader)));
    if (has(SECTION.removed)) this.#ended = reader.list(() => reader.optional(() => readEnded(reader)));
    if (this.#ended.length > this.#units.length) throw new RecordingError('a unit in it has no name');
    const outsideParents = this.#readParents(reader, has(SECTION.parents));
    const exits = has(SECTION.exits) ? readExits(reader) : NOTHING_ENDED;
    const events = has(SECTION.events) ? readEvents(reader) : NO_EVENTS;
    const rows = this.#rows.read(reader, flags, this.#units.length);
    if (has(SECTION.progress)) this.#progress = readProgress(reader, has);
    else if (has(SECTION.stretched) || has(SECTION.eventCounts) || has(SECTION.stopped))
      throw new RecordingError('a sample in it has invalid parts');
    const times = has(SECTION.readTimes) ? readReadTimes(reader, instances.length) : null;
    if (times !== null)
      instances = instances.map((instance, at) => ({ ...instance, stamp: times.stamps[at]! }));
    if (reader.left > 0) throw new RecordingError('a sample in it is longer than it should be');
    const sample: Sample = {
      tick: this.#tick,
      atSeconds: this.#atSeconds,
      unixMillis: this.#unixMillis,
      units: this.#units,
      origins: this.#origins,
      instances,
      ended: this.#ended,
      outsideParents,
      ...rows,
      ...(times === null ? {} : { readTimes: times.readTimes }),
    };
    return { sample, exits, events, closesWindow: has(SECTION.window), progress: this.#progress };
  }

  #forget(): void {
    this.#rows.forget();
    this.#tick = 0;
    this.#unixMillis = 0;
    this.#frames = [];
    this.#cpuSeconds = [];
    this.#ended = [];
    this.#parents = [];
  }

  #readTimes(reader: ByteReader): void {
    this.#tick += reader.varint();
    const atSeconds = secondsOf(reader.float64());
    if (!(atSeconds >= this.#atSeconds)) throw new RecordingError('its samples are not in the order of time');
    this.#atSeconds = atSeconds;
    this.#unixMillis = timeOf(reader.number(this.#unixMillis));
  }

  #readUnits(reader: ByteReader): void {
    const units = reader.list(() => reader.text());
    if (units.length > MOST_UNITS) throw new RecordingError('it has more units than possible');
    const origins = units.map(() => readOrigin(reader));
    // Units may lose their slots, but slots are never removed.
    if (units.length < this.#units.length) throw new RecordingError('a unit in it is missing');
    if (origins.some(({ pattern }) => pattern !== null && !(pattern < units.length)))
      throw new RecordingError('a unit in it has no known origin');
    this.#units = units;
    this.#origins = origins;
  }

  #readInstances(reader: ByteReader, areNew: boolean, haveFigures: boolean): InstanceReading[] {
    if (areNew) this.#frames = reader.list(() => readInstance(reader));
    this.#cpuSeconds = this.#frames.map((_, at) => amountOrAbsent(reader.real(this.#cpuSeconds[at] ?? 0)));
    if (this.#frames.some(({ unit }) => !(unit < this.#units.length)))
      throw new RecordingError('a unit in it has no name');
    return this.#frames.map((frame, at) => ({
      ...frame,
      cpuSeconds: this.#cpuSeconds[at]!,
      figures: haveFigures ? reader.optional(() => readFigures(reader)) : null,
    }));
  }

  #readParents(reader: ByteReader, areNew: boolean): OutsideParentReading[] {
    if (areNew) this.#parents = reader.list(() => readParent(reader));
    this.#reapedNanos = this.#parents.map((_, at) =>
      amount(reader.number(areNew ? 0 : this.#reapedNanos[at]!)),
    );
    if (this.#parents.some(({ unit }) => !(unit < this.#units.length)))
      throw new RecordingError('a unit in it has no name');
    return this.#parents.map((parent, at) => ({ ...parent, reapedNanos: this.#reapedNanos[at]! }));
  }
}

/** Time of a sample, which is near its beginning; null if the bytes are not a sample. */
export function atSecondsOf(bytes: Uint8Array): number | null {
  try {
    const reader = new ByteReader(bytes);
    reader.varint();
    reader.varint();
    const atSeconds = reader.float64();
    return Number.isFinite(atSeconds) ? atSeconds : null;
  } catch (error) {
    if (error instanceof RecordingError) return null;
    throw error;
  }
}

const NOTHING_ENDED: ExitBatch = { exits: [], lostShare: 0 };

function readExits(reader: ByteReader): ExitBatch {
  const lostShare = reader.float64();
  if (!(lostShare >= 0 && lostShare <= 1)) throw new RecordingError('a share in it is out of range');
  return { lostShare, exits: reader.list(() => readExit(reader), LEAST_EXIT_BYTES) };
}

function readProgress(reader: ByteReader, has: (section: number) => boolean): Progress {
  const progress = {
    missedSamples: reader.varint(),
    exitRecords: reader.optional(() => ({ received: reader.varint(), lost: reader.varint() })),
    export: reader.optional(() => ({
      delivered: reader.varint(),
      failed: reader.varint(),
      spooled: reader.varint(),
    })),
  };
  const stretchedSamples = has(SECTION.stretched) ? reader.varint() : 0;
  const processEvents = has(SECTION.eventCounts)
    ? { received: reader.varint(), lost: reader.varint() }
    : null;
  const kernelEventsStoppedAtSeconds = has(SECTION.stopped) ? secondsOf(reader.float64()) : null;
  return { ...progress, stretchedSamples, processEvents, kernelEventsStoppedAtSeconds };
}
