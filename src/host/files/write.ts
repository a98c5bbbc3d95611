import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { chunksOf } from '../../text/chunks.ts';
import { FileFault } from '../../text/file-fault.ts';
import { isOwnDescriptor, kindOf } from './kind.ts';
import { Place } from './place.ts';
import { withPatience } from './waiting.ts';

/** Readable by the owner only, because files contain names and command lines of processes. */
const PRIVATE_MODE = 0o600;
const PERMISSIONS = 0o777;
const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NOCTTY, O_NONBLOCK, O_APPEND } = constants;

/**
 * A text, or a function that generates its parts while they are written; it is called again if the file is written
 * again.
 */
export type WrittenText = string | (() => Iterable<string>);

/**
 * Writes a file atomically: readers see the old content or all of the new one. The file has `mode`; if undefined, that
 * of the file it replaces, else 0600. Pipes and devices (`/dev/stdout`, `/dev/null`) are written directly. Throws
 * FileFault and errors of `node:fs`; then nothing was changed, except in pipes and devices.
 */
export function writeWhole(path: string, text: WrittenText, mode?: number): void {
  if (isOwnDescriptor(path)) {
    writeInto(path, text, O_APPEND);
    return;
  }
  const place = new Place(path, true);
  try {
    const existing = place.stats();
    if (existing !== undefined && !existing.isFile()) writeSpecial(place, existing, text);
    else writeRegular(place, existing, text, mode);
  } finally {
    place.close();
  }
}

/** A file that is not visible under its final name yet. */
export class Draft {
  /** Open for writing. */
  readonly descriptor: number;
  readonly #place: Place;
  readonly #name = `.unitledger-${randomBytes(6).toString('hex')}.part`;

  /** `existing`: the file that the draft will replace. Throws errors of `node:fs`. */
  constructor(place: Place, existing: Stats | undefined, mode: number | undefined) {
    this.#place = place;
    const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY;
    this.descriptor = openSync(place.at(this.#name), flags, PRIVATE_MODE);
    try {
      if (mode !== undefined) fchmodSync(this.descriptor, mode);
      else if (existing?.isFile() === true && place.trusts(existing)) this.#takeRightsOf(existing);
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  /** Renames the draft to its final name. */
  publish(): void {
    renameSync(this.#place.at(this.#name), this.#place.at());
  }

  /** Closes and removes it. */
  discard(): void {
    closeSync(this.descriptor);
    unlinkSync(this.#place.at(this.#name));
  }

  #takeRightsOf({ uid, gid, mode }: Stats): void {
    const own = fstatSync(this.descriptor);
    try {
      if (own.uid !== uid || own.gid !== gid) fchownSync(this.descriptor, uid, gid);
    } catch {
      // Permissions for another group would give access to unrelated users: the file stays private.
      return;
    }
    fchmodSync(this.descriptor, mode & PERMISSIONS);
  }
}

/** Writes all bytes to a descriptor; a disk that fills up accepts a part first. Throws errors of `node:fs`. */
export function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; )
    at += withPatience(() => writeSync(descriptor, bytes, at, bytes.length - at));
}

function writeText(descriptor: number, text: WrittenText): void {
  const parts = typeof text === 'string' ? [text] : text();
  for (const chunk of chunksOf(parts)) writeAll(descriptor, Buffer.from(chunk));
}

function writeRegular(
  place: Place,
  existing: Stats | undefined,
  text: WrittenText,
  mode: number | undefined,
): void {
  let draft: Draft | undefined;
  try {
    draft = new Draft(place, existing, mode);
    writeText(draft.descriptor, text);
    fsyncSync(draft.descriptor);
    draft.publish();
    closeSync(draft.descriptor);
  } catch (error) {
    draft?.discard();
    const { code } = error as NodeJS.ErrnoException;
    // A file that is a mount itself, or in a directory without write permission, can only be written in place.
    const stays = code === 'EBUSY' || code === 'EACCES' || code === 'EPERM' || code === 'EROFS';
    if (!stays || existing === undefined || existing.nlink !== 1 || !place.trusts(existing)) throw error;
    writeInPlace(place, existing, text);
  }
}

function writeInPlace(place: Place, existing: Stats, text: WrittenText): void {
  const descriptor = openSync(place.at(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  try {
    if (fstatSync(descriptor).ino !== existing.ino)
      throw new FileFault('was replaced while it was being written');
    ftruncateSync(descriptor);
    writeText(descriptor, text);
  } finally {
    closeSync(descriptor);
  }
}

function writeSpecial(place: Place, existing: Stats, text: WrittenText): void {
  if (existing.isDirectory() || existing.isBlockDevice() || existing.isSocket())
    throw new FileFault(`is ${kindOf(existing)}`);
  if (!place.trusts(existing)) throw new FileFault(`is ${kindOf(existing)} of another user`);
  writeInto(place.at(), text, O_NOFOLLOW);
}

/** A FIFO without a reader fails with ENXIO instead of blocking. */
function writeInto(path: string, text: WrittenText, flags: number): void {
  if (statSync(path).isDirectory()) throw new FileFault('is a directory');
  const descriptor = openSync(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | flags);
  try {
    writeText(descriptor, text);
  } finally {
    closeSync(descriptor);
  }
}
