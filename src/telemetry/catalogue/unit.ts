import { BOOKINGS } from '../../ledger/window/export-window.ts';
import { ATTR_BOOKING } from '../attributes.ts';
import type { UnitMetric } from './metric.ts';

/** One unit as a whole. */
export const UNIT_METRICS: readonly UnitMetric[] = [
  {
    name: 'unitledger.unit.cpu.time',
    level: 'unit',
    instrument: 'counter',
    unit: 's',
    valueType: 'double',
    description: "CPU time of the unit, from its cgroup's counter, ended instances included.",
    source: 'cgroup-v2 cpu.stat usage_usec, of its slice for ended instances',
    series: [{ attributes: {}, read: (unit) => unit.cpuSeconds }],
  },
  {
    name: 'unitledger.unit.cpu.booked.time',
    level: 'unit',
    instrument: 'counter',
    unit: 's',
    valueType: 'double',
    description:
      'CPU time of the unit that is booked: of processes up to the last sample in which they were alive (live), after ' +
      'that sample if a later one saw them as zombies (exited), of other children that a process waited for (reaped), ' +
      'or of several cgroups that ended together (shared).',
    source: 'proc_pid_stat(5) utime, stime, cutime, cstime; cgroup-v2 cpu.stat usage_usec',
    series: BOOKINGS.map((booking) => ({
      attributes: { [ATTR_BOOKING]: booking },
      read: (unit) => unit.bookedSeconds[booking],
    })),
  },
  {
    name: 'unitledger.unit.cpu.unattributed',
    level: 'unit',
    instrument: 'gauge',
    accumulates: true,
    unit: 's',
    valueType: 'double',
    description:
      'CPU time of the unit that is not booked: unitledger.unit.cpu.time minus the sum of ' +
      'unitledger.unit.cpu.booked.time. It falls when a parent waits late for a child.',
    source: 'cgroup-v2 cpu.stat usage_usec; proc_pid_stat(5) utime, stime, cutime, cstime',
    series: [{ attributes: {}, read: (unit) => unit.unattributedSeconds }],
  },
  {
    name: 'unitledger.unit.cpu.coverage',
    level: 'unit',
    instrument: 'gauge',
    unit: '1',
    valueType: 'double',
    description:
      'Share of the CPU time of the last five minutes that is booked to processes, 0 to 1. Absent if the unit used ' +
      'less than 0.1 s in that time, or if its total is unknown.',
    source: 'cgroup-v2 cpu.stat usage_usec; proc_pid_stat(5) utime, stime, cutime, cstime',
    series: [{ attributes: {}, read: (unit) => unit.coverage }],
  },
  {
    name: 'unitledger.unit.cpu.usage',
    level: 'unit',
    instrument: 'gauge',
    unit: '{cpu}',
    valueType: 'double',
    description: 'Cores that the unit used, mean over the window. 1 is one core, or 100%.',
    source: 'cgroup-v2 cpu.stat usage_usec, of its slice for ended instances',
    series: [{ attributes: {}, read: (unit) => unit.cpuCores }],
  },
  {
    name: 'unitledger.unit.memory.usage',
    level: 'unit',
    instrument: 'gauge',
    unit: 'By',
    valueType: 'int',
    description:
      'Memory charged to the unit at the end of the window, page cache and kernel memory included. Without a memory ' +
      "controller: resident memory of the unit's processes; shared pages count once per process.",
    source: 'cgroup-v2 memory.current; v1 memory.usage_in_bytes; else proc_pid_statm(5) resident',
    series: [{ attributes: {}, read: (unit) => unit.memoryBytes }],
  },
  {
    name: 'unitledger.unit.disk.cancelled',
    level: 'unit',
    instrument: 'counter',
    unit: 'By',
    valueType: 'int',
    description:
      "Bytes that the unit's processes wrote to the page cache and that were truncated or deleted before write-back. " +
      'Metrics of disk I/O by process and executable name count them as written.',
    source: 'proc_pid_io(5) cancelled_write_bytes',
    series: [{ attributes: {}, read: (unit) => unit.cancelledWriteBytes }],
  },
  {
    name: 'unitledger.unit.process.count',
    level: 'unit',
    instrument: 'gauge',
    unit: '{process}',
    valueType: 'int',
    description: 'Processes of the unit that were alive at the end of the window.',
    source: 'cgroup-v2 cgroup.procs',
    series: [{ attributes: {}, read: (unit) => unit.processCount }],
  },
  {
    name: 'unitledger.unit.present',
    level: 'unit',
    instrument: 'gauge',
    // A gauge of unit `1` is a ratio to Prometheus, and has that in its name.
    unit: '{unit}',
    valueType: 'int',
    description: '1 while the unit has a cgroup, otherwise 0.',
    source: 'cgroup-v2 directory of the unit',
    series: [{ attributes: {}, read: ({ present }) => (present === null ? null : Number(present)) }],
  },
  {
    name: 'unitledger.unit.restarts',
    level: 'unit',
    instrument: 'counter',
    unit: '{restart}',
    valueType: 'int',
    description:
      'Starts of the unit after the first. Includes starts that ended before a sample, if kernel events report them.',
    source: 'cgroup-v2 directory of the unit',
    series: [{ attributes: {}, read: (unit) => unit.restarts }],
  },
];
