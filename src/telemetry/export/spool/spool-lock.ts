import type { DatabaseSync } from 'node:sqlite';

/** SQLITE_BUSY: another process holds it. */
const BUSY = 5;

/** A lock that the kernel lets go of when its process ends, however that ends, and that holds across containers. */
export interface SpoolLock {
  release(): void;
}

/**
 * Takes the lock that is `file`; null where another process has it. Throws what Node's SQLite does where there can be no
 * lock. Node has no call for file locks but what stands in SQLite, whose locks they are here (fcntl(2), `F_SETLK`): the
 * database stays empty, and is never to be opened in another way by this process, since that would end the lock.
 */
export function takeLock(file: string): SpoolLock | null {
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
