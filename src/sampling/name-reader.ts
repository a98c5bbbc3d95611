import { readArguments } from '../host/proc/command-line.ts';
import { readExecutableName } from '../host/proc/executable.ts';
import { commOf, hasEnded, type StatFields } from '../host/proc/stat.ts';
import { readTitle } from '../host/proc/title.ts';
import { scrubCommandLine } from '../text/scrub/scrub-command-line.ts';
import type { ProcessNames } from './choices.ts';
import { directoryOf } from './leaderless.ts';
import type { TrackedProcess } from './tracked-process.ts';

/** Reads of arguments after which they are looked at at a slow pace only: they change soon after the fork, if at all. */
const EARLY_READS = 4;

/** Names that are kept to be shared. */
const NAMES = 256;

/** Reads what processes are called and were started with. */
export class NameReader {
  readonly #procRoot: string;
  readonly #showCommandLine: boolean;
  readonly #showTitles: boolean;
  readonly #names: string[] = Array.from({ length: NAMES }, () => '');

  constructor(procRoot: string, showCommandLine: boolean, names: ProcessNames) {
    this.#procRoot = procRoot;
    this.#showCommandLine = showCommandLine;
    this.#showTitles = names === 'title';
  }

  /**
   * Names of the process whose `stat` was parsed out of `buffer`, if its `comm` is not the one that `row` was named by. Its
   * arguments change without that (a title that it gives itself, a shell that becomes another), so they are read again
   * while the row is young, and if `slow`. Whether any text is another now.
   */
  refresh(row: TrackedProcess, stat: StatFields, buffer: Buffer, slow: boolean): boolean {
    const { comm, executable, title, command } = row;
    this.#lookAt(row, stat, buffer, slow);
    return (
      row.comm !== comm || row.executable !== executable || row.title !== title || row.command !== command
    );
  }

  #lookAt(row: TrackedProcess, stat: StatFields, buffer: Buffer, slow: boolean): void {
    const isNamed = row.nameHash === stat.commHash && row.comm !== '';
    if (!isNamed) {
      row.nameHash = stat.commHash;
      row.comm = this.#shared(commOf(buffer, stat));
      row.executable = this.#shared(readExecutableName(directoryOf(this.#procRoot, row)) ?? row.comm);
    }
    if (!this.#showTitles && !this.#showCommandLine) return;
    if (isNamed && !slow && row.argumentReads >= EARLY_READS) return;
    // What has ended has no arguments any more, but the name that it had.
    if (hasEnded(stat)) return;
    row.argumentReads++;
    const directory = directoryOf(this.#procRoot, row);
    if (this.#showTitles) {
      const title = readTitle(directory);
      row.title = title === undefined ? null : maskNumbers(title);
    }
    if (this.#showCommandLine) {
      const argv = readArguments(directory);
      if (argv !== null) row.command = scrubCommandLine(argv);
    }
  }

  /** One text for all processes of a name, as long as no other name takes its place. */
  #shared(name: string): string {
    const place =
      (name.length * 31 + (name.codePointAt(0) ?? 0) + 7 * (name.codePointAt(name.length - 1) ?? 0)) % NAMES;
    if (this.#names[place] !== name) this.#names[place] = name;
    return this.#names[place];
  }
}

/** `text` with every number in it written as `N`, so that names that differ in numbers alone become one name. */
export function maskNumbers(text: string): string {
  return text.replace(/\p{Nd}+/gu, 'N');
}
