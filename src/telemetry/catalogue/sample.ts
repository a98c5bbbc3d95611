import type { SampleMetric } from './metric.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** The first bucket has the samples without use. */
const CORES = [0, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 4, 8, 16, 32, 64];
const BYTES = [
  MIB,
  4 * MIB,
  16 * MIB,
  32 * MIB,
  64 * MIB,
  128 * MIB,
  256 * MIB,
  512 * MIB,
  GIB,
  2 * GIB,
  4 * GIB,
  8 * GIB,
  16 * GIB,
  32 * GIB,
  64 * GIB,
];
const BYTES_PER_SECOND = [
  0,
  KIB,
  4 * KIB,
  16 * KIB,
  64 * KIB,
  256 * KIB,
  MIB,
  4 * MIB,
  16 * MIB,
  64 * MIB,
  256 * MIB,
  GIB,
  4 * GIB,
];

/** Distributions of every sample of every process. A mean would keep one value of the twenty in a window. */
export const SAMPLE_METRICS: readonly SampleMetric[] = [
  {
    name: 'unitledger.sample.cpu.usage',
    level: 'sample',
    instrument: 'histogram',
    unit: '{cpu}',
    valueType: 'double',
    description: "Cores that a process used between two samples, over all samples of the unit's processes.",
    source: 'proc_pid_stat(5) utime, stime; the process CPU clock where it can be read',
    boundaries: CORES,
    column: 'cpuSeconds',
    perSecond: true,
  },
  {
    name: 'unitledger.sample.memory.usage',
    level: 'sample',
    instrument: 'histogram',
    unit: 'By',
    valueType: 'double',
    description: "Resident memory of a process, over all samples of the unit's processes.",
    source: 'proc_pid_statm(5) resident',
    boundaries: BYTES,
    column: 'memoryBytes',
    perSecond: false,
  },
  {
    name: 'unitledger.sample.disk.throughput',
    level: 'sample',
    instrument: 'histogram',
    unit: 'By/s',
    valueType: 'double',
    description:
      'Bytes per second that a process submitted to the block layer between two samples, over all samples of the ' +
      "unit's processes.",
    source: 'proc_pid_io(5) read_bytes + write_bytes',
    boundaries: BYTES_PER_SECOND,
    column: 'diskBytes',
    perSecond: true,
  },
  {
    name: 'unitledger.sample.transfer.throughput',
    level: 'sample',
    instrument: 'histogram',
    unit: 'By/s',
    valueType: 'double',
    description:
      "Bytes per second through a process's read and write calls between two samples, over all samples of the " +
      "unit's processes.",
    source: 'proc_pid_io(5) rchar + wchar',
    boundaries: BYTES_PER_SECOND,
    column: 'transferBytes',
    perSecond: true,
  },
];
