import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  type Stats,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { FileFault } from '../../text/file-fault.ts';
import { printable } from '../../text/printable.ts';
import { kindOf } from './kind.ts';

/** Opens a directory as a reference only (open(2)); Node has no constant for it. */
const O_PATH = 0o10000000;
const MOST_LINKS = 40;
const ROOT = 0;
const WRITABLE_BY_OTHERS = 0o002;
const WRITABLE_BY_GROUP_OR_OTHERS = 0o022;
const STICKY = 0o1000;

const self = () => process.geteuid?.() ?? ROOT;

/** A name in a directory that is held open, so that renaming or linking its path does not change the directory. */
export class Place {
  readonly name: string;
  readonly #descriptor: number;
  readonly #directory: Stats;

  /**
   * Location of a file at `path`; with `followsLast`, a symbolic link at the end is followed like those before it.
   * Throws FileFault for a link of another user, and errors of `node:fs`. Must be closed.
   */
  constructor(path: string, followsLast: boolean) {
    const absolute = resolve(path);
    const real = followsLast
      ? follow(absolute, true)
      : join(follow(dirname(absolute), false), basename(absolute));
    this.name = basename(real);
    const directory = dirname(real);
    this.#descriptor = openSync(directory, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    this.#directory = fstatSync(this.#descriptor);
  }

  /** Path of the file, or of another name in its directory, without symbolic links. */
  at(name = this.name): string {
    return `/proc/self/fd/${this.#descriptor}/${name}`;
  }

  /** The existing file; undefined if there is none. A symbolic link is not followed. */
  stats(): Stats | undefined {
    return lstatSync(this.at(), { throwIfNoEntry: false });
  }

  /**
   * Whether the existing file can be trusted to be the one that the user meant: the user owns it, or nobody else could
   * have created it, or its owner is the owner of the directory, the only user who could.
   */
  trusts(existing: Stats): boolean {
    const { uid, mode } = this.#directory;
    if (existing.uid === self()) return true;
    if ((mode & WRITABLE_BY_GROUP_OR_OTHERS) !== 0) return false;
    return uid === ROOT || uid === self() || uid === existing.uid;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/**
 * The path without symbolic links; its last name may be missing if `mayEnd`. A link is followed if it belongs to root,
 * to the user, or to the owner of its target: other users could have created it to have a file of somebody else
 * overwritten. Throws FileFault and errors of `node:fs`.
 */
function follow(path: string, mayEnd: boolean): string {
  const names = path.split('/').reverse();
  let at = '/';
  for (let links = 0; names.length > 0; ) {
    const name = names.pop()!;
    if (name === '' || name === '.') continue;
    const next = name === '..' ? dirname(at) : join(at, name);
    const stats = lstatSync(next, { throwIfNoEntry: !(mayEnd && names.length === 0) });
    if (stats?.isSymbolicLink() !== true) {
      at = next;
      continue;
    }
    if (++links > MOST_LINKS) throw new FileFault('has too many symbolic links');
    checkLink(next, stats);
    const target = readlinkSync(next);
    if (target.startsWith('/')) at = '/';
    names.push(...target.split('/').reverse());
  }
  return at;
}

function checkLink(path: string, { uid }: Stats): void {
  if (uid === ROOT || uid === self()) return;
  const owner = statSync(path, { throwIfNoEntry: false })?.uid;
  if (owner !== uid)
    throw new FileFault(`leads through ${printable(path)}, a symbolic link of another user (UID ${uid})`);
}

/**
 * Checks a directory that will hold files for a longer time, or may be created for that: no other user may be able to
 * prepare or replace them. Throws FileFault and errors of `node:fs`.
 */
export function checkOwnDirectory(path: string): void {
  const wanted = resolve(path);
  let there = wanted;
  while (!existsSync(there)) there = dirname(there);
  const real = follow(there, false);
  for (let above = there === wanted ? dirname(real) : real; ; above = dirname(above)) {
    checkAbove(above);
    if (above === '/') break;
  }
  if (there !== wanted) return;
  const stats = lstatSync(real);
  if (!stats.isDirectory()) throw new FileFault('is not a directory');
  if (stats.uid !== ROOT && stats.uid !== self())
    throw new FileFault(`belongs to another user (UID ${stats.uid}), who could replace files in it`);
  // The root of a mount, such as an emptyDir volume of Kubernetes (mode 0777), is accessible only to users of the
  // mount.
  const isMount = statSync(dirname(real)).dev !== stats.dev;
  if ((stats.mode & WRITABLE_BY_OTHERS) !== 0 && (stats.mode & STICKY) === 0 && !isMount)
    throw new FileFault('can be written to by all users, who could replace files in it (chmod o-w)');
}

/**
 * Checks a directory of unitledger inside one that `checkOwnDirectory` accepts, which may be a world-writable mount
 * root: no other user may own it or write to it. Throws FileFault and errors of `node:fs`.
 */
export function checkOwnSubdirectory(path: string): void {
  const stats = lstatSync(path);
  const name = printable(basename(path));
  if (!stats.isDirectory()) throw new FileFault(`holds ${name}, which is ${kindOf(stats)}`);
  if (stats.uid !== ROOT && stats.uid !== self())
    throw new FileFault(`holds ${name}, which belongs to another user (UID ${stats.uid})`);
  if ((stats.mode & WRITABLE_BY_OTHERS) !== 0)
    throw new FileFault(`holds ${name}, which can be written to by all users (chmod o-w)`);
}

/** Every user who can rename entries of a parent directory can replace the directory. */
function checkAbove(path: string): void {
  const stats = lstatSync(path);
  const { uid, mode } = stats;
  const shown = printable(path);
  if (!stats.isDirectory()) throw new FileFault(`lies in ${shown}, which is ${kindOf(stats)}`);
  if (uid !== ROOT && uid !== self())
    throw new FileFault(`lies in ${shown}, which belongs to another user (UID ${uid})`);
  if ((mode & WRITABLE_BY_OTHERS) !== 0 && (mode & STICKY) === 0)
    throw new FileFault(`lies in ${shown}, which can be written to by all users (chmod o-w)`);
}

/**
 * Checks a lock file of unitledger, if it exists: it must be a regular file of this user. Throws FileFault and errors
 * of `node:fs`.
 */
export function checkOwnFile(path: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || (stats.isFile() && stats.uid === self() && stats.nlink === 1)) return;
  throw new FileFault(
    `holds ${printable(basename(path))}, which is ${kindOf(stats)} that this user did not create`,
  );
}

/**
 * Ensures that a lock file of unitledger is a regular file of its own user, and creates it if missing, because opening
 * it later follows links. Throws FileFault and errors of `node:fs`.
 */
export function ensureOwnFile(path: string): void {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  try {
    closeSync(openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    checkOwnFile(path);
  }
}
