import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  unlinkSync,
  writevSync,
} from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import {
  checkOwnDirectory,
  checkOwnFile,
  checkOwnSubdirectory,
  ensureOwnFile,
} from '../../../host/files/place.ts';
import { readAtMost } from '../../../host/files/read.ts';
import type { SignalName } from '../signal.ts';
import { bodyInFile, fileContent, fileNameOf, type StoredWindow, windowOfFileName } from './stored-window.ts';

/** SQLITE_BUSY: another process holds it. */
const BUSY = 5;

/** Files of ours that are no windows begin so. */
const OURS = '.unitledger-';
const LOCK = `${OURS}lock`;
const DRAFT = `${OURS}draft`;
const SET_ASIDE = 'set-aside';
/** Within the directory for metrics: the one for spans, which is a spool of its own. */
const TRACES = 'traces';
/** What `mkfs` makes. */
const LOST_AND_FOUND = 'lost+found';

/** What was there when the directory was opened, each oldest first. */
export interface SpoolContent {
  readonly waiting: readonly StoredWindow[];
  readonly aside: readonly StoredWindow[];
  /** Names of what is not ours. */
  readonly foreign: readonly string[];
}

/** Another process holds the directory. */
export class SpoolInUseError extends Error {
  override readonly name = 'SpoolInUseError';
}

/** Windows as files in a directory, one each: what was delivered is deleted, so that the disk mostly never sees it. */
export class SpoolDirectory {
  readonly path: string;
  readonly found: SpoolContent;
  readonly #lock: SpoolLock;

  private constructor(path: string, signal: SignalName, lock: SpoolLock) {
    this.path = path;
    this.#lock = lock;
    const names = readdirSync(path);
    this.found = {
      waiting: windowsOf(names, signal),
      aside: windowsOf(existsSync(join(path, SET_ASIDE)) ? readdirSync(join(path, SET_ASIDE)) : [], signal),
      foreign: names.filter((name) => isForeign(name, signal)).sort(),
    };
  }

  /**
   * Opens the directory for windows of a signal, which is created if it is missing, and holds it for this process alone:
   * `path` itself for metrics, one within it for traces. Throws SpoolInUseError where another process has it, and what
   * `node:fs` and SQLite throw where it cannot be written to.
   */
  static open(root: string, signal: SignalName = 'metrics'): SpoolDirectory {
    // Before anything is made there, too.
    checkSpoolDirectory(root);
    const path = signal === 'traces' ? join(root, TRACES) : root;
    mkdirSync(path, { recursive: true, mode: 0o700 });
    checkSpoolDirectory(root);
    probe(join(path, `${OURS}probe-${process.pid}`));
    ensureOwnFile(join(path, LOCK));
    const lock = takeLock(join(path, LOCK));
    if (lock === null) throw new SpoolInUseError(path);
    return new SpoolDirectory(path, signal, lock);
  }

  /**
   * Throws what `node:fs` does, and leaves nothing then. What it wrote survives this process, not the machine. Others that
   * read the directory see a window whole or not at all.
   */
  write(window: StoredWindow, body: Uint8Array): void {
    const draft = join(this.path, DRAFT);
    try {
      // Command lines are in it.
      const descriptor = openNew(draft);
      try {
        writeAll(descriptor, fileContent(body, window.encoding));
      } finally {
        closeSync(descriptor);
      }
      renameSync(draft, this.#fileOf(window));
    } catch (error) {
      quietly(() => unlinkSync(draft));
      throw error;
    }
  }

  /** The bytes of a window; null where they are torn. Throws what `node:fs` does. */
  read(window: StoredWindow): Uint8Array | null {
    return bodyInFile(readAtMost(this.#fileOf(window), window.bytes + 1, constants.O_NOFOLLOW), window);
  }

  /** Forgets a window. What cannot be deleted now is found, and sent again, by the next run. */
  remove(window: StoredWindow): void {
    quietly(() => unlinkSync(this.#fileOf(window)));
  }

  /** Puts a window where it is not sent from. Throws what `node:fs` does. */
  setAside(window: StoredWindow): void {
    mkdirSync(join(this.path, SET_ASIDE), { recursive: true, mode: 0o700 });
    renameSync(this.#fileOf(window), this.#asideFileOf(window));
  }

  removeAside(window: StoredWindow): void {
    quietly(() => unlinkSync(this.#asideFileOf(window)));
  }

  /** Lets another process have it. */
  close(): void {
    this.#lock.release();
  }

  #fileOf(window: StoredWindow): string {
    return join(this.path, fileNameOf(window));
  }

  #asideFileOf(window: StoredWindow): string {
    return join(this.path, SET_ASIDE, fileNameOf(window));
  }
}

/**
 * Checks that no other user could prepare or replace files in a directory for windows, which need not be there yet. Throws FileFault, and
 * as `node:fs` does.
 */
export function checkSpoolDirectory(path: string): void {
  checkOwnDirectory(path);
  checkContent(path);
  const traces = join(path, TRACES);
  if (!existsSync(traces)) return;
  checkOwnSubdirectory(traces);
  checkContent(traces);
}

function checkContent(path: string): void {
  if (existsSync(join(path, SET_ASIDE))) checkOwnSubdirectory(join(path, SET_ASIDE));
  checkOwnFile(join(path, LOCK));
}

function windowsOf(names: readonly string[], signal: SignalName): StoredWindow[] {
  return names
    .map(windowOfFileName)
    .filter((window) => window !== null)
    .filter((window) => window.signal === signal)
    .sort((a, b) => a.sequence - b.sequence || a.madeAtUnixMillis - b.madeAtUnixMillis);
}

function isForeign(name: string, signal: SignalName): boolean {
  if (name.startsWith(OURS) || name === SET_ASIDE || name === LOST_AND_FOUND) return false;
  if (name === TRACES && signal === 'metrics') return false;
  return windowOfFileName(name)?.signal !== signal;
}

/** Creates a file of this program, in place of an earlier one, and follows no link. Throws as `node:fs` does. */
function openNew(file: string): number {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  quietly(() => unlinkSync(file));
  return openSync(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
}

/** Throws where no file can be made in a directory, whatever its mode says. */
function probe(file: string): void {
  closeSync(openNew(file));
  quietly(() => unlinkSync(file));
}

/** A full disk accepts a part, and reports ENOSPC only at the next write. */
function writeAll(descriptor: number, parts: readonly Uint8Array[]): void {
  let left = parts.filter((part) => part.length > 0);
  while (left.length > 0) {
    let written = writevSync(descriptor, left);
    left = left.flatMap((part) => {
      const rest = part.subarray(Math.min(written, part.length));
      written -= part.length - rest.length;
      return rest.length > 0 ? [rest] : [];
    });
  }
}

/** For what is done on the way out: nobody could do more about it than what is done already. */
function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // See above.
  }
}

/** A lock that the kernel lets go of when its process ends, however that ends, and that holds across containers. */
interface SpoolLock {
  release(): void;
}

/**
 * Takes the lock that is `file`; null where another process has it. Throws what Node's SQLite does where there can be no
 * lock. Node has no call for file locks but what stands in SQLite, whose locks they are here (fcntl(2), `F_SETLK`): the
 * database stays empty, and is never to be opened in another way by this process, since that would end the lock.
 */
function takeLock(file: string): SpoolLock | null {
  // Loaded only where there is a spool.
  const { DatabaseSync: Database } = process.getBuiltinModule('node:sqlite');
  const database: DatabaseSync = new Database(file);
  try {
    // No journal in a file, and no waiting.
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
    return { release: () => database.close() };
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === BUSY) return null;
    throw error;
  }
}
