import type { Config } from '../../config/config.ts';
import { HostError } from '../../host/host.ts';
import { countOpenDescriptors } from '../../host/proc/limits.ts';
import {
  type DescriptorShares,
  neededDescriptors,
  shareDescriptors,
} from '../../sampling/descriptor-shares.ts';
import { MOST_CONNECTIONS } from '../../telemetry/choices.ts';
import type { Log } from '../../text/log.ts';
import { counted } from '../../views/format.ts';

/** Descriptors of cgroup files without patterns: three per unit and one for each cgroup below it. */
const FOR_CGROUPS = 1024;
const FOR_A_TARGET = 3;
/** With fewer free descriptors, not even the program's own files can be opened. */
const LEAST_FREE = 12;

/** Share of the cgroup's memory limit for the kernel memory of held descriptors, and that of one descriptor. */
const SHARE_OF_MEMORY = 1 / 8;
const DESCRIPTOR_BYTES = 4608;

/**
 * How many descriptors fit the memory limit of the cgroup; 0: no limit. When thousands of processes end together, all of them run
 * at once: descriptors held on each of them would exceed the limit.
 */
export function affordableDescriptors(limitBytes: number): number {
  return limitBytes > 0
    ? Math.floor((limitBytes * SHARE_OF_MEMORY) / DESCRIPTOR_BYTES)
    : Number.POSITIVE_INFINITY;
}

/** Options that determine the number of files. */
interface Readers {
  readonly isShortOfDescriptors: boolean;
}

/** Divides the descriptors of this program, and warns if there are too few. */
export class DescriptorPlan {
  readonly limit: number;
  readonly shares: DescriptorShares;
  readonly #wishes: Parameters<typeof shareDescriptors>[0];
  readonly #log: Log;
  #isLogged = false;

  /** `limit`: RLIMIT_NOFILE of this program. Throws HostError if a run is not possible with it. */
  constructor(config: Config, limit: number, log: Log) {
    const open = countOpenDescriptors();
    if (limit - open < LEAST_FREE)
      throw new HostError(
        `the limit of open files is ${limit}: unitledger needs at least ${open + LEAST_FREE}; ${howToSet(DEFAULT_LIMIT)}`,
      );
    const hasPattern = config.targets.some(({ kind }) => kind === 'units');
    this.limit = limit;
    this.#log = log;
    this.#wishes = {
      limit,
      open,
      connections: MOST_CONNECTIONS,
      servers: [config.listen, config.web].filter((address) => address !== undefined).length,
      cgroups: hasPattern ? Number.POSITIVE_INFINITY : FOR_CGROUPS + FOR_A_TARGET * config.targets.length,
    };
    this.shares = shareDescriptors(this.#wishes);
  }

  /** Logs once if the limit is too low. To be called after a sample. */
  check(
    sampler: Readers & { readonly trackedProcesses: number },
    targets: Readers & { readonly cgroupFiles: number },
  ): void {
    if (this.#isLogged || !(sampler.isShortOfDescriptors || targets.isShortOfDescriptors)) return;
    const processes = sampler.trackedProcesses;
    const files = targets.cgroupFiles;
    const needed = neededDescriptors(this.#wishes, processes, files);
    if (needed <= this.limit) return;
    this.#isLogged = true;
    this.#log.warn(
      { limit: this.limit, needed },
      `the limit of open files (${this.limit}) is too low for ${counted(processes, 'process', 'processes')} and ${counted(files, 'cgroup file')}: unitledger opens files for each read, which takes more CPU; ${howToSet(needed)}`,
    );
  }
}

/** A common default, and enough for about 150 processes. */
const DEFAULT_LIMIT = 1024;

function howToSet(limit: number): string {
  return `set it to ${limit} (LimitNOFILE=${limit} in a unit, --ulimit nofile=${limit} for a container, ulimit -n ${limit} in a shell)`;
}
