import {
  ATTR_CPU_MODE,
  CPU_MODE_VALUE_SYSTEM,
  CPU_MODE_VALUE_USER,
} from '@opentelemetry/semantic-conventions/incubating';
import { READ_FAILURES } from '../../host/read-failure.ts';
import { ATTR_OUTCOME, ATTR_REASON } from '../attributes.ts';
import type { SelfMetric, TickMetric } from './metric.ts';

/** What the program says of itself. */
export const SELF_METRICS: readonly SelfMetric[] = [
  {
    name: 'unitledger.self.ticks.missed',
    level: 'self',
    instrument: 'counter',
    unit: '{tick}',
    valueType: 'int',
    description: 'Samples that could not be taken in time.',
    source: 'its own clock',
    onByDefault: true,
    series: [{ attributes: {}, read: (self) => self.missedTicks }],
  },
  {
    name: 'unitledger.self.read.failures',
    level: 'self',
    instrument: 'counter',
    unit: '{failure}',
    valueType: 'int',
    description: 'Kernel files that could not be read, by reason; `gone` is a process that ended in between.',
    source: 'errno of open(2) and read(2)',
    onByDefault: true,
    series: READ_FAILURES.map((reason) => ({
      attributes: { [ATTR_REASON]: reason },
      read: (self) => self.readFailures[reason],
    })),
  },
  {
    name: 'unitledger.self.tracked_process.count',
    level: 'self',
    instrument: 'gauge',
    unit: '{process}',
    valueType: 'int',
    description: 'Processes that are followed, of all units together.',
    source: 'its own rows',
    onByDefault: true,
    series: [{ attributes: {}, read: (self) => self.trackedProcesses }],
  },
  {
    name: 'unitledger.self.exit_records',
    level: 'self',
    instrument: 'counter',
    unit: '{record}',
    valueType: 'int',
    description:
      'Exit records of threads of the whole machine that came, and those that had no room. With `--exit-records`.',
    source: 'generic netlink, family TASKSTATS; Drops of the socket',
    onByDefault: true,
    series: [
      { attributes: { [ATTR_OUTCOME]: 'received' }, read: (self) => self.exitRecords?.received ?? null },
      { attributes: { [ATTR_OUTCOME]: 'lost' }, read: (self) => self.exitRecords?.lost ?? null },
    ],
  },
  {
    name: 'unitledger.self.export.windows',
    level: 'self',
    instrument: 'counter',
    unit: '{window}',
    valueType: 'int',
    description: 'Export windows that a collector took, and those that were lost.',
    source: 'its own exporter',
    onByDefault: true,
    series: [
      { attributes: { [ATTR_OUTCOME]: 'delivered' }, read: (self) => self.deliveredWindows },
      { attributes: { [ATTR_OUTCOME]: 'failed' }, read: (self) => self.failedWindows },
    ],
  },
  {
    name: 'unitledger.self.export.rejected',
    level: 'self',
    instrument: 'counter',
    unit: '{data_point}',
    valueType: 'int',
    description: 'Points that a collector refused of windows that it took otherwise.',
    source: 'OTLP partial success',
    onByDefault: true,
    series: [{ attributes: {}, read: (self) => self.rejectedPoints }],
  },
  {
    name: 'unitledger.self.cpu.time',
    level: 'self',
    instrument: 'counter',
    unit: 's',
    valueType: 'double',
    description: 'CPU time that unitledger itself used, by mode.',
    source: 'getrusage(2)',
    onByDefault: true,
    series: [
      { attributes: { [ATTR_CPU_MODE]: CPU_MODE_VALUE_USER }, read: (self) => self.userCpuSeconds },
      { attributes: { [ATTR_CPU_MODE]: CPU_MODE_VALUE_SYSTEM }, read: (self) => self.systemCpuSeconds },
    ],
  },
  {
    name: 'unitledger.self.memory.usage',
    level: 'self',
    instrument: 'gauge',
    unit: 'By',
    valueType: 'int',
    description: 'Resident memory of unitledger itself.',
    source: 'proc_pid_statm(5) resident',
    onByDefault: true,
    series: [{ attributes: {}, read: (self) => self.memoryBytes }],
  },
];

/** How long a tick takes. */
export const TICK_METRICS: readonly TickMetric[] = [
  {
    name: 'unitledger.self.tick.duration',
    level: 'self',
    instrument: 'histogram',
    unit: 's',
    valueType: 'double',
    description: 'Time from the start of a tick until its figures are booked.',
    source: 'its own clock',
    onByDefault: true,
    boundaries: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    read: (tick) => tick.seconds,
  },
];
