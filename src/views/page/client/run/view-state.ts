/** Grouping of the plots. */
export type Grouping = 'process' | 'name' | 'unit';

export interface Zoom {
  /** Seconds since the start of the run. */
  readonly from: number;
  readonly to: number;
}

/** Kinds of changes, for listeners. */
export type Change = 'filter' | 'zoom' | 'grouping' | 'theme' | 'data';

/** Choices of the user. */
export class ViewState {
  /** Key of the one shown unit; null: all. */
  unit: number | null = null;
  search = '';
  /** Keys of picked processes; empty: all. */
  readonly picked = new Set<number>();
  /** Picked process names; empty: all. */
  readonly names = new Set<string>();
  grouping: Grouping = 'name';
  zoom: Zoom | null = null;
  readonly #listeners: ((change: Change) => void)[] = [];

  onChange(listener: (change: Change) => void): void {
    this.#listeners.push(listener);
  }

  changed(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }

  setUnit(unit: number | null): void {
    this.unit = unit;
    this.changed('filter');
  }

  setSearch(search: string): void {
    this.search = search;
    this.changed('filter');
  }

  /** Picks processes, or unpicks them if all of them are picked. */
  toggle(keys: readonly number[]): void {
    const arePicked = keys.every((key) => this.picked.has(key));
    for (const key of keys) {
      if (arePicked) this.picked.delete(key);
      else this.picked.add(key);
    }
    this.changed('filter');
  }

  /** Picks or unpicks a name. */
  toggleName(name: string): void {
    if (!this.names.delete(name)) this.names.add(name);
    this.changed('filter');
  }

  clear(): void {
    this.unit = null;
    this.search = '';
    this.picked.clear();
    this.names.clear();
    this.changed('filter');
  }

  /** Another run is shown. */
  begin(): void {
    this.zoom = null;
    this.clear();
  }

  get isFiltered(): boolean {
    return this.unit !== null || this.search !== '' || this.picked.size > 0 || this.names.size > 0;
  }

  setGrouping(grouping: Grouping): void {
    this.grouping = grouping;
    this.changed('grouping');
  }

  setZoom(zoom: Zoom | null): void {
    if (this.zoom?.from === zoom?.from && this.zoom?.to === zoom?.to) return;
    this.zoom = zoom;
    this.changed('zoom');
  }
}
