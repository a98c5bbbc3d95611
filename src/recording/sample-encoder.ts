import type { RemovedUsage } from '../discovery/targets/targets.ts';
import type { OutsideParentReading, Sample } from '../sampling/sample.ts';
import { ByteWriter } from './byte-writer.ts';
import {
  type InstanceFrame,
  isSameEnded,
  isSameInstance,
  isSameParent,
  writeEnded,
  writeExit,
  writeFigures,
  writeInstance,
  writeOrigin,
  writeParent,
} from './facts.ts';
import { writeEvents } from './process-events.ts';
import { writeReadTimes } from './read-times.ts';
import { isSameProgress, type Progress, type RecordedTick } from './recorded-tick.ts';
import { RowEncoder } from './row-encoder.ts';
import { SECTION } from './sections.ts';

/** Size of the length before each sample. */
export const LENGTH_BYTES = 4;

/**
 * Converts samples to bytes: the differences to the previous one. Keeps its own copy of the written state, so that
 * samples can be reused.
 */
export class SampleEncoder {
  readonly #head = new ByteWriter();
  readonly #body = new ByteWriter();
  readonly #rows = new RowEncoder(this.#body);
  #tick = 0;
  #unixMillis = 0;
  #units: Sample['units'] | null = null;
  #origins: Sample['origins'] | null = null;
  #instances: InstanceFrame[] = [];
  #cpuSeconds: number[] = [];
  #ended: readonly (RemovedUsage | null)[] = [];
  #parents: OutsideParentReading[] = [];
  #reapedNanos: number[] = [];
  #progress: Progress | null = null;

  /** The bytes of one sample, preceded by their number. `isKey`: readable without earlier samples. */
  encode({ sample, exits, events, closesWindow, progress }: RecordedTick, isKey: boolean): Buffer {
    if (isKey) this.#forget();
    this.#body.clear();
    let flags = (isKey ? SECTION.key : 0) | (closesWindow ? SECTION.window : 0);
    flags |= this.#writeUnits(sample) | this.#writeInstances(sample) | this.#writeFigures(sample);
    flags |= this.#writeEnded(sample) | this.#writeParents(sample);
    if (exits.exits.length > 0 || exits.lostShare > 0) {
      flags |= SECTION.exits;
      this.#body.float64(exits.lostShare);
      this.#body.varint(exits.exits.length);
      for (const exit of exits.exits) writeExit(this.#body, exit);
    }
    if (events.events.length > 0 || events.lost > 0) {
      flags |= SECTION.events;
      writeEvents(this.#body, events);
    }
    flags |= this.#rows.write(sample) | this.#writeProgress(progress);
    if (sample.readTimes) {
      flags |= SECTION.readTimes;
      writeReadTimes(this.#body, sample, sample.readTimes);
    }
    this.#head.clear();
    this.#head.varint(flags);
    this.#head.varint(sample.tick - this.#tick);
    this.#head.float64(sample.atSeconds);
    this.#head.number(sample.unixMillis, this.#unixMillis);
    this.#tick = sample.tick;
    this.#unixMillis = sample.unixMillis;
    const { written: head } = this.#head;
    const { written: body } = this.#body;
    const bytes = Buffer.allocUnsafe(LENGTH_BYTES + head.length + body.length);
    bytes.writeUInt32LE(head.length + body.length);
    bytes.set(head, LENGTH_BYTES);
    bytes.set(body, LENGTH_BYTES + head.length);
    return bytes;
  }

  #forget(): void {
    this.#rows.forget();
    this.#tick = 0;
    this.#unixMillis = 0;
    this.#units = null;
    this.#instances = [];
    this.#cpuSeconds = [];
    this.#ended = [];
    this.#parents = [];
    this.#progress = null;
  }

  #writeUnits({ units, origins }: Sample): number {
    if (units === this.#units && origins === this.#origins) return 0;
    this.#units = units;
    this.#origins = origins;
    this.#body.varint(units.length);
    for (const unit of units) this.#body.text(unit);
    for (const origin of origins) writeOrigin(this.#body, origin);
    return SECTION.units;
  }

  #writeInstances({ instances }: Sample): number {
    const before = this.#instances;
    const isSame =
      instances.length === before.length && instances.every((each, at) => isSameInstance(each, before[at]!));
    if (!isSame) {
      this.#body.varint(instances.length);
      for (const instance of instances) writeInstance(this.#body, instance);
      this.#instances = [...instances];
    }
    for (const [at, { cpuSeconds }] of instances.entries()) {
      this.#body.real(cpuSeconds, this.#cpuSeconds[at] ?? 0);
      this.#cpuSeconds[at] = cpuSeconds;
    }
    this.#cpuSeconds.length = instances.length;
    return isSame ? 0 : SECTION.instances;
  }

  #writeFigures({ instances }: Sample): number {
    if (instances.every(({ figures }) => figures === null)) return 0;
    for (const { figures } of instances)
      this.#body.optional(figures, (known) => writeFigures(this.#body, known));
    return SECTION.figures;
  }

  #writeEnded({ ended }: Sample): number {
    const before = this.#ended;
    if (ended.length === before.length && ended.every((lives, at) => isSameEnded(lives, before[at]!)))
      return 0;
    this.#ended = [...ended];
    this.#body.varint(ended.length);
    for (const lives of ended) this.#body.optional(lives, (known) => writeEnded(this.#body, known));
    return SECTION.removed;
  }

  #writeParents({ outsideParents: parents }: Sample): number {
    const before = this.#parents;
    const isSame =
      parents.length === before.length && parents.every((each, at) => isSameParent(each, before[at]!));
    if (!isSame) {
      this.#body.varint(parents.length);
      for (const parent of parents) writeParent(this.#body, parent);
    }
    for (const [at, { reapedNanos }] of parents.entries()) {
      this.#body.number(reapedNanos, isSame ? this.#reapedNanos[at]! : 0);
      this.#reapedNanos[at] = reapedNanos;
    }
    this.#parents = [...parents];
    return isSame ? 0 : SECTION.parents;
  }

  #writeProgress(progress: Progress): number {
    if (this.#progress !== null && isSameProgress(progress, this.#progress)) return 0;
    this.#progress = progress;
    this.#body.varint(progress.missedSamples);
    this.#body.optional(progress.exitRecords, ({ received, lost }) => {
      this.#body.varint(received);
      this.#body.varint(lost);
    });
    this.#body.optional(progress.export, ({ delivered, failed, spooled }) => {
      this.#body.varint(delivered);
      this.#body.varint(failed);
      this.#body.varint(spooled);
    });
    let flags: number = SECTION.progress;
    if (progress.stretchedSamples > 0) {
      flags |= SECTION.stretched;
      this.#body.varint(progress.stretchedSamples);
    }
    if (progress.processEvents !== null) {
      flags |= SECTION.eventCounts;
      this.#body.varint(progress.processEvents.received);
      this.#body.varint(progress.processEvents.lost);
    }
    const stoppedAtSeconds = progress.kernelEventsStoppedAtSeconds ?? null;
    if (stoppedAtSeconds !== null) {
      flags |= SECTION.stopped;
      this.#body.float64(stoppedAtSeconds);
    }
    return flags;
  }
}
