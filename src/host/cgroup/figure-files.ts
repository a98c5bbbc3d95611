import { parseBlkio } from './blkio-throttle.ts';
import type { V1Controller } from './controller-trees.ts';
import type {
  CgroupCounters,
  CgroupGauges,
  CgroupLevel,
  CgroupNonAdditiveGauges,
  PressureResource,
} from './figures.ts';
import { type DeviceIo, parseIoStat } from './io-stat.ts';
import { parseMemoryEvents, parseOomControl } from './memory-events.ts';
import { parseMemoryStat, parseMemoryStatV1 } from './memory-stat.ts';
import { parseLimit, parseSingleValue } from './number-file.ts';
import { parsePressure } from './pressure.ts';
import { parseThrottling, parseThrottlingV1 } from './throttling.ts';

/** The part of a cgroup's metrics that one file contains. */
export interface PartialFigures {
  readonly counters?: Partial<CgroupCounters>;
  readonly levels?: Partial<CgroupGauges>;
  readonly heights?: Partial<CgroupNonAdditiveGauges>;
  /** Only the fields in this file. */
  readonly devices?: readonly (Pick<DeviceIo, 'device'> & Partial<DeviceIo>)[];
}

/** A kernel file with metrics of a cgroup. */
export interface FigureFile {
  /** The tree of the file: that of the units if they are v2 cgroups, or a v1 controller's. */
  readonly tree: 'v2' | V1Controller;
  readonly name: string;
  /** The file counts events of the cgroup alone: those of its descendants must be added. */
  readonly isLocal?: true;
  /** Throws ParseError only. */
  readonly parse: (buffer: Uint8Array, length: number) => PartialFigures;
}

type Tree = FigureFile['tree'];

/** A file with one number, a gauge. */
function level(tree: Tree, name: string, key: CgroupLevel): FigureFile {
  return {
    tree,
    name,
    parse: (buffer, length) => ({ levels: { [key]: parseSingleValue(name, buffer, length) } }),
  };
}

function memoryPeak(tree: Tree, name: string): FigureFile {
  return {
    tree,
    name,
    parse: (buffer, length) => ({ heights: { memoryPeakBytes: parseSingleValue(name, buffer, length) } }),
  };
}

function threadLimit(tree: Tree, name: string): FigureFile {
  return {
    tree,
    name,
    parse: (buffer, length) => ({ heights: { threadLimit: parseLimit(name, buffer, length) } }),
  };
}

function pressure(resource: PressureResource): FigureFile {
  return {
    tree: 'v2',
    name: `${resource}.pressure`,
    parse(buffer, length) {
      const found = parsePressure(buffer, length);
      return {
        counters: {
          [`${resource}PressureSomeSeconds`]: found.someSeconds,
          [`${resource}PressureFullSeconds`]: found.fullSeconds,
        },
        heights: {
          [`${resource}PressureSomeShare`]: found.someShare,
          [`${resource}PressureFullShare`]: found.fullShare,
        },
      };
    },
  };
}

/** v1 has reads and writes of all devices in one file for bytes and another for operations. */
function blkio(name: string, read: keyof DeviceIo, write: keyof DeviceIo): FigureFile {
  return {
    tree: 'blkio',
    name,
    parse: (buffer, length) => ({
      devices: parseBlkio(name, buffer, length).map((figure) => ({
        device: figure.device,
        [read]: figure.read,
        [write]: figure.write,
      })),
    }),
  };
}

/** All files with metrics. Values that a file does not have, or that an earlier file provided, are kept. */
export const FIGURE_FILES: readonly FigureFile[] = [
  {
    tree: 'v2',
    name: 'cpu.stat',
    parse: (buffer, length) => ({ counters: parseThrottling(buffer, length) }),
  },
  level('v2', 'memory.current', 'memoryBytes'),
  memoryPeak('v2', 'memory.peak'),
  level('v2', 'memory.swap.current', 'swapBytes'),
  {
    tree: 'v2',
    name: 'memory.stat',
    parse: (buffer, length) => ({ levels: parseMemoryStat(buffer, length) }),
  },
  {
    tree: 'v2',
    name: 'memory.events',
    parse: (buffer, length) => ({ counters: parseMemoryEvents(buffer, length) }),
  },
  { tree: 'v2', name: 'io.stat', parse: (buffer, length) => ({ devices: parseIoStat(buffer, length) }) },
  level('v2', 'pids.current', 'threads'),
  threadLimit('v2', 'pids.max'),
  pressure('cpu'),
  pressure('memory'),
  pressure('io'),
  {
    tree: 'cpu',
    name: 'cpu.stat',
    parse: (buffer, length) => ({ counters: parseThrottlingV1(buffer, length) }),
  },
  level('memory', 'memory.usage_in_bytes', 'memoryBytes'),
  memoryPeak('memory', 'memory.max_usage_in_bytes'),
  {
    tree: 'memory',
    name: 'memory.stat',
    parse: (buffer, length) => ({ levels: parseMemoryStatV1(buffer, length) }),
  },
  level('memory', 'memory.kmem.usage_in_bytes', 'kernelBytes'),
  level('memory', 'memory.kmem.tcp.usage_in_bytes', 'socketBytes'),
  {
    tree: 'memory',
    name: 'memory.failcnt',
    isLocal: true,
    parse: (buffer, length) => ({
      counters: { memoryMaxEvents: parseSingleValue('memory.failcnt', buffer, length) },
    }),
  },
  {
    tree: 'memory',
    name: 'memory.oom_control',
    isLocal: true,
    parse: (buffer, length) => ({ counters: parseOomControl(buffer, length) }),
  },
  blkio('blkio.throttle.io_service_bytes_recursive', 'readBytes', 'writeBytes'),
  blkio('blkio.throttle.io_serviced_recursive', 'readOperations', 'writeOperations'),
  level('pids', 'pids.current', 'threads'),
  threadLimit('pids', 'pids.max'),
];
