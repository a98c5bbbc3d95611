import {
  ATTR_CPU_MODE,
  ATTR_DISK_IO_DIRECTION,
  CPU_MODE_VALUE_SYSTEM,
  CPU_MODE_VALUE_USER,
  DISK_IO_DIRECTION_VALUE_READ,
  DISK_IO_DIRECTION_VALUE_WRITE,
  METRIC_PROCESS_CPU_TIME,
  METRIC_PROCESS_DISK_IO,
  METRIC_PROCESS_MEMORY_USAGE,
} from '@opentelemetry/semantic-conventions/incubating';
import { ATTR_DIRECTION } from '../attributes.ts';
import type { ProcessMetric } from './metric.ts';

/** Series of each process with series of its own. */
export const PROCESS_METRICS: readonly ProcessMetric[] = [
  {
    name: METRIC_PROCESS_CPU_TIME,
    level: 'process',
    instrument: 'counter',
    unit: 's',
    valueType: 'double',
    description: 'Own CPU time of the process, by mode; without waited-for children.',
    source: 'proc_pid_stat(5) utime, stime; the process CPU clock where it can be read',
    series: [
      { attributes: { [ATTR_CPU_MODE]: CPU_MODE_VALUE_USER }, read: (process) => process.userSeconds },
      { attributes: { [ATTR_CPU_MODE]: CPU_MODE_VALUE_SYSTEM }, read: (process) => process.systemSeconds },
    ],
  },
  {
    name: 'unitledger.process.cpu.usage',
    level: 'process',
    instrument: 'gauge',
    unit: '{cpu}',
    valueType: 'double',
    description: 'Cores that the process used, mean over the window. 1 is one core, or 100%.',
    source: 'proc_pid_stat(5) utime, stime; the process CPU clock where it can be read',
    series: [{ attributes: {}, read: (process) => process.cpuCores }],
  },
  {
    name: METRIC_PROCESS_MEMORY_USAGE,
    level: 'process',
    instrument: 'updowncounter',
    unit: 'By',
    valueType: 'int',
    description: 'Physical memory in use (resident set size) at the end of the window.',
    source: 'proc_pid_statm(5) resident',
    series: [{ attributes: {}, read: (process) => process.memoryBytes }],
  },
  {
    name: METRIC_PROCESS_DISK_IO,
    level: 'process',
    instrument: 'counter',
    unit: 'By',
    valueType: 'int',
    description: 'Bytes submitted to the block layer, cancelled writes included.',
    source: 'proc_pid_io(5) read_bytes, write_bytes',
    series: [
      {
        attributes: { [ATTR_DISK_IO_DIRECTION]: DISK_IO_DIRECTION_VALUE_READ },
        read: (process) => process.readBytes,
      },
      {
        attributes: { [ATTR_DISK_IO_DIRECTION]: DISK_IO_DIRECTION_VALUE_WRITE },
        read: (process) => process.writeBytes,
      },
    ],
  },
  {
    name: 'unitledger.process.disk.cancelled',
    level: 'process',
    instrument: 'counter',
    unit: 'By',
    valueType: 'int',
    description:
      'Bytes that process.disk.io counts as written and that were truncated or deleted before write-back. ' +
      'They count for the process that deleted them, even if another wrote them.',
    source: 'proc_pid_io(5) cancelled_write_bytes',
    series: [{ attributes: {}, read: (process) => process.cancelledWriteBytes }],
  },
  {
    name: 'unitledger.process.disk.throughput',
    level: 'process',
    instrument: 'gauge',
    unit: 'By/s',
    valueType: 'double',
    description:
      'Bytes submitted to the block layer per second, both directions together, mean over the window.',
    source: 'proc_pid_io(5) read_bytes + write_bytes',
    series: [{ attributes: {}, read: (process) => process.diskBytesPerSecond }],
  },
  {
    name: 'unitledger.process.transfer.throughput',
    level: 'process',
    instrument: 'gauge',
    unit: 'By/s',
    valueType: 'double',
    description:
      'Bytes per second through read and write calls, both directions together, mean over the window.',
    source: 'proc_pid_io(5) rchar + wchar',
    series: [{ attributes: {}, read: (process) => process.transferBytesPerSecond }],
  },
  {
    name: 'unitledger.process.transfer.io',
    level: 'process',
    instrument: 'counter',
    unit: 'By',
    valueType: 'int',
    description:
      'Bytes through read and write calls, on files, the page cache, pipes and sockets. Without splice, mmap, send, recv and io_uring.',
    source: 'proc_pid_io(5) rchar, wchar',
    series: [
      { attributes: { [ATTR_DIRECTION]: 'read' }, read: (process) => process.readChars },
      { attributes: { [ATTR_DIRECTION]: 'write' }, read: (process) => process.writeChars },
    ],
  },
];
