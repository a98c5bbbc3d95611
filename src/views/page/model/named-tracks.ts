import { processTrack } from './life.ts';
import type { Track } from './track.ts';

/** Limit on names of a unit with tracks of their own; other names share one. */
const MOST_NAMES = 200;

/** Processes without tracks of their own, summed by name, so that the values of a name are complete however many were folded. */
export class NamedTracks {
  /** By name; null is the track of all names without room. */
  readonly #tracks = new Map<string | null, Track>();
  readonly #mostNames: number;

  constructor(mostNames = MOST_NAMES) {
    this.#mostNames = mostNames;
  }

  get size(): number {
    let size = 0;
    for (const track of this.#tracks.values()) size += track.size;
    return size;
  }

  entries(): IterableIterator<[string | null, Track]> {
    return this.#tracks.entries();
  }

  /** The track for processes of this name. */
  of(name: string | null): Track {
    const key = this.#tracks.has(name) || this.#tracks.size < this.#mostNames ? name : null;
    let track = this.#tracks.get(key);
    if (track === undefined) {
      track = processTrack();
      this.#tracks.set(key, track);
    }
    return track;
  }

  /** Adds the tracks of another, from a point on. */
  addAll(other: NamedTracks, from = 0): void {
    for (const [name, track] of other.#tracks) this.of(name).addAll(track, from);
  }

  /** Two points become one. */
  halve(): void {
    for (const track of this.#tracks.values()) track.halve();
  }
}
