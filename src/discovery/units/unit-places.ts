import type { UnitOrigin } from '../targets/targets.ts';

/** A name that is asked for: a unit's or a label, or a pattern. */
export interface AskedName {
  readonly name: string;
  readonly isPattern: boolean;
}

/**
 * Assigns places to units. A requested name has a place for the whole run. Units found by a pattern get places as they
 * appear, up to a limit; a unit that is gone keeps its place for its return, until another unit needs it. Without a free
 * place, a unit is booked in the place of its pattern.
 */
export class UnitPlaces {
  readonly #most: number;
  readonly #keepGone: number;
  #names: readonly string[] = [];
  #origins: readonly UnitOrigin[] = [];
  readonly #places = new Map<string, number>();
  /** Matched units that are gone, by name: the refresh in which they went, the longest ago first. */
  readonly #gone = new Map<string, number>();
  #matched = 0;
  /** The last refresh that is known of. */
  #refresh = 0;
  #nextSerial = 1;

  /** At most `most` matched units have places; one keeps it for `keepGone` refreshes at least after it went. */
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

  /** Replaces a name that turned out to be an alias by that of its unit, unless the unit has a place already. */
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

  /** A unit that `pattern` matches is there. Returns the name that it is booked under: its own, or the pattern's. */
  admit(name: string, pattern: string, refresh: number): string {
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

  /** As `admit`, of a unit that is gone already. */
  admitPast(name: string, pattern: string): string {
    if (this.#places.has(name)) return name;
    const booked = this.admit(name, pattern, this.#refresh);
    this.leave(name, this.#refresh);
    return booked;
  }

  /** What several units or cgroups of a slice share has a place, too. Returns its name. */
  admitShared(name: string): string {
    if (!this.#places.has(name)) this.#append(name, 'shared', null);
    return name;
  }

  /** A matched unit has gone. */
  leave(name: string, refresh: number): void {
    this.#refresh = refresh;
    const place = this.#places.get(name);
    if (place === undefined || this.#origins[place]!.kind !== 'matched') return;
    this.#gone.delete(name);
    this.#gone.set(name, refresh);
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
