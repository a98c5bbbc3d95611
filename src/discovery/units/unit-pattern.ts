import { type Glob, parseGlob } from '../../text/glob.ts';

/**
 * A pattern for unit names as returned by `unitOfPath`. It must match the whole name. A pattern without a slash matches
 * units of the host only; units of user managers need one for each part, `user@*.service/app-*`.
 */
export class UnitPattern {
  readonly text: string;
  /** For the manager and the unit, or for the unit alone. */
  readonly #parts: readonly Glob[];

  /** Throws if `parseGlob` rejects the text; the configuration has already rejected such patterns. */
  constructor(text: string) {
    this.text = text;
    this.#parts = text.split('/').map((part) => {
      const glob = parseGlob(part);
      if (glob === undefined) throw new Error(`not a whole pattern: ${text}`);
      return glob;
    });
  }

  matches(unit: string): boolean {
    const names = unit.split('/');
    return names.length === this.#parts.length && this.#parts.every((glob, at) => glob.matches(names[at]!));
  }

  /** Whether names with the prefix `qualifier` can match: empty, or `user@N.service/`. */
  mayMatchBelow(qualifier: string): boolean {
    const managers = qualifier.split('/').slice(0, -1);
    return (
      managers.length === this.#parts.length - 1 &&
      managers.every((name, at) => this.#parts[at]!.matches(name))
    );
  }

  /** The literal beginning of the part after the last slash. */
  get prefix(): string {
    const name = this.text.slice(this.text.lastIndexOf('/') + 1);
    return /^[^*?[]*/.exec(name)![0];
  }
}
