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

/** Prefix of unitledger's files other than windows. */
const OURS = '.unitledger-';
const LOCK = `${OURS}lock`;
const DRAFT = `${OURS}draft`;
const SET_ASIDE = 'set-aside';
/** Directory for spans, inside the one for metrics: a separate spool. */
const TRACES = 'traces';
/** Created by `mkfs`. */
const LOST_AND_FOUND = 'lost+found';

/** Content of the directory when it was opened, oldest first. */
export interface SpoolContent {
  readonly waiting: readonly StoredWindow[];
  readonly aside: readonly StoredWindow[];
  /** Names of foreign files. */
  readonly foreign: readonly string[];
}

/** Another process holds the directory. */
export class SpoolInUseError extends Error {
  override readonly name = 'SpoolInUseError';
}

/** Windows as files in a directory. Delivered ones are deleted, mostly before the kernel writes them to the disk. */
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
   * `path` itself for metrics, a directory in it for traces. Throws SpoolInUseError if another process has it, and errors of
   * `node:fs` and SQLite if it is not writable.
   */
  static open(root: string, signal: SignalName = 'metrics'): SpoolDirectory {
    // Also before anything is created there.
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
   * Throws errors of `node:fs`, and leaves no file then. A written window survives this process, not a power failure. Other
   * readers of the directory see a window completely or not at all.
   */
  write(window: StoredWindow, body: Uint8Array): void {
    const draft = join(this.path, DRAFT);
    try {
      // Windows may contain command lines.
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

  /** The bytes of a window; null if incomplete. Throws errors of `node:fs`. */
  read(window: StoredWindow): Uint8Array | null {
    return bodyInFile(readAtMost(this.#fileOf(window), window.bytes + 1, constants.O_NOFOLLOW), window);
  }

  /** Deletes a window. If that fails, the next run finds it and sends it again. */
  remove(window: StoredWindow): void {
    quietly(() => unlinkSync(this.#fileOf(window)));
  }

  /** Moves a window to quarantine. Throws errors of `node:fs`. */
  setAside(window: StoredWindow): void {
    mkdirSync(join(this.path, SET_ASIDE), { recursive: true, mode: 0o700 });
    renameSync(this.#fileOf(window), this.#asideFileOf(window));
  }

  removeAside(window: StoredWindow): void {
    quietly(() => unlinkSync(this.#asideFileOf(window)));
  }

  /** Releases the directory for other processes. */
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
 * Checks that no other user can prepare or replace files in a directory for windows, which need not exist yet. Throws
 * FileFault and errors of `node:fs`.
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

/** Creates a file of this program, replacing an earlier one, and follows no link. Throws errors of `node:fs`. */
function openNew(file: string): number {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  quietly(() => unlinkSync(file));
  return openSync(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
}

/** Throws if no file can be created in a directory, whatever its mode. */
function probe(file: string): void {
  closeSync(openNew(file));
  quietly(() => unlinkSync(file));
}

/** On a full disk, a write is partial, and only the next one reports ENOSPC. */
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

/** Ignores errors during cleanup, where nothing more can be done. */
function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // See above.
  }
}

/** A lock that the kernel releases when its process ends, and that works across containers. */
interface SpoolLock {
  release(): void;
}

/**
 * Takes the lock in `file`; null if another process has it. Throws errors of Node's SQLite if locks are
 * unavailable. Node has no API for file locks other than SQLite, which uses fcntl(2), `F_SETLK`: the
 * database stays empty, and this process must not open it in another way, because that would release the lock.
 */
function takeLock(file: string): SpoolLock | null {
  // Loaded only with a spool.
  const { DatabaseSync: Database } = process.getBuiltinModule('node:sqlite');
  const database: DatabaseSync = new Database(file);
  try {
    // No journal file, and no waiting.
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
    return { release: () => database.close() };
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === BUSY) return null;
    throw error;
  }
}
