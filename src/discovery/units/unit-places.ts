import type { UnitOrigin } from '../targets/targets.ts';

/** A requested name: of a unit, a label, or a pattern. */
export interface AskedName {
  readonly name: string;
  readonly isPattern: boolean;
}

/**
 * Assigns slots to units. A requested name has a slot for the whole run. Units found by a pattern get slots as they
 * appear, up to a limit; a removed unit keeps its slot for its return, until another unit needs it. Without a free
 * slot, a unit is booked in the slot of its pattern.
 */
export class UnitPlaces {
  readonly #most: number;
  readonly #keepGone: number;
  #names: readonly string[] = [];
  #origins: readonly UnitOrigin[] = [];
  readonly #places = new Map<string, number>();
  /** Removed units of patterns by name, longest gone first, with the refresh in which they disappeared. */
  readonly #gone = new Map<string, number>();
  /** Existing instances of the units of patterns, by name: a unit can be in two slices at a time. */
  readonly #live = new Map<string, number>();
  #matched = 0;
  /** The newest known refresh. */
  #refresh = 0;
  #nextSerial = 1;

  /** At most `most` matched units have slots; a removed unit keeps its slot for at least `keepGone` refreshes. */
  constructor(asked: readonly AskedName[], most: number, keepGone: number) {
    this.#most = most;
    this.#keepGone = keepGone;
    for (const { name, isPattern } of asked) {
      if (!this.#places.has(name)) this.#append(name, isPattern ? 'pattern' : 'named', null);
    }
  }

  get names(): readonly string[] {
    return this.#names;
  }

  get origins(): readonly UnitOrigin[] {
    return this.#origins;
  }

  /** Replaces an alias by the name of its unit, unless the unit already has a slot. */
  rename(before: string, name: string): void {
    const place = this.#places.get(before);
    if (place === undefined || this.#places.has(name)) return;
    this.#places.delete(before);
    this.#places.set(name, place);
    this.#names = this.#names.with(place, name);
  }

  /** Whether a unit was requested by name. */
  isNamed(name: string): boolean {
    const place = this.#places.get(name);
    return place !== undefined && this.#origins[place]!.kind === 'named';
  }

  /**
   * Registers an instance of a unit matched by `pattern`. Returns the name under which it is booked: the unit's, or the
   * pattern's.
   */
  admit(name: string, pattern: string, refresh: number): string {
    const booked = this.#slotFor(name, pattern, refresh);
    this.#live.set(booked, (this.#live.get(booked) ?? 0) + 1);
    return booked;
  }

  #slotFor(name: string, pattern: string, refresh: number): string {
    this.#refresh = refresh;
    if (this.#places.has(name)) {
      this.#gone.delete(name);
      return name;
    }
    const rest = this.#places.get(pattern)!;
    if (this.#matched < this.#most) {
      this.#matched++;
      this.#append(name, 'matched', rest);
      return name;
    }
    const [longest] = this.#gone;
    if (longest === undefined || refresh - longest[1] < this.#keepGone) return pattern;
    const [before] = longest;
    const place = this.#places.get(before)!;
    this.#gone.delete(before);
    this.#places.delete(before);
    this.#places.set(name, place);
    this.#names = this.#names.with(place, name);
    this.#origins = this.#origins.with(place, this.#origin('matched', rest));
    return name;
  }

  /** Like `admit`, for a unit that is already gone. */
  admitPast(name: string, pattern: string): string {
    if (this.#places.has(name)) return name;
    const booked = this.admit(name, pattern, this.#refresh);
    this.leave(booked, this.#refresh);
    return booked;
  }

  /** Assigns a slot to the shared CPU of a slice. Returns its name. */
  admitShared(name: string): string {
    if (!this.#places.has(name)) this.#append(name, 'shared', null);
    return name;
  }

  /** An instance that was booked under `booked` has disappeared. */
  leave(booked: string, refresh: number): void {
    this.#refresh = refresh;
    const live = (this.#live.get(booked) ?? 0) - 1;
    if (live > 0) {
      this.#live.set(booked, live);
      return;
    }
    this.#live.delete(booked);
    const place = this.#places.get(booked);
    if (place === undefined || this.#origins[place]!.kind !== 'matched') return;
    this.#gone.delete(booked);
    this.#gone.set(booked, refresh);
  }

  #append(name: string, kind: UnitOrigin['kind'], pattern: number | null): void {
    this.#places.set(name, this.#names.length);
    this.#names = [...this.#names, name];
    this.#origins = [...this.#origins, this.#origin(kind, pattern)];
  }

  #origin(kind: UnitOrigin['kind'], pattern: number | null): UnitOrigin {
    return { serial: this.#nextSerial++, kind, pattern };
  }
}
