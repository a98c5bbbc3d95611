import {
  type CgroupCounters,
  type CgroupFigures,
  type CgroupGauges,
  type CgroupNonAdditiveGauges,
  PRESSURE_RESOURCES,
} from '../../host/cgroup/figures.ts';
import type { UnitWindow } from '../../ledger/window/export-window.ts';
import { ATTR_RESOURCE, ATTR_TYPE } from '../attributes.ts';
import type { Series, UnitMetric } from './metric.ts';

function counter(name: keyof CgroupCounters): Series<UnitWindow>['read'] {
  return ({ cgroup }) => cgroup?.counters[name] ?? null;
}

function level(name: keyof CgroupGauges): Series<UnitWindow>['read'] {
  return ({ cgroup }) => cgroup?.levels[name] ?? null;
}

function height(name: keyof CgroupNonAdditiveGauges): Series<UnitWindow>['read'] {
  return ({ cgroup }) => cgroup?.heights[name] ?? null;
}

/** `file` excludes shared memory, so that the parts add up. */
function pageCacheBytes(figures: CgroupFigures | null): number | null {
  const { fileBytes = null, shmemBytes = null } = figures?.levels ?? {};
  return fileBytes === null || shmemBytes === null ? fileBytes : Math.max(0, fileBytes - shmemBytes);
}

const STALLS = [
  ['some', 'Some'],
  ['full', 'Full'],
] as const;

/** Metrics of a unit's cgroups other than CPU; counters continue across its instances. */
export const CGROUP_METRICS: readonly UnitMetric[] = [
  {
    name: 'unitledger.unit.memory.peak',
    level: 'unit',
    instrument: 'gauge',
    unit: 'By',
    valueType: 'int',
    description: 'Peak memory of the unit since its cgroup was created, page cache included.',
    source: 'cgroup-v2 memory.peak; v1 memory.max_usage_in_bytes',
    series: [{ attributes: {}, read: height('memoryPeakBytes') }],
  },
  {
    name: 'unitledger.unit.memory.swap.usage',
    level: 'unit',
    instrument: 'gauge',
    unit: 'By',
    valueType: 'int',
    description: 'Swap used by the unit at the end of the window.',
    source: 'cgroup-v2 memory.swap.current; v1 memory.stat total_swap',
    series: [{ attributes: {}, read: level('swapBytes') }],
  },
  {
    name: 'unitledger.unit.memory.charged',
    level: 'unit',
    instrument: 'gauge',
    unit: 'By',
    valueType: 'int',
    description:
      'Main parts of the memory charged to the unit at the end of the window: anonymous memory (anon), page cache ' +
      '(file), shared memory and tmpfs (shmem; not included in file), kernel memory, socket buffers (sock).',
    source: 'cgroup-v2 memory.stat anon, file, shmem, kernel, sock; v1 memory.stat and memory.kmem.*',
    series: [
      { attributes: { [ATTR_TYPE]: 'anon' }, read: level('anonBytes') },
      { attributes: { [ATTR_TYPE]: 'file' }, read: ({ cgroup }) => pageCacheBytes(cgroup) },
      { attributes: { [ATTR_TYPE]: 'shmem' }, read: level('shmemBytes') },
      { attributes: { [ATTR_TYPE]: 'kernel' }, read: level('kernelBytes') },
      { attributes: { [ATTR_TYPE]: 'sock' }, read: level('socketBytes') },
    ],
  },
  {
    name: 'unitledger.unit.memory.events',
    level: 'unit',
    instrument: 'counter',
    unit: '{event}',
    valueType: 'int',
    description:
      'Memory events of the unit: memory reclaimed despite its protection (low), tasks throttled above memory.high ' +
      '(high), limit reached (max), out of memory at the limit (oom), processes killed (oom_kill).',
    source:
      'cgroup-v2 memory.events; v1 memory.failcnt (max), memory.oom_control (oom_kill), of all cgroups below too',
    series: [
      { attributes: { [ATTR_TYPE]: 'low' }, read: counter('memoryLowEvents') },
      { attributes: { [ATTR_TYPE]: 'high' }, read: counter('memoryHighEvents') },
      { attributes: { [ATTR_TYPE]: 'max' }, read: counter('memoryMaxEvents') },
      { attributes: { [ATTR_TYPE]: 'oom' }, read: counter('memoryOomEvents') },
      { attributes: { [ATTR_TYPE]: 'oom_kill' }, read: counter('memoryOomKills') },
    ],
  },
  {
    name: 'unitledger.unit.cpu.throttled.time',
    level: 'unit',
    instrument: 'counter',
    unit: 's',
    valueType: 'double',
    description: "Time in which the unit's own CPU limit throttled it.",
    source: 'cgroup-v2 cpu.stat throttled_usec; v1 cpu.stat throttled_time',
    series: [{ attributes: {}, read: counter('throttledSeconds') }],
  },
  {
    name: 'unitledger.unit.cpu.throttled.periods',
    level: 'unit',
    instrument: 'counter',
    unit: '{period}',
    valueType: 'int',
    description: "Periods in which the unit's own CPU limit throttled it.",
    source: 'cgroup-v2 cpu.stat nr_throttled; v1 cpu.stat nr_throttled',
    series: [{ attributes: {}, read: counter('throttledPeriods') }],
  },
  {
    name: 'unitledger.unit.pressure.time',
    level: 'unit',
    instrument: 'counter',
    unit: 's',
    valueType: 'double',
    description:
      'Time in which tasks of the unit waited for a resource: at least one task (some), or all tasks that were not ' +
      'idle (full).',
    source: 'cgroup-v2 cpu.pressure, memory.pressure, io.pressure total',
    series: PRESSURE_RESOURCES.flatMap((resource) =>
      STALLS.map(([type, key]) => ({
        attributes: { [ATTR_RESOURCE]: resource, [ATTR_TYPE]: type },
        read: counter(`${resource}Pressure${key}Seconds`),
      })),
    ),
  },
  {
    name: 'unitledger.unit.pressure.share',
    level: 'unit',
    instrument: 'gauge',
    unit: '1',
    valueType: 'double',
    description: "Share of time in which tasks of the unit waited for a resource: the kernel's 10 s average.",
    source: 'cgroup-v2 cpu.pressure, memory.pressure, io.pressure avg10',
    series: PRESSURE_RESOURCES.flatMap((resource) =>
      STALLS.map(([type, key]) => ({
        attributes: { [ATTR_RESOURCE]: resource, [ATTR_TYPE]: type },
        read: height(`${resource}Pressure${key}Share`),
      })),
    ),
  },
  {
    name: 'unitledger.unit.thread.count',
    level: 'unit',
    instrument: 'gauge',
    unit: '{thread}',
    valueType: 'int',
    description: 'Threads of all processes of the unit at the end of the window, zombies included.',
    source: 'cgroup-v2 pids.current; v1 pids.current',
    series: [{ attributes: {}, read: level('threads') }],
  },
  {
    name: 'unitledger.unit.thread.limit',
    level: 'unit',
    instrument: 'gauge',
    unit: '{thread}',
    valueType: 'int',
    description: 'Limit on threads of the unit; absent if it has no limit of its own.',
    source: 'cgroup-v2 pids.max; v1 pids.max',
    series: [{ attributes: {}, read: height('threadLimit') }],
  },
];
