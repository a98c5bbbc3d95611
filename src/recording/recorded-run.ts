import { closeSync, fstatSync } from 'node:fs';
import { figuresBeyond } from '../discovery/cgroups/removed-figures.ts';
import type { RemovedUsage } from '../discovery/targets/targets.ts';
import { openToRead } from '../host/files/read.ts';
import { NO_EXITS } from '../sampling/exit-records.ts';
import { ORIGIN_BASELINE, ProcessColumns } from '../sampling/process-columns.ts';
import { NO_EVENTS } from '../sampling/process-events.ts';
import type { Sample } from '../sampling/sample.ts';
import type { RecordingEnd, RecordingHead } from './head.ts';
import { partName } from './part-files.ts';
import { PartReader } from './part-reader.ts';
import type { Progress, RecordedTick } from './recorded-tick.ts';
import { RecordingError } from './recording-error.ts';
import { atSecondsOf, SampleDecoder } from './sample-decoder.ts';

/**
 * Starts a run in its middle: the counts of the first tick are the baseline, so that nothing from before it is booked.
 */
class Rebase {
  /** By serial of the unit: usage of its ended instances in the first tick; and the run's own counts. */
  #ended: ReadonlyMap<number, RemovedUsage> | null = null;
  #progress: Progress | null = null;

  /** The run's own counts since the first tick. */
  progress(now: Progress): Progress {
    return this.#progress === null ? now : progressSince(this.#progress, now);
  }

  apply(tick: RecordedTick): RecordedTick {
    const isFirst = this.#ended === null;
    const { sample } = tick;
    this.#ended ??= endedOf(sample);
    this.#progress ??= tick.progress;
    const { origins } = sample;
    const ended = sample.ended.map((lives, place) => {
      const start = this.#ended!.get(origins[place]!.serial);
      return lives === null || start === undefined ? lives : since(start, lives);
    });
    const progress = this.progress(tick.progress);
    if (!isFirst) return { ...tick, sample: { ...sample, ended }, progress };
    // Its exits and events happened before it.
    return { ...tick, sample: begunAt({ ...sample, ended }), exits: NO_EXITS, events: NO_EVENTS, progress };
  }
}

/** How much of a recording could be read. */
export interface Completeness {
  /** End of the run, with its own counts; null if missing. */
  readonly end: Extract<RecordingEnd, { readonly kind: 'ended' }> | null;
  /** Missing parts, one sentence each; empty if the run is complete. */
  readonly missing: readonly string[];
}

/** A file of a recording that is open. */
interface OpenPart {
  readonly descriptor: number;
  readonly reader: PartReader;
}

/** A recorded run: one file, or FILE and the older FILE.1, FILE.2, …. It may still be in progress: files are then renamed and deleted. */
export class RecordedRun {
  #head: RecordingHead;
  /** The file of an age. */
  readonly #nameOf: (age: number) => string;
  /** Number of the newest file that is read. */
  readonly #newest: number;
  #completeness: Completeness = { end: null, missing: ['it was not read'] };
  #isAtLastTick = false;

  private constructor(head: RecordingHead, newest: number, nameOf: (age: number) => string) {
    this.#head = head;
    this.#newest = newest;
    this.#nameOf = nameOf;
  }

  /** Throws RecordingError if the file is not a recording, and errors of `node:fs`. */
  static open(path: string): RecordedRun {
    const newest = headOf(path);
    const nameOf = namesOf(path, newest);
    let head = newest;
    for (let age = 1; head.part > 0; age++) {
      const before = headIfThere(nameOf(age));
      // Files were renamed between the two readings.
      if (isPart(before, head, head.part)) continue;
      if (!isPart(before, head, head.part - 1)) break;
      head = before!;
    }
    return new RecordedRun(head, newest.part, nameOf);
  }

  /** Header of the oldest file that was there when the run was last opened or read. */
  get head(): RecordingHead {
    return this.#head;
  }

  /** How much could be read; valid after the last tick. */
  get completeness(): Completeness {
    return this.#completeness;
  }

  /** Whether the last tick of `ticks` was the final one. */
  get isAtLastTick(): boolean {
    return this.#isAtLastTick;
  }

  /**
   * All ticks, each valid until the one after the next. Stops at the first unreadable data, which `completeness`
   * reports. Throws RecordingError only if there is no tick at all.
   */
  *ticks(): Generator<RecordedTick> {
    const first = this.#openFirst();
    this.#head = first.reader.head;
    const decoder = new SampleDecoder(new Set(this.#head.processDetails));
    // If earlier files are missing, the run starts with the remaining ones.
    const rebase = this.#head.part > 0 ? new Rebase() : null;
    const samples = this.#samples(first, rebase);
    let count = 0;
    try {
      for (let next = samples.next(); next.done !== true; ) {
        const decoded = decodedBy(decoder, next.value.bytes, next.value.part);
        if (decoded === null) break;
        count++;
        const tick = rebase === null ? decoded : rebase.apply(decoded);
        next = samples.next();
        this.#isAtLastTick = next.done === true;
        yield tick;
      }
    } finally {
      samples.return(undefined);
    }
    if (count > 0) return;
    const [why] = this.#completeness.missing.slice(-1);
    throw new RecordingError(
      why === undefined ? 'it holds no sample' : `it holds no sample that can be read: ${why}`,
    );
  }

  /** The bytes of each sample in all files, and the file that has it. */
  *#samples(
    first: OpenPart,
    rebase: Rebase | null,
  ): Generator<{ readonly bytes: Uint8Array; readonly part: PartReader }, void, undefined> {
    for (let open: OpenPart | null = first; open !== null; ) {
      const { descriptor, reader }: OpenPart = open;
      try {
        for (const bytes of reader.samples()) yield { bytes, part: reader };
      } finally {
        closeSync(descriptor);
        this.#completeness = this.#after(reader, rebase);
      }
      const { part } = reader.head;
      open = reader.end?.kind === 'continued' && part < this.#newest ? this.#openPart(part + 1) : null;
    }
  }

  /** The oldest file of the run that is left. Throws RecordingError if there is none. */
  #openFirst(): OpenPart {
    for (let { part } = this.#head; part <= this.#newest; part++) {
      const open = this.#openPart(part);
      if (open !== null) return open;
    }
    throw new RecordingError('it was replaced or deleted while it was read');
  }

  /** A file of the run by its number, under the name that it has now; null if it is gone. */
  #openPart(part: number): OpenPart | null {
    // Newer files push it to a higher age. While files are renamed, one name is missing.
    for (let age = this.#newest - part, missing = 0; missing < 2; age++) {
      const open = openIfThere(this.#nameOf(age));
      if (open === null) {
        missing++;
        continue;
      }
      const { head } = open.reader;
      if (isPart(head, this.#head, part)) return open;
      closeSync(open.descriptor);
      if (head.run === this.#head.run && head.part < part) return null;
    }
    return null;
  }

  /**
   * Time of its last sample on the samples' clock: reads the newest file sample by sample, without decoding. Null if
   * there is no readable sample. Throws errors of `node:fs`.
   */
  *lastAtSeconds(): Generator<void, number | null> {
    const open = this.#openPart(this.#newest);
    if (open === null) return null;
    try {
      let last: number | null = null;
      for (const bytes of open.reader.samples()) {
        last = atSecondsOf(bytes) ?? last;
        yield;
      }
      return last;
    } finally {
      closeSync(open.descriptor);
    }
  }

  #after({ end, damage }: PartReader, rebase: Rebase | null): Completeness {
    const missing = this.#head.part > 0 ? ['the first files of the run are no longer there'] : [];
    if (damage !== null) missing.push(damage);
    else if (end === null) missing.push('it has no end: the run was killed, or is still running');
    else if (end.kind === 'continued') missing.push('the run continues in a file that was not read');
    if (end?.kind !== 'ended') return { end: null, missing };
    return { end: rebase === null ? end : { ...end, progress: rebase.progress(end.progress) }, missing };
  }
}

function decodedBy(decoder: SampleDecoder, bytes: Uint8Array, part: PartReader): RecordedTick | null {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    part.damage = error.message;
    part.end = null;
    return null;
  }
}

/** The names of a run's files by age. FILE.3 may itself be the newest file of an earlier run, which FILE.4 precedes. */
function namesOf(path: string, newest: RecordingHead): (age: number) => string {
  const [, base, number] = /^(.*)\.(\d+)$/s.exec(path) ?? [];
  const usual = (age: number) => partName(path, age);
  if (base === undefined || newest.part === 0) return usual;
  const earlier = (age: number) => partName(base, Number(number) + age);
  return isPart(headIfThere(earlier(1)), newest, newest.part - 1) ? earlier : usual;
}

function isPart(head: RecordingHead | null, { run }: RecordingHead, part: number): boolean {
  return head?.run === run && head.part === part;
}

function headOf(path: string): RecordingHead {
  const { descriptor, reader } = openPart(path);
  closeSync(descriptor);
  return reader.head;
}

function headIfThere(path: string): RecordingHead | null {
  const open = openIfThere(path);
  if (open !== null) closeSync(open.descriptor);
  return open === null ? null : open.reader.head;
}

/** Throws RecordingError if it is no recording, and errors of `node:fs`. */
function openPart(path: string): OpenPart {
  const descriptor = openToRead(path);
  try {
    // It is opened again for each reading.
    if (fstatSync(descriptor).isFIFO()) throw new RecordingError('a recording must be a file, not a pipe');
    return { descriptor, reader: new PartReader(descriptor) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function openIfThere(path: string): OpenPart | null {
  try {
    return openPart(path);
  } catch (error) {
    if (error instanceof RecordingError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function endedOf({ ended, origins }: Sample): Map<number, RemovedUsage> {
  return new Map(
    ended.flatMap((lives, place) => (lives === null ? [] : [[origins[place]!.serial, lives] as const])),
  );
}

/** Makes all rows and instances count from their current values. */
function begunAt(sample: Sample): Sample {
  const rows = new ProcessColumns(sample.rows.capacity);
  rows.copyFrom(sample.rows);
  rows.origin.fill(ORIGIN_BASELINE);
  const instances = sample.instances.map((instance) => ({
    ...instance,
    bornWatched: false,
    startCpuSeconds: instance.cpuSeconds,
  }));
  return { ...sample, rows, instances };
}

function since(start: RemovedUsage, now: RemovedUsage): RemovedUsage {
  return {
    ...now,
    cpuSeconds: Math.max(0, now.cpuSeconds - start.cpuSeconds),
    unseenInstances: Math.max(0, now.unseenInstances - start.unseenInstances),
    figures: now.figures === null ? null : figuresBeyond(now.figures, start.figures),
  };
}

function progressSince(start: Progress, now: Progress): Progress {
  const less = (value: number, before: number | undefined) => Math.max(0, value - (before ?? 0));
  return {
    missedSamples: less(now.missedSamples, start.missedSamples),
    stretchedSamples: less(now.stretchedSamples, start.stretchedSamples),
    exitRecords: now.exitRecords && {
      received: less(now.exitRecords.received, start.exitRecords?.received),
      lost: less(now.exitRecords.lost, start.exitRecords?.lost),
    },
    processEvents: now.processEvents && {
      received: less(now.processEvents.received, start.processEvents?.received),
      lost: less(now.processEvents.lost, start.processEvents?.lost),
    },
    kernelEventsStoppedAtSeconds: now.kernelEventsStoppedAtSeconds ?? null,
    traces: now.traces ?? null,
    export: now.export && {
      delivered: less(now.export.delivered, start.export?.delivered),
      failed: less(now.export.failed, start.export?.failed),
      spooled: now.export.spooled,
    },
  };
}
