import { type FSWatcher, watch } from 'node:fs';
import { exhaustedLimit } from '../exhausted.ts';

/**
 * A change of a watched directory or file. `entry`: an entry of the directory was created or removed; inotify(7) tells
 * which, libuv does not. `content`: a file was written, or the kernel signalled a new value of it (`cgroup.events`).
 */
export type FileEvent = 'entry' | 'content';

/**
 * Reason why events are unavailable. `gone`: no such file. `instances`, `watches`: `fs.inotify.max_user_instances` or
 * `max_user_watches` is exhausted. `descriptors`: the open file limit of unitledger, `files`: of the machine. `memory`:
 * of the kernel. `silent`: no event came for a known change. `unsupported`: anything else.
 */
export type NoEventsReason =
  | 'gone'
  | 'instances'
  | 'watches'
  | 'descriptors'
  | 'files'
  | 'memory'
  | 'silent'
  | 'unsupported';

export interface FileWatch {
  close(): void;
}

/** Reports changes of files and directories from the event loop. Works on read-only mounts. */
export interface FileEvents {
  /**
   * Calls `changed` for each change; `name` is the entry of the directory, or the file itself. Calls `failed` if the
   * events end before `close`; no events follow. Calls neither before it returns.
   */
  watch(
    path: string,
    changed: (event: FileEvent, name: string) => void,
    failed: (reason: NoEventsReason) => void,
  ): FileWatch | NoEventsReason;
}

const REASONS: Readonly<Record<string, NoEventsReason>> = {
  ENOENT: 'gone',
  ENODEV: 'gone',
  ENOSPC: 'watches',
  ENFILE: 'files',
  ENOMEM: 'memory',
};

/** Events of `watchFile`, which works like `fs.watch`. */
export function eventsOf(watchFile: (path: string) => FSWatcher): FileEvents {
  return {
    watch(path, changed, failed) {
      try {
        const watcher = watchFile(path);
        watcher.on('change', (event, name) => {
          if (typeof name === 'string') changed(event === 'rename' ? 'entry' : 'content', name);
        });
        // Without a listener, an error would end the program.
        watcher.on('error', (error) => {
          watcher.close();
          failed(reasonOf(error));
        });
        return watcher;
      } catch (error) {
        return reasonOf(error);
      }
    },
  };
}

/** Events of inotify(7) through libuv, which uses one inotify instance for all watches. */
export const inotifyEvents = eventsOf((path) => watch(path, { persistent: false }));

function reasonOf(error: unknown): NoEventsReason {
  const { code } = error as NodeJS.ErrnoException;
  // Both limits have this error code (inotify_init(2)).
  if (code === 'EMFILE') return exhaustedLimit() === 'process' ? 'descriptors' : 'instances';
  return REASONS[code ?? ''] ?? 'unsupported';
}
