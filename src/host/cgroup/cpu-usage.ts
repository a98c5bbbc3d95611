import type { ReadFailure } from '../read-failure.ts';
import { stampOf } from './directory.ts';
import type { CgroupLayout } from './layout.ts';
import type { CgroupFile, CgroupReader } from './reader.ts';

/**
 * The CPU that a cgroup and all below it have used since it was made: `cpu.stat` of v2, which is there with no
 * controller enabled, or `cpuacct.usage` where the v1 tree of cpuacct has a directory of the same path.
 */
export class CpuUsage {
  /** Of the directory that has the counter; NaN where none has. */
  readonly inode: number;
  readonly #reader: CgroupReader;
  readonly #cpuStat: CgroupFile | undefined;
  readonly #cpuacct: CgroupFile | undefined;

  /** Of the cgroup at `path` (with a leading `/`) below the root of the layout's unit tree. */
  constructor(reader: CgroupReader, layout: CgroupLayout, path: string) {
    this.#reader = reader;
    // A v1 tree may have a `cpu.stat` too, without the usage.
    if (layout.kind !== 'v1') this.#cpuStat = opened(reader.open(`${layout.unitRoot}${path}/cpu.stat`));
    if (this.#cpuStat === undefined && layout.cpuacctRoot !== null) {
      this.#cpuacct = opened(reader.open(`${layout.cpuacctRoot}${path}/cpuacct.usage`));
    }
    const root = this.#cpuacct === undefined ? layout.unitRoot : layout.cpuacctRoot;
    const stamp = stampOf(`${root}${path}`);
    this.inode = typeof stamp === 'string' ? Number.NaN : stamp.inode;
  }

  /** Seconds; NaN where neither is there, or no longer. */
  readSeconds(): number {
    let seconds: number | ReadFailure = 'unsupported';
    if (this.#cpuStat !== undefined) seconds = this.#reader.readCpuStatSeconds(this.#cpuStat);
    else if (this.#cpuacct !== undefined) seconds = this.#reader.readCpuacctSeconds(this.#cpuacct);
    return typeof seconds === 'number' ? seconds : Number.NaN;
  }

  close(): void {
    if (this.#cpuStat !== undefined) this.#reader.close(this.#cpuStat);
    if (this.#cpuacct !== undefined) this.#reader.close(this.#cpuacct);
  }
}

function opened(file: CgroupFile | ReadFailure): CgroupFile | undefined {
  return typeof file === 'string' ? undefined : file;
}
