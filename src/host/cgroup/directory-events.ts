import { loadForeignFunctions } from '../foreign-functions.ts';

/** What happened to a directory in a watched one. */
export type DirectoryEvent = 'made' | 'removed';

/**
 * Tells which directories were made and removed in others, those that came and went in between too (inotify(7)). It
 * goes by inode, so a read-only mount of the tree will do, and nothing but the right to read it is needed.
 */
export interface DirectoryEvents {
  /** The number of the watch on a directory; null where none can be had. When it is removed itself, nothing is told. */
  watch(path: string): number | null;
  unwatch(watch: number): void;
  /** Hands on what happened since the last call, in order. Returns false where some of it was lost. */
  drain(told: (watch: number, event: DirectoryEvent, name: string) => void): boolean;
  close(): void;
}

/** Of the inotify system calls; where those fail they give -1. */
interface Inotify {
  init(flags: number): number;
  addWatch(descriptor: number, path: string, mask: number): number;
  removeWatch(descriptor: number, watch: number): number;
  read(descriptor: number, buffer: Uint8Array, length: number): number;
  close(descriptor: number): number;
}

// From <sys/inotify.h>.
const NONBLOCK = 0o4000;
const CLOSE_ON_EXEC = 0o2000000;
const MOVED_FROM = 0x40;
const MOVED_TO = 0x80;
const CREATE = 0x100;
const DELETE = 0x200;
const OVERFLOW = 0x4000;
const ONLY_DIRECTORY = 0x1000000;
const IS_DIRECTORY = 0x40000000;
const MADE = CREATE | MOVED_TO;
const REMOVED = DELETE | MOVED_FROM;

/** `struct inotify_event`: watch, mask, cookie, length of the name that follows. */
const HEAD_BYTES = 16;
/** Room for some 200 events with names of usual length: one read in all but the wildest tick. */
const BUFFER_BYTES = 16_384;

/** A queue of events, or in one sentence why there can be none: it takes a foreign-function library. */
export function openDirectoryEvents(): DirectoryEvents | string {
  let inotify: Inotify;
  try {
    inotify = loadInotify();
  } catch (error) {
    return `no foreign-function library: ${(error as Error).message.split('\n', 1)[0]}`;
  }
  const descriptor = inotify.init(NONBLOCK | CLOSE_ON_EXEC);
  return descriptor < 0 ? 'the kernel gives no queue for events of directories' : events(inotify, descriptor);
}

function events(inotify: Inotify, descriptor: number): DirectoryEvents {
  const buffer = Buffer.alloc(BUFFER_BYTES);
  return {
    watch(path) {
      const watch = inotify.addWatch(descriptor, path, MADE | REMOVED | ONLY_DIRECTORY);
      return watch < 0 ? null : watch;
    },
    unwatch: (watch) => void inotify.removeWatch(descriptor, watch),
    drain(told) {
      let isWhole = true;
      for (;;) {
        const length = inotify.read(descriptor, buffer, buffer.length);
        if (length <= 0) return isWhole;
        for (let at = 0; at < length; ) {
          const mask = buffer.readUInt32LE(at + 4);
          const name = buffer.subarray(at + HEAD_BYTES, at + HEAD_BYTES + buffer.readUInt32LE(at + 12));
          if (mask & OVERFLOW) isWhole = false;
          // The name is filled up with zeros.
          else if (mask & IS_DIRECTORY && mask & (MADE | REMOVED)) {
            const text = name.toString('utf8', 0, name.indexOf(0));
            told(buffer.readInt32LE(at), mask & MADE ? 'made' : 'removed', text);
          }
          at += HEAD_BYTES + name.length;
        }
      }
    },
    close: () => void inotify.close(descriptor),
  };
}

function loadInotify(): Inotify {
  const koffi = loadForeignFunctions();
  const library = koffi.load(null);
  return {
    init: library.func('int inotify_init1(int flags)'),
    addWatch: library.func('int inotify_add_watch(int fd, const char *path, uint32_t mask)'),
    removeWatch: library.func('int inotify_rm_watch(int fd, int watch)'),
    read: library.func('int64_t read(int fd, _Out_ uint8_t *buffer, size_t length)'),
    close: library.func('int close(int fd)'),
  };
}
