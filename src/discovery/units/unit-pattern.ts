import { type Glob, parseGlob } from '../../text/glob.ts';

/**
 * A pattern for names of units as `unitOfPath` gives them. It is for whole names, and one without a slash is for the
 * host's units only: those of a user's manager take one for each part, `user@*.service/app-*`.
 */
export class UnitPattern {
  readonly text: string;
  /** Of the manager and the unit, or of the unit alone. */
  readonly #parts: readonly Glob[];

  /** Throws for what `parseGlob` does not understand; the configuration has already rejected such patterns. */
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

  /** Whether names can match that `qualifier` stands before: empty, or `user@N.service/`. */
  mayMatchBelow(qualifier: string): boolean {
    const managers = qualifier.split('/').slice(0, -1);
    return (
      managers.length === this.#parts.length - 1 &&
      managers.every((name, at) => this.#parts[at]!.matches(name))
    );
  }

  /** What stands at its start for itself, from the last slash on. */
  get prefix(): string {
    const name = this.text.slice(this.text.lastIndexOf('/') + 1);
    return /^[^*?[]*/.exec(name)![0];
  }
}
