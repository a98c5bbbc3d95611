import {
  ATTR_CPU_MODE,
  CPU_MODE_VALUE_SYSTEM,
  CPU_MODE_VALUE_USER,
} from '@opentelemetry/semantic-conventions/incubating';
import { READ_FAILURES } from '../../host/read-failure.ts';
import { ATTR_OUTCOME, ATTR_REASON, ATTR_TYPE } from '../attributes.ts';
import { DROP_REASONS } from '../export/delivery.ts';
import type { ProgramFigures, SelfMetric, TickMetric } from './metric.ts';

/** Metrics of the program itself. */
export const SELF_METRICS: readonly SelfMetric[] = [
  {
    name: 'unitledger.self.ticks.missed',
    level: 'self',
    instrument: 'counter',
    unit: '{tick}',
    valueType: 'int',
    description: 'Samples that could not be taken in time.',
    source: "unitledger's clock",
    series: [{ attributes: {}, read: (self) => self.missedTicks }],
  },
  {
    name: 'unitledger.self.ticks.stretched',
    level: 'self',
    instrument: 'counter',
    unit: '{tick}',
    valueType: 'int',
    description: 'Samples that were left out to stay within the CPU budget. With `--cpu-budget`.',
    source: "unitledger's clock",
    series: [{ attributes: {}, read: (self) => self.throttledTicks }],
  },
  {
    name: 'unitledger.self.sample.interval',
    level: 'self',
    instrument: 'gauge',
    unit: 's',
    valueType: 'double',
    description:
      'Sampling interval at the end of the window: the requested interval, or a longer one with `--cpu-budget`.',
    source: "unitledger's clock",
    series: [{ attributes: {}, read: (self) => self.sampleIntervalSeconds }],
  },
  {
    name: 'unitledger.self.read.failures',
    level: 'self',
    instrument: 'counter',
    unit: '{failure}',
    valueType: 'int',
    description: 'Kernel files that could not be read, by reason; `gone`: the process ended first.',
    source: 'errno of open(2) and read(2)',
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
    description: 'Tracked processes of all units.',
    source: "unitledger's rows",
    series: [{ attributes: {}, read: (self) => self.trackedProcesses }],
  },
  {
    name: 'unitledger.self.exit_records',
    level: 'self',
    instrument: 'counter',
    unit: '{record}',
    valueType: 'int',
    description:
      'Exit records of threads of the whole machine: received, or lost because the receive buffer was full. With `--exit-records`.',
    source: 'generic netlink, family TASKSTATS; Drops of the socket',
    series: [
      { attributes: { [ATTR_OUTCOME]: 'received' }, read: (self) => self.exitRecords?.received ?? null },
      { attributes: { [ATTR_OUTCOME]: 'lost' }, read: (self) => self.exitRecords?.lost ?? null },
    ],
  },
  {
    name: 'unitledger.self.process_events',
    level: 'self',
    instrument: 'counter',
    unit: '{event}',
    valueType: 'int',
    description:
      'Fork and exit events (with `--record` or `--traces` also exec and comm) of the whole machine: received, or lost because the receive buffer was full. With `--exit-records`.',
    source: 'process event connector; Drops of the socket',
    series: [
      {
        attributes: { [ATTR_OUTCOME]: 'received' },
        read: (self) => self.processEvents?.received ?? null,
      },
      { attributes: { [ATTR_OUTCOME]: 'lost' }, read: (self) => self.processEvents?.lost ?? null },
    ],
  },
  {
    name: 'unitledger.self.export.windows',
    level: 'self',
    instrument: 'counter',
    unit: '{window}',
    valueType: 'int',
    description:
      'Export windows by outcome: accepted by a collector (delivered), dropped at a limit (dropped; the reason is age, ' +
      'disk or memory), rejected for good (set_aside), or lost for another reason (failed).',
    source: "unitledger's exporter",
    series: [
      {
        attributes: { [ATTR_OUTCOME]: 'delivered', [ATTR_REASON]: 'accepted' },
        read: ({ delivery }) => delivery.delivered,
      },
      ...DROP_REASONS.map((reason) => ({
        attributes: { [ATTR_OUTCOME]: 'dropped', [ATTR_REASON]: reason },
        read: ({ delivery }: ProgramFigures) => delivery.droppedBy[reason],
      })),
      {
        attributes: { [ATTR_OUTCOME]: 'set_aside', [ATTR_REASON]: 'rejected' },
        read: ({ delivery }) => delivery.setAside,
      },
      {
        attributes: { [ATTR_OUTCOME]: 'failed', [ATTR_REASON]: 'other' },
        read: ({ delivery: { failed, dropped, setAside } }) => Math.max(0, failed - dropped - setAside),
      },
    ],
  },
  {
    name: 'unitledger.self.export.rejected',
    level: 'self',
    instrument: 'counter',
    unit: '{data_point}',
    valueType: 'int',
    description: 'Data points that a collector rejected in a partial success.',
    source: 'OTLP partial success',
    series: [{ attributes: {}, read: ({ delivery }) => delivery.rejectedPoints }],
  },
  {
    name: 'unitledger.self.spool.windows',
    level: 'self',
    instrument: 'gauge',
    unit: '{window}',
    valueType: 'int',
    description: 'Export windows that are buffered or being sent at the end of the window.',
    source: "unitledger's exporter",
    series: [{ attributes: {}, read: ({ delivery }) => delivery.spooled }],
  },
  {
    name: 'unitledger.self.spool.size',
    level: 'self',
    instrument: 'gauge',
    unit: 'By',
    valueType: 'int',
    description: 'Bytes of buffered export windows, in the spool, or in memory without a spool.',
    source: "unitledger's exporter",
    series: [{ attributes: {}, read: ({ delivery }) => delivery.spoolBytes }],
  },
  {
    name: 'unitledger.self.series.count',
    level: 'self',
    instrument: 'gauge',
    unit: '{series}',
    valueType: 'int',
    description: 'Metric series in the window; a histogram counts as one series.',
    source: "unitledger's rows",
    series: [{ attributes: {}, read: ({ series }) => series }],
  },
  {
    name: 'unitledger.self.series.limit',
    level: 'self',
    instrument: 'gauge',
    unit: '{series}',
    valueType: 'int',
    description: 'Limit on metric series (`--series-budget`).',
    source: "unitledger's configuration",
    series: [{ attributes: {}, read: ({ seriesBudget }) => seriesBudget }],
  },
  {
    name: 'unitledger.self.folded.count',
    level: 'self',
    instrument: 'gauge',
    unit: '{item}',
    valueType: 'int',
    description:
      'Units, names and processes without series of their own in the window: units beyond the series budget (unit), processes whose ' +
      'executable name is folded into `other` (executable), processes in the series `other` of their unit (process).',
    source: "unitledger's rows",
    series: [
      { attributes: { [ATTR_TYPE]: 'unit' }, read: ({ folded }) => folded.units },
      { attributes: { [ATTR_TYPE]: 'executable' }, read: ({ folded }) => folded.namedOther },
      { attributes: { [ATTR_TYPE]: 'process' }, read: ({ folded }) => folded.processes },
    ],
  },
  {
    name: 'unitledger.self.cpu.time',
    level: 'self',
    instrument: 'counter',
    unit: 's',
    valueType: 'double',
    description: 'CPU time of unitledger itself, by mode.',
    source: 'getrusage(2)',
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
    series: [{ attributes: {}, read: (self) => self.memoryBytes }],
  },
];

/** Duration of a tick. */
export const TICK_METRICS: readonly TickMetric[] = [
  {
    name: 'unitledger.self.tick.duration',
    level: 'self',
    instrument: 'histogram',
    unit: 's',
    valueType: 'double',
    description: 'Time from the start of a sample (tick) until it is booked.',
    source: "unitledger's clock",
    boundaries: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    read: (tick) => tick.seconds,
  },
];
