/**
 * Descriptors that every run needs later: files read by path (2), modules that are loaded after the start (4), name lookups
 * on the four threads of libuv (4), connections of the exporter (4), spool, recording, summary and report (6), inotify (1)
 * and the pipes of a command (3).
 */
const ALWAYS = 24;
/** Limit for cgroup files: three a unit and one for each sub-cgroup. More files are read by path. */
const MOST_FOR_CGROUPS = 4096;
/** Cgroups get at most one of this many descriptors that can be held. */
const PART_OF_CGROUPS = 3;
/** A row holds `stat`, `statm` and `io`; the last two only while a quarter of the share is free (`DescriptorBudget`). */
const SHARE_A_PROCESS = 4;
/** Minimum number of connections of a server if descriptors are short: a probe, a scrape and a browser. */
const LEAST_CONNECTIONS = 4;

/** Descriptors that a run requests. */
export interface DescriptorOptions {
  /** RLIMIT_NOFILE of unitledger. */
  readonly limit: number;
  /** Descriptors that are open already. */
  readonly open: number;
  /** Maximum number of connections of each server. */
  readonly connections: number;
  readonly servers: number;
  /** Number of cgroup files that are worth holding open. */
  readonly cgroups: number;
}

/** Descriptors granted to each part of the program. */
export interface DescriptorShares {
  readonly cgroups: number;
  readonly processes: number;
  /** Maximum number of connections of each server, and of its streams. */
  readonly connections: number;
}

/**
 * Divides the descriptors. Open descriptors and a reserve come first, then cgroups (at most a third of the remainder),
 * then processes. Servers accept fewer connections if the limit is too low for their reserve.
 */
export function shareDescriptors(options: DescriptorOptions): DescriptorShares {
  const { limit, open, servers } = options;
  const left = Math.max(0, limit - open - ALWAYS);
  // Servers get at most half of the remainder, so that some descriptors are left for rows.
  const mostEach = Math.floor(left / 4 / Math.max(1, servers));
  const connections = Math.min(options.connections, Math.max(LEAST_CONNECTIONS, mostEach));
  const free = Math.max(0, left - servers * descriptorsOfServer(connections));
  const cgroups = Math.min(Math.floor(free / PART_OF_CGROUPS), mostForCgroups(options));
  return { connections, cgroups, processes: free - cgroups };
}

/** Each connection may have a stream. Plus the listening socket, and one connection while another one closes. */
function descriptorsOfServer(connections: number): number {
  return 2 * connections + 2;
}

/**
 * The limit at which every file can stay open: a power of two, so that there is room for more processes. `cgroupFiles`:
 * cgroup files that are read in every sample.
 */
export function neededDescriptors(
  options: DescriptorOptions,
  processes: number,
  cgroupFiles: number,
): number {
  const forServers = options.servers * descriptorsOfServer(options.connections);
  const partOfProcesses = PART_OF_CGROUPS / (PART_OF_CGROUPS - 1);
  const free = Math.max(
    Math.min(cgroupFiles, mostForCgroups(options)) * PART_OF_CGROUPS,
    Math.ceil(processes * SHARE_A_PROCESS * partOfProcesses),
  );
  return 2 ** Math.ceil(Math.log2(options.open + ALWAYS + forServers + free));
}

function mostForCgroups({ cgroups }: DescriptorOptions): number {
  return Math.min(cgroups, MOST_FOR_CGROUPS);
}
