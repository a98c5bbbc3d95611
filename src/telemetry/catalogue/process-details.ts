import {
  ATTR_PROCESS_CONTEXT_SWITCH_TYPE,
  ATTR_SYSTEM_PAGING_FAULT_TYPE,
  METRIC_PROCESS_CONTEXT_SWITCHES,
  METRIC_PROCESS_PAGING_FAULTS,
  METRIC_PROCESS_THREAD_COUNT,
  METRIC_PROCESS_UNIX_FILE_DESCRIPTOR_COUNT,
  METRIC_PROCESS_UPTIME,
  PROCESS_CONTEXT_SWITCH_TYPE_VALUE_INVOLUNTARY,
  PROCESS_CONTEXT_SWITCH_TYPE_VALUE_VOLUNTARY,
  SYSTEM_PAGING_FAULT_TYPE_VALUE_MAJOR,
  SYSTEM_PAGING_FAULT_TYPE_VALUE_MINOR,
} from '@opentelemetry/semantic-conventions/incubating';
import type { ProcessDetail } from '../../sampling/choices.ts';
import type { ProcessDetailMetric } from './metric.ts';

/** Metrics of `--process-details`. */
export const PROCESS_DETAIL_METRICS: readonly ProcessDetailMetric[] = [
  {
    name: METRIC_PROCESS_THREAD_COUNT,
    detail: 'threads',
    level: 'process',
    instrument: 'updowncounter',
    unit: '{thread}',
    valueType: 'int',
    description: 'Threads of the process.',
    source: 'proc_pid_stat(5) num_threads',
    series: [{ attributes: {}, read: ({ details }) => details?.threads ?? null }],
  },
  {
    name: METRIC_PROCESS_PAGING_FAULTS,
    detail: 'faults',
    level: 'process',
    instrument: 'counter',
    unit: '{fault}',
    valueType: 'int',
    description: 'Page faults of the process, without (minor) and with (major) a disk access.',
    source: 'proc_pid_stat(5) minflt, majflt',
    series: [
      {
        attributes: { [ATTR_SYSTEM_PAGING_FAULT_TYPE]: SYSTEM_PAGING_FAULT_TYPE_VALUE_MINOR },
        read: ({ details }) => details?.minorFaults ?? null,
      },
      {
        attributes: { [ATTR_SYSTEM_PAGING_FAULT_TYPE]: SYSTEM_PAGING_FAULT_TYPE_VALUE_MAJOR },
        read: ({ details }) => details?.majorFaults ?? null,
      },
    ],
  },
  {
    name: METRIC_PROCESS_UPTIME,
    detail: 'uptime',
    level: 'process',
    instrument: 'gauge',
    unit: 's',
    valueType: 'double',
    description: 'Time since the process was started.',
    source: 'proc_pid_stat(5) starttime',
    series: [{ attributes: {}, read: ({ details }) => details?.uptimeSeconds ?? null }],
  },
  {
    name: METRIC_PROCESS_CONTEXT_SWITCHES,
    detail: 'context-switches',
    level: 'process',
    instrument: 'counter',
    unit: '{context_switch}',
    valueType: 'int',
    description: 'Context switches of the main thread; the kernel keeps no sum over threads.',
    source: 'proc_pid_status(5) voluntary_ctxt_switches, nonvoluntary_ctxt_switches',
    series: [
      {
        attributes: { [ATTR_PROCESS_CONTEXT_SWITCH_TYPE]: PROCESS_CONTEXT_SWITCH_TYPE_VALUE_VOLUNTARY },
        read: ({ details }) => details?.voluntaryContextSwitches ?? null,
      },
      {
        attributes: { [ATTR_PROCESS_CONTEXT_SWITCH_TYPE]: PROCESS_CONTEXT_SWITCH_TYPE_VALUE_INVOLUNTARY },
        read: ({ details }) => details?.involuntaryContextSwitches ?? null,
      },
    ],
  },
  {
    name: METRIC_PROCESS_UNIX_FILE_DESCRIPTOR_COUNT,
    detail: 'descriptors',
    level: 'process',
    instrument: 'updowncounter',
    unit: '{file_descriptor}',
    valueType: 'int',
    description: 'Open file descriptors of the process.',
    source: 'proc_pid_fd(5)',
    series: [{ attributes: {}, read: ({ details }) => details?.openDescriptors ?? null }],
  },
  {
    name: 'unitledger.process.file_descriptor.limit',
    detail: 'descriptors',
    level: 'process',
    instrument: 'updowncounter',
    unit: '{file_descriptor}',
    valueType: 'int',
    description: 'Soft limit on open file descriptors of the process; absent if unlimited.',
    source: 'proc_pid_limits(5) Max open files',
    series: [{ attributes: {}, read: ({ details }) => details?.descriptorLimit ?? null }],
  },
  {
    name: 'unitledger.process.run_queue.time',
    detail: 'run-queue',
    level: 'process',
    instrument: 'counter',
    unit: 's',
    valueType: 'double',
    description:
      'Run-queue wait: time in which the main thread was ready to run and waited for a CPU. Other threads are not included.',
    source: 'sched-stats.rst schedstat of a process, second field',
    series: [{ attributes: {}, read: ({ details }) => details?.runQueueSeconds ?? null }],
  },
  {
    name: 'unitledger.process.memory.pss',
    detail: 'pss',
    level: 'process',
    instrument: 'updowncounter',
    unit: 'By',
    valueType: 'int',
    description:
      'Proportional set size: a page that n processes share counts 1/n in each. Read at most once a minute, and ' +
      'never for processes with more than 1 GiB resident.',
    source: 'proc_pid_smaps(5) smaps_rollup Pss',
    series: [{ attributes: {}, read: ({ details }) => details?.pssBytes ?? null }],
  },
];

/** Names of the metrics of these groups. */
export function detailMetricNames(groups: ReadonlySet<ProcessDetail>): readonly string[] {
  return PROCESS_DETAIL_METRICS.filter(({ detail }) => groups.has(detail)).map(({ name }) => name);
}
