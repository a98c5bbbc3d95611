/**
 * Descriptors that every run needs later: files read by path (2), modules that are loaded after the start (4), name lookups
 * on the four threads of libuv (4), connections of the exporter (4), spool, recording, summary and report (6), inotify (1)
 * and the pipes of a command (3).
 */
const ALWAYS = 24;
/** Most descriptors on cgroups' files: three a unit and one for each cgroup below it. More are read by path. */
const MOST_FOR_CGROUPS = 4096;
/** Of the descriptors that are left for holding, cgroups may take one in so many. */
const PART_OF_CGROUPS = 3;
/** A row holds `stat`, `statm` and `io`; the last two only while a quarter of the share is free (`DescriptorBudget`). */
const SHARE_A_PROCESS = 4;
/** A server that is short of descriptors takes at least so many connections at a time: a probe, a scrape and a browser. */
const LEAST_CONNECTIONS = 4;

/** What a run wants to hold. */
export interface DescriptorWishes {
  /** Descriptors that this program may have open (RLIMIT_NOFILE). */
  readonly limit: number;
  /** Descriptors that are open already. */
  readonly open: number;
  /** Most connections that a server takes. */
  readonly connections: number;
  readonly servers: number;
  /** Most descriptors that files of cgroups are worth. */
  readonly cgroups: number;
}

/** How many descriptors each part of the program may hold. */
export interface DescriptorShares {
  readonly cgroups: number;
  readonly processes: number;
  /** Most connections of each server, and most streams. */
  readonly connections: number;
}

/**
 * Divides the descriptors: first those that are open and a reserve for what comes later, then a third of the rest at most
 * for cgroups, then processes. Servers take fewer connections if the limit is too low for their reserve.
 */
export function shareDescriptors(wishes: DescriptorWishes): DescriptorShares {
  const { limit, open, servers } = wishes;
  const left = Math.max(0, limit - open - ALWAYS);
  // Half of what is left, so that something can be held in addition to their connections.
  const mostEach = Math.floor(left / 4 / Math.max(1, servers));
  const connections = Math.min(wishes.connections, Math.max(LEAST_CONNECTIONS, mostEach));
  const free = Math.max(0, left - servers * descriptorsOfServer(connections));
  const cgroups = Math.min(Math.floor(free / PART_OF_CGROUPS), mostForCgroups(wishes));
  return { connections, cgroups, processes: free - cgroups };
}

/** As many streams as connections at most; the listening socket, and one connection more while another is closed. */
function descriptorsOfServer(connections: number): number {
  return 2 * connections + 2;
}

/**
 * The limit with which no file has to be opened again for each read: a power of two, so that it has room for some more
 * processes. `cgroupFiles`: files of cgroups that are read in every sample.
 */
export function neededDescriptors(wishes: DescriptorWishes, processes: number, cgroupFiles: number): number {
  const forServers = wishes.servers * descriptorsOfServer(wishes.connections);
  const partOfProcesses = PART_OF_CGROUPS / (PART_OF_CGROUPS - 1);
  const free = Math.max(
    Math.min(cgroupFiles, mostForCgroups(wishes)) * PART_OF_CGROUPS,
    Math.ceil(processes * SHARE_A_PROCESS * partOfProcesses),
  );
  return 2 ** Math.ceil(Math.log2(wishes.open + ALWAYS + forServers + free));
}

function mostForCgroups({ cgroups }: DescriptorWishes): number {
  return Math.min(cgroups, MOST_FOR_CGROUPS);
}
