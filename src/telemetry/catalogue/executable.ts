import {
  ATTR_DISK_IO_DIRECTION,
  DISK_IO_DIRECTION_VALUE_READ,
  DISK_IO_DIRECTION_VALUE_WRITE,
} from '@opentelemetry/semantic-conventions/incubating';
import { ATTR_DIRECTION } from '../attributes.ts';
import type { ExecutableMetric } from './metric.ts';

/** All processes of one executable name in one unit together; counters include ended ones. */
export const EXECUTABLE_METRICS: readonly ExecutableMetric[] = [
  {
    name: 'unitledger.executable.cpu.time',
    level: 'executable',
    instrument: 'counter',
    unit: 's',
    valueType: 'double',
    description: 'CPU time of processes of this name, and of children without a row that they waited for.',
    source: 'proc_pid_stat(5) utime, stime, cutime, cstime',
    series: [{ attributes: {}, read: (executable) => executable.cpuSeconds }],
  },
  {
    name: 'unitledger.executable.cpu.usage',
    level: 'executable',
    instrument: 'gauge',
    unit: '{cpu}',
    valueType: 'double',
    description: 'Cores that processes of this name used, mean over the window.',
    source: 'proc_pid_stat(5) utime, stime, cutime, cstime',
    series: [{ attributes: {}, read: (executable) => executable.cpuCores }],
  },
  {
    name: 'unitledger.executable.memory.usage',
    level: 'executable',
    instrument: 'gauge',
    unit: 'By',
    valueType: 'int',
    description:
      'Resident memory of the processes of this name at the end of the window; shared pages count once per process.',
    source: 'proc_pid_statm(5) resident',
    series: [{ attributes: {}, read: (executable) => executable.memoryBytes }],
  },
  {
    name: 'unitledger.executable.process.count',
    level: 'executable',
    instrument: 'gauge',
    unit: '{process}',
    valueType: 'int',
    description: 'Processes of this name that were alive at the end of the window.',
    source: 'cgroup-v2 cgroup.procs',
    series: [{ attributes: {}, read: (executable) => executable.processCount }],
  },
  {
    name: 'unitledger.executable.disk.io',
    level: 'executable',
    instrument: 'counter',
    unit: 'By',
    valueType: 'int',
    description: 'Bytes that processes of this name submitted to the block layer, cancelled writes included.',
    source: 'proc_pid_io(5) read_bytes, write_bytes',
    series: [
      {
        attributes: { [ATTR_DISK_IO_DIRECTION]: DISK_IO_DIRECTION_VALUE_READ },
        read: (executable) => executable.readBytes,
      },
      {
        attributes: { [ATTR_DISK_IO_DIRECTION]: DISK_IO_DIRECTION_VALUE_WRITE },
        read: (executable) => executable.writeBytes,
      },
    ],
  },
  {
    name: 'unitledger.executable.transfer.io',
    level: 'executable',
    instrument: 'counter',
    unit: 'By',
    valueType: 'int',
    description: 'Bytes of processes of this name through read and write calls.',
    source: 'proc_pid_io(5) rchar, wchar',
    series: [
      { attributes: { [ATTR_DIRECTION]: 'read' }, read: (executable) => executable.readChars },
      { attributes: { [ATTR_DIRECTION]: 'write' }, read: (executable) => executable.writeChars },
    ],
  },
];
