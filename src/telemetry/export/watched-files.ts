import { statSync } from 'node:fs';

/**
 * Tells whether files are others than they were: by what stat(2) says of them, links followed. Kubernetes replaces a secret
 * by another directory behind a link, others write into the same file or rename one into its place: each shows.
 */
export class WatchedFiles {
  readonly #paths: readonly string[];
  #signature: string | null = null;

  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  /** Whether they have changed since this was asked the last time; the first time, they have. */
  haveChanged(): boolean {
    const signature = this.#paths.map(signatureOf).join('|');
    if (signature === this.#signature) return false;
    this.#signature = signature;
    return true;
  }
}

function signatureOf(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
  } catch (error) {
    // Whoever reads it says what is wrong.
    return String((error as NodeJS.ErrnoException).code);
  }
}
