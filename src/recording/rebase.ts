import { figuresBeyond } from '../discovery/cgroups/removed-figures.ts';
import type { EndedLives } from '../discovery/targets/targets.ts';
import { ORIGIN_BASELINE, ProcessColumns } from '../sampling/process-columns.ts';
import type { Sample } from '../sampling/sample.ts';
import type { Progress, RecordedTick } from './recorded-tick.ts';

/**
 * Lets a run begin in its middle: what was counted by its first tick is where counting begins, so that nothing from
 * before it is booked.
 */
export class Rebase {
  /** By serial of the unit: what its ended lives had used, and what the run had counted. */
  #ended: ReadonlyMap<number, EndedLives> | null = null;
  #progress: Progress | null = null;

  /** What the run counted of itself since the first tick. */
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

function endedOf({ ended, origins }: Sample): Map<number, EndedLives> {
  return new Map(
    ended.flatMap((lives, place) => (lives === null ? [] : [[origins[place]!.serial, lives] as const])),
  );
}

/** Rows and instances were there already: their counters begin where they stand. */
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

function since(start: EndedLives, now: EndedLives): EndedLives {
  return {
    ...now,
    cpuSeconds: Math.max(0, now.cpuSeconds - start.cpuSeconds),
    unseenLives: Math.max(0, now.unseenLives - start.unseenLives),
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
    export: now.export && {
      delivered: less(now.export.delivered, start.export?.delivered),
      failed: less(now.export.failed, start.export?.failed),
      spooled: now.export.spooled,
    },
  };
}
