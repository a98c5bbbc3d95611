import { type FSWatcher, watch } from 'node:fs';
import { exhaustedLimit } from '../exhausted.ts';

/**
 * What changed in a watched directory or file. `entry`: an entry of the directory was created or removed; inotify(7) tells
 * which, libuv does not. `content`: a file was written, or the kernel announced a new value of it (`cgroup.events`).
 */
export type FileEvent = 'entry' | 'content';

/**
 * Why there are no events. `gone`: no such file. `instances` and `watches`: `fs.inotify.max_user_instances` or
 * `max_user_watches` is used up. `descriptors`: the limit of open files of this program, `files`: of the machine. `memory`:
 * of the kernel. `silent`: none came of what had changed. `unsupported`: anything else.
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

/** Reports changes of files and directories from the event loop. A read-only mount suffices. */
export interface FileEvents {
  /**
   * Calls `changed` for each change; `name` is the entry of the directory, or the file itself. Calls `failed` if the events
   * end before `close`; none come after that. Calls neither before it returns.
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

/** Events of `watchFile`, in the manner of `fs.watch`. */
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

/** Events of inotify(7) by way of libuv, which uses one inotify instance for all watches. */
export const inotifyEvents = eventsOf((path) => watch(path, { persistent: false }));

function reasonOf(error: unknown): NoEventsReason {
  const { code } = error as NodeJS.ErrnoException;
  // inotify_init(2): both limits have this code.
  if (code === 'EMFILE') return exhaustedLimit() === 'process' ? 'descriptors' : 'instances';
  return REASONS[code ?? ''] ?? 'unsupported';
}
