/** What `loadConfig` needs of the disk. */
export interface ConfigDisk {
  /** The first bytes of a file, at most `limitBytes`. Throws FileFault, and as `node:fs` does. */
  readonly readFile: (path: string, limitBytes: number) => Uint8Array;
  readonly isDirectory: (path: string) => boolean;
}
