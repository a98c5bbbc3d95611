import { crc32 } from 'node:zlib';
import { argumentsIn, readArgumentBytes } from '../host/proc/command-line.ts';
import { readExecutableName } from '../host/proc/executable.ts';
import { commOf, hasEnded, type StatFields } from '../host/proc/stat.ts';
import { readTitle } from '../host/proc/title.ts';
import { scrubCommandLine } from '../text/scrub/scrub-command-line.ts';
import type { ProcessNames } from './choices.ts';
import { directoryOf } from './leaderless.ts';
import type { TrackedProcess } from './tracked-process.ts';

/**
 * Arguments change soon after a fork or exec, if at all: after this many reads of a `comm` they are read at a slow pace
 * only.
 */
const EARLY_READS = 4;

/** Longer command lines are truncated, after secrets are masked: a truncated secret may not be recognised. */
const LONGEST_COMMAND = 4096;

/** Size of the cache of shared name strings. */
const NAMES = 256;

/** Reads names and command lines of processes. */
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
   * Updates the names of `row` if its `comm` has changed; `stat` was parsed out of `buffer`. Arguments can change
   * without a new `comm` (a process sets its title, a shell executes a program), so they are reread while the row is
   * young, and if `slow`. Returns whether any text changed.
   */
  refresh(row: TrackedProcess, stat: StatFields, buffer: Buffer, slow: boolean): boolean {
    const { comm, executable, title, command } = row;
    this.#lookAt(row, stat, buffer, slow);
    return (
      row.comm !== comm || row.executable !== executable || row.title !== title || row.command !== command
    );
  }

  /**
   * Rereads what belongs to the program of `row`, which has executed another one, possibly of the same `comm`: a script
   * that executes a program of its own name. Returns whether any text changed.
   */
  refreshProgram(row: TrackedProcess): boolean {
    const { executable, title, command } = row;
    row.executable = this.#readExecutable(row);
    row.title = null;
    row.argumentReads = 0;
    this.#readArguments(row);
    return row.executable !== executable || row.title !== title || row.command !== command;
  }

  #lookAt(row: TrackedProcess, stat: StatFields, buffer: Buffer, slow: boolean): void {
    const isNamed = row.nameHash === stat.commHash && row.comm !== '';
    if (!isNamed) {
      row.nameHash = stat.commHash;
      row.comm = this.#shared(commOf(buffer, stat));
      row.executable = this.#readExecutable(row);
      row.argumentReads = 0;
      row.title = null;
    }
    if (isNamed && !slow && row.argumentReads >= EARLY_READS) return;
    // An ended process keeps its name but has no arguments.
    if (!hasEnded(stat)) this.#readArguments(row);
  }

  #readExecutable(row: TrackedProcess): string {
    return this.#shared(readExecutableName(directoryOf(this.#procRoot, row)) ?? row.comm);
  }

  #readArguments(row: TrackedProcess): void {
    if (!this.#showTitles && !this.#showCommandLine) return;
    row.argumentReads++;
    const directory = directoryOf(this.#procRoot, row);
    if (this.#showTitles) {
      const title = readTitle(directory);
      // A process that exits keeps the title it had.
      if (title !== undefined) row.title = title === null ? null : maskNumbers(title);
    }
    if (this.#showCommandLine) {
      const bytes = readArgumentBytes(directory);
      if (bytes !== null) this.#takeArguments(row, bytes);
    }
  }

  /** The search for secrets takes a millisecond in a long command line, so unchanged bytes are not searched again. */
  #takeArguments(row: TrackedProcess, bytes: Buffer): void {
    const hash = crc32(bytes);
    if (row.command !== null && row.argumentHash === hash) return;
    row.argumentHash = hash;
    const command = scrubCommandLine(argumentsIn(bytes)).slice(0, LONGEST_COMMAND);
    // A copy: a slice would keep the whole text in memory. Half a character at its end becomes U+FFFD.
    row.command = Buffer.from(command).toString();
  }

  /** Shares one string among all processes of a name, until another name with the same hash replaces it. */
  #shared(name: string): string {
    const place =
      (name.length * 31 + (name.codePointAt(0) ?? 0) + 7 * (name.codePointAt(name.length - 1) ?? 0)) % NAMES;
    if (this.#names[place] !== name) this.#names[place] = name;
    return this.#names[place];
  }
}

/** Replaces every number in `text` by `N`, so that names which differ only in numbers become one name. */
export function maskNumbers(text: string): string {
  return text.replace(/\p{Nd}+/gu, 'N');
}
