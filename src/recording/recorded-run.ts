import { closeSync } from 'node:fs';
import { figuresBeyond } from '../discovery/cgroups/removed-figures.ts';
import type { RemovedUsage } from '../discovery/targets/targets.ts';
import { openToRead } from '../host/files/read.ts';
import { ORIGIN_BASELINE, ProcessColumns } from '../sampling/process-columns.ts';
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
    const rebased = isFirst ? begunAt({ ...sample, ended }) : { ...sample, ended };
    return { ...tick, sample: rebased, progress: this.progress(tick.progress) };
  }
}

/** How much of a recording could be read. */
export interface Completeness {
  /** End of the run, with its own counts; null if missing. */
  readonly end: Extract<RecordingEnd, { readonly kind: 'ended' }> | null;
  /** Missing parts, one sentence each; empty if the run is complete. */
  readonly missing: readonly string[];
}

/** A recorded run: one file, or FILE and the older FILE.1, FILE.2, …. */
export class RecordedRun {
  /** Header of the oldest remaining file. */
  readonly head: RecordingHead;
  /** Oldest first. */
  readonly #paths: readonly string[];
  #completeness: Completeness = { end: null, missing: ['it was not read'] };
  #isAtLastTick = false;

  private constructor(head: RecordingHead, paths: readonly string[]) {
    this.head = head;
    this.#paths = paths;
  }

  /** Throws RecordingError if the file is not a recording, and errors of `node:fs`. */
  static open(path: string): RecordedRun {
    let head = headOf(path);
    const paths = [path];
    for (let age = 1; head.part > 0; age++) {
      const older = partName(path, age);
      const before = headIfThere(older);
      if (before?.run !== head.run || before.part !== head.part - 1) break;
      head = before;
      paths.unshift(older);
    }
    return new RecordedRun(head, paths);
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
    const decoder = new SampleDecoder(new Set(this.head.processDetails));
    // If earlier files are missing, the run starts with the remaining ones.
    const rebase = this.head.part > 0 ? new Rebase() : null;
    let count = 0;
    for (const path of this.#paths) {
      const descriptor = openToRead(path);
      try {
        const part = new PartReader(descriptor);
        const samples = part.samples();
        for (let next = samples.next(); next.done !== true; ) {
          const tick = decodedBy(decoder, next.value, part);
          if (tick === null) break;
          count++;
          next = samples.next();
          const goesOn = part.end?.kind === 'continued' && path !== this.#paths.at(-1);
          this.#isAtLastTick = next.done === true && !goesOn;
          yield rebase === null ? tick : rebase.apply(tick);
        }
        this.#completeness = this.#after(part, rebase);
        if (part.end?.kind !== 'continued') break;
      } finally {
        closeSync(descriptor);
      }
    }
    if (count > 0) return;
    const [why] = this.#completeness.missing.slice(-1);
    throw new RecordingError(
      why === undefined ? 'it holds no sample' : `it holds no sample that can be read: ${why}`,
    );
  }

  /**
   * Time of its last sample on the samples' clock: reads the newest file sample by sample, without decoding. Null if
   * there is no readable sample. Throws errors of `node:fs`.
   */
  *lastAtSeconds(): Generator<void, number | null> {
    const descriptor = openToRead(this.#paths.at(-1)!);
    try {
      let last: number | null = null;
      for (const bytes of new PartReader(descriptor).samples()) {
        last = atSecondsOf(bytes) ?? last;
        yield;
      }
      return last;
    } finally {
      closeSync(descriptor);
    }
  }

  #after({ end, damage }: PartReader, rebase: Rebase | null): Completeness {
    const missing = this.head.part > 0 ? ['the first files of the run are no longer there'] : [];
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

function headOf(path: string): RecordingHead {
  const descriptor = openToRead(path);
  try {
    return new PartReader(descriptor).head;
  } finally {
    closeSync(descriptor);
  }
}

function headIfThere(path: string): RecordingHead | null {
  try {
    return headOf(path);
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
