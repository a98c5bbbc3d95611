import type { ReadFailure } from '../read-failure.ts';
import { stampOf } from './directory.ts';
import type { CgroupLayout } from './layout.ts';
import type { CgroupFile, CgroupReader } from './reader.ts';

/**
 * CPU of a cgroup and its descendants since its creation: `cpu.stat` of v2, which exists without any controller, or
 * `cpuacct.usage` if the v1 tree of cpuacct has a directory of the same path.
 */
export class CpuUsage {
  /** Inode of the directory with the counter; NaN if there is none. */
  readonly inode: number;
  readonly #reader: CgroupReader;
  readonly #cpuStat: CgroupFile | undefined;
  readonly #cpuacct: CgroupFile | undefined;

  /** `path` (with a leading `/`): cgroup below the root of the layout's unit tree. */
  constructor(reader: CgroupReader, layout: CgroupLayout, path: string) {
    this.#reader = reader;
    // A v1 tree may have a `cpu.stat` too, but without the usage.
    if (layout.kind !== 'v1') this.#cpuStat = opened(reader.open(`${layout.unitRoot}${path}/cpu.stat`));
    if (this.#cpuStat === undefined && layout.cpuacctRoot !== null) {
      this.#cpuacct = opened(reader.open(`${layout.cpuacctRoot}${path}/cpuacct.usage`));
    }
    const root = this.#cpuacct === undefined ? layout.unitRoot : layout.cpuacctRoot;
    const stamp = stampOf(`${root}${path}`);
    this.inode = typeof stamp === 'string' ? Number.NaN : stamp.inode;
  }

  /** Seconds; NaN if there is no counter, or no longer. */
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
