import { watch } from 'node:fs';

/**
 * What changed in a watched directory or file. `entry`: an entry of the directory was created or removed; inotify(7) tells
 * which, libuv does not. `content`: a file was written, or the kernel announced a new value of it (`cgroup.events`).
 */
export type FileEvent = 'entry' | 'content';

/**
 * Why there are no events. `gone`: no such file. `instances` and `watches`: `fs.inotify.max_user_instances` or
 * `max_user_watches` is used up. `unsupported`: anything else.
 */
export type NoEventsReason = 'gone' | 'instances' | 'watches' | 'unsupported';

export interface FileWatch {
  close(): void;
}

/** Reports changes of files and directories from the event loop. A read-only mount suffices. */
export interface FileEvents {
  /** Calls `changed` for each change; `name` is the entry of the directory, or the file itself. Never calls it at once. */
  watch(path: string, changed: (event: FileEvent, name: string) => void): FileWatch | NoEventsReason;
}

const REASONS: Readonly<Record<string, NoEventsReason>> = {
  ENOENT: 'gone',
  ENODEV: 'gone',
  EMFILE: 'instances',
  ENOSPC: 'watches',
};

/** Events of inotify(7) by way of libuv, which uses one inotify instance for all watches. */
export const inotifyEvents: FileEvents = {
  watch(path, changed) {
    try {
      const watcher = watch(path, { persistent: false }, (event, name) => {
        if (name !== null) changed(event === 'rename' ? 'entry' : 'content', name);
      });
      // Without a listener, an error would end the program.
      watcher.on('error', () => watcher.close());
      return watcher;
    } catch (error) {
      return REASONS[(error as NodeJS.ErrnoException).code ?? ''] ?? 'unsupported';
    }
  },
};
