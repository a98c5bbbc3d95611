/** Disk access of `loadConfig`. */
export interface ConfigDisk {
  /** The first bytes of a file, at most `limitBytes`. Throws FileFault and errors of `node:fs`. */
  readonly readFile: (path: string, limitBytes: number) => Uint8Array;
  readonly isDirectory: (path: string) => boolean;
}
