import type { Level, Metric } from '../../src/telemetry/catalogue/metric.ts';
import { CATALOGUE } from '../../src/telemetry/catalogue.ts';
import type { Chart } from './chart.ts';

/** Panels with a heading. */
export interface Row {
  readonly title: string;
  readonly charts: readonly Chart[];
}

const PID = 'process_pid';
const NAME = 'process_executable_name';
const UNIT = 'systemd_unit_name';
const PROCESS = { by: [NAME, PID], legend: '{{process_executable_name}} {{process_pid}}' } as const;

/** All units of the chosen instances beside each other. */
const UNITS_ROWS: readonly Row[] = [
  {
    title: 'All units',
    charts: [
      {
        title: 'CPU by unit',
        style: 'stacked',
        width: 12,
        // Not rate() of the counter: it overstates units that come and go within minutes.
        draws: [{ metric: 'unitledger.unit.cpu.usage', by: [UNIT] }],
      },
      {
        title: 'Memory by unit',
        style: 'stacked',
        width: 12,
        draws: [{ metric: 'unitledger.unit.memory.usage', by: [UNIT] }],
      },
      {
        title: 'CPU coverage: share booked to processes',
        top: 1,
        thresholds: 'coverage',
        draws: [{ metric: 'unitledger.unit.cpu.coverage', by: [UNIT], aggregate: 'min' }],
      },
      { title: 'Processes', draws: [{ metric: 'unitledger.unit.process.count', by: [UNIT] }] },
      {
        title: 'Restarts',
        style: 'steps',
        draws: [{ metric: 'unitledger.unit.restarts', by: [UNIT], increase: true }],
      },
      {
        title: 'Disk I/O by unit',
        draws: [{ metric: 'unitledger.executable.disk.io', by: [UNIT] }],
      },
      {
        title: 'CPU pressure (PSI) by unit',
        thresholds: 'pressure',
        draws: [{ metric: 'unitledger.unit.pressure.time', by: [UNIT], where: 'resource="cpu",type="some"' }],
      },
      {
        title: 'OOM kills',
        style: 'steps',
        draws: [
          { metric: 'unitledger.unit.memory.events', by: [UNIT], where: 'type="oom_kill"', increase: true },
        ],
      },
    ],
  },
];

/** One unit. */
const UNIT_ROWS: readonly Row[] = [
  {
    title: 'CPU',
    charts: [
      {
        title: 'CPU by booking',
        style: 'stacked',
        draws: [{ metric: 'unitledger.unit.cpu.booked.time', by: ['booking'] }],
      },
      {
        title: 'Unattributed CPU time',
        draws: [{ metric: 'unitledger.unit.cpu.unattributed', legend: 'unattributed' }],
      },
      {
        title: 'CPU coverage: share booked to processes',
        top: 1,
        thresholds: 'coverage',
        draws: [{ metric: 'unitledger.unit.cpu.coverage', by: [], aggregate: 'min', legend: 'coverage' }],
      },
      {
        title: 'CPU by executable',
        style: 'stacked',
        draws: [{ metric: 'unitledger.executable.cpu.time', by: [NAME] }],
      },
      {
        title: 'CPU by process',
        style: 'stacked',
        width: 16,
        draws: [{ metric: 'unitledger.process.cpu.usage', ...PROCESS }],
      },
      {
        title: 'CPU throttling',
        thresholds: 'throttling',
        draws: [{ metric: 'unitledger.unit.cpu.throttled.time', legend: 'throttled' }],
      },
      {
        title: 'CPU throttled periods',
        draws: [{ metric: 'unitledger.unit.cpu.throttled.periods', legend: 'periods' }],
      },
      {
        title: 'CPU by executable, mean of a window',
        draws: [
          { metric: 'unitledger.executable.cpu.usage', by: [NAME] },
          { metric: 'unitledger.unit.cpu.usage', legend: 'the unit' },
        ],
      },
      {
        title: 'CPU per process, distribution of samples',
        draws: [{ metric: 'unitledger.sample.cpu.usage' }],
      },
    ],
  },
  {
    title: 'Memory',
    charts: [
      {
        title: 'Memory by process',
        style: 'stacked',
        width: 16,
        draws: [{ metric: 'process.memory.usage', ...PROCESS }],
      },
      {
        title: 'Cgroup memory: usage, peak, swap',
        draws: [
          { metric: 'unitledger.unit.memory.usage', legend: 'now' },
          { metric: 'unitledger.unit.memory.peak', legend: 'peak', aggregate: 'max' },
          { metric: 'unitledger.unit.memory.swap.usage', legend: 'swap' },
        ],
      },
      {
        title: 'Cgroup memory by type',
        style: 'stacked',
        draws: [{ metric: 'unitledger.unit.memory.charged' }],
      },
      {
        title: 'Memory events',
        style: 'steps',
        draws: [{ metric: 'unitledger.unit.memory.events', increase: true }],
      },
      { title: 'Memory by executable', draws: [{ metric: 'unitledger.executable.memory.usage' }] },
      {
        title: 'Memory per process, distribution of samples',
        draws: [{ metric: 'unitledger.sample.memory.usage' }],
      },
    ],
  },
  {
    title: 'Disk and transfer',
    charts: [
      {
        title: 'Disk I/O by process',
        style: 'stacked',
        draws: [{ metric: 'unitledger.process.disk.throughput', ...PROCESS }],
      },
      { title: 'Disk I/O by executable', draws: [{ metric: 'unitledger.executable.disk.io' }] },
      { title: 'Disk I/O by device', draws: [{ metric: 'unitledger.unit.disk.io' }] },
      {
        title: 'Transfer by process',
        style: 'stacked',
        draws: [{ metric: 'unitledger.process.transfer.throughput', ...PROCESS }],
      },
      { title: 'Transfer by executable', draws: [{ metric: 'unitledger.executable.transfer.io' }] },
      { title: 'Disk operations (IOPS) by device', draws: [{ metric: 'unitledger.unit.disk.operations' }] },
      {
        title: 'Disk I/O per process, distribution of samples',
        draws: [{ metric: 'unitledger.sample.disk.throughput' }],
      },
      {
        title: 'Transfer per process, distribution of samples',
        draws: [{ metric: 'unitledger.sample.transfer.throughput' }],
      },
    ],
  },
  {
    title: 'Pressure, processes and restarts',
    charts: [
      {
        title: 'Pressure (PSI)',
        thresholds: 'pressure',
        draws: [{ metric: 'unitledger.unit.pressure.time', legend: '{{resource}} {{type}}' }],
      },
      {
        title: 'Processes and threads',
        draws: [
          { metric: 'unitledger.unit.process.count', legend: 'processes' },
          { metric: 'unitledger.unit.thread.count', legend: 'threads' },
          { metric: 'unitledger.unit.thread.limit', legend: 'thread limit', aggregate: 'min' },
        ],
      },
      {
        title: 'Pressure (PSI), 10 s average',
        thresholds: 'pressure',
        draws: [{ metric: 'unitledger.unit.pressure.share', legend: '{{resource}} {{type}}' }],
      },
      { title: 'Processes by executable', draws: [{ metric: 'unitledger.executable.process.count' }] },
      {
        title: 'Up and restarts',
        style: 'steps',
        state: 'up',
        unit: 'short',
        draws: [
          { metric: 'unitledger.unit.present', legend: 'up' },
          { metric: 'unitledger.unit.restarts', legend: 'restarts', increase: true },
        ],
      },
    ],
  },
  {
    title: 'Maximum and minimum of a window (--metrics)',
    charts: [
      {
        title: 'CPU, highest and lowest of a window',
        draws: [
          { metric: 'unitledger.unit.cpu.max_usage', legend: 'highest' },
          { metric: 'unitledger.unit.cpu.min_usage', legend: 'lowest' },
        ],
      },
      {
        title: 'Resident memory, highest and lowest of a window',
        draws: [
          { metric: 'unitledger.unit.memory.max_resident', legend: 'highest' },
          { metric: 'unitledger.unit.memory.min_resident', legend: 'lowest' },
        ],
      },
    ],
  },
];

/** One process. */
const PROCESS_ROWS: readonly Row[] = [
  {
    title: 'Process',
    charts: [
      {
        title: 'CPU by mode',
        style: 'stacked',
        draws: [{ metric: 'process.cpu.time', by: ['cpu_mode'] }],
      },
      { title: 'CPU, mean of a window', draws: [{ metric: 'unitledger.process.cpu.usage', ...PROCESS }] },
      { title: 'Memory (RSS)', draws: [{ metric: 'process.memory.usage', ...PROCESS }] },
      { title: 'Disk I/O', draws: [{ metric: 'process.disk.io', by: ['disk_io_direction'] }] },
      { title: 'Cancelled writes', draws: [{ metric: 'unitledger.process.disk.cancelled' }] },
      {
        title: 'Disk I/O, mean of a window',
        draws: [{ metric: 'unitledger.process.disk.throughput', ...PROCESS }],
      },
      {
        title: 'Transfer, mean of a window',
        draws: [{ metric: 'unitledger.process.transfer.throughput', ...PROCESS }],
      },
    ],
  },
  {
    title: 'Details (--process-details or --metrics)',
    charts: [
      { title: 'Threads', draws: [{ metric: 'process.thread.count', ...PROCESS }] },
      {
        title: 'Open file descriptors and limit',
        draws: [
          { metric: 'process.unix.file_descriptor.count', by: [], legend: 'open' },
          { metric: 'unitledger.process.file_descriptor.limit', by: [], legend: 'limit' },
        ],
      },
      {
        title: 'Page faults',
        draws: [{ metric: 'process.paging.faults', by: ['system_paging_fault_type'] }],
      },
      {
        title: 'Context switches',
        draws: [{ metric: 'process.context_switches', by: ['process_context_switch_type'] }],
      },
      {
        title: 'Run-queue wait',
        draws: [{ metric: 'unitledger.process.run_queue.time', by: [], legend: 'waiting' }],
      },
      {
        title: 'Memory (PSS)',
        draws: [{ metric: 'unitledger.process.memory.pss', ...PROCESS }],
      },
      { title: 'Uptime', draws: [{ metric: 'process.uptime', ...PROCESS }] },
      { title: 'Transfer', draws: [{ metric: 'unitledger.process.transfer.io', by: ['direction'] }] },
      {
        title: 'CPU, highest and lowest of a window',
        draws: [
          { metric: 'unitledger.process.cpu.max_usage', legend: 'highest', by: [] },
          { metric: 'unitledger.process.cpu.min_usage', legend: 'lowest', by: [] },
        ],
      },
      {
        title: 'Memory, highest and lowest of a window',
        draws: [
          { metric: 'unitledger.process.memory.max_usage', legend: 'highest', by: [] },
          { metric: 'unitledger.process.memory.min_usage', legend: 'lowest', by: [] },
        ],
      },
      {
        title: 'Disk, highest and lowest of a window',
        draws: [
          { metric: 'unitledger.process.disk.max_throughput', legend: 'highest', by: [] },
          { metric: 'unitledger.process.disk.min_throughput', legend: 'lowest', by: [] },
        ],
      },
      {
        title: 'Transfer, highest and lowest of a window',
        draws: [
          { metric: 'unitledger.process.transfer.max_throughput', legend: 'highest', by: [] },
          { metric: 'unitledger.process.transfer.min_throughput', legend: 'lowest', by: [] },
        ],
      },
    ],
  },
];

/** unitledger itself. */
const SELF_ROWS: readonly Row[] = [
  {
    title: 'Delivery',
    charts: [
      {
        title: 'Export windows',
        style: 'steps',
        draws: [{ metric: 'unitledger.self.export.windows', increase: true }],
      },
      {
        title: 'Rejected data points',
        style: 'steps',
        draws: [{ metric: 'unitledger.self.export.rejected', legend: 'rejected', increase: true }],
      },
    ],
  },
  {
    title: 'Sampling',
    charts: [
      { title: 'Sampling duration', draws: [{ metric: 'unitledger.self.tick.duration' }] },
      {
        title: 'Missed samples',
        style: 'steps',
        draws: [{ metric: 'unitledger.self.ticks.missed', by: ['instance'], increase: true }],
      },
      { title: 'Read failures', draws: [{ metric: 'unitledger.self.read.failures' }] },
      {
        title: 'Tracked processes',
        draws: [{ metric: 'unitledger.self.tracked_process.count', by: ['instance'] }],
      },
      { title: 'Exit records', draws: [{ metric: 'unitledger.self.exit_records' }] },
    ],
  },
  {
    title: 'Cost',
    charts: [
      {
        title: 'CPU of unitledger',
        draws: [{ metric: 'unitledger.self.cpu.time', by: ['instance'] }],
      },
      {
        title: 'Memory of unitledger',
        draws: [{ metric: 'unitledger.self.memory.usage', by: ['instance'] }],
      },
    ],
  },
];

/** The rows of a dashboard of these levels, with a panel for each metric of theirs that no row names: none is forgotten. */
function complete(levels: readonly Level[], rows: readonly Row[]): readonly Row[] {
  const named = new Set(
    rows.flatMap(({ charts }) => charts.flatMap(({ draws }) => draws.map((draw) => draw.metric))),
  );
  const others = CATALOGUE.filter(({ level, name }) => levels.includes(level) && !named.has(name));
  const charts = others.map(
    (metric): Chart => ({ title: titleOf(metric), draws: [{ metric: metric.name }] }),
  );
  return charts.length === 0 ? rows : [...rows, { title: 'More', charts }];
}

/** `unitledger.unit.thread.count` → `Unit: thread count` */
function titleOf({ name, level }: Metric): string {
  const words = name.replace(/^unitledger\./, '').replace(`${level}.`, '');
  return `${level[0]!.toUpperCase()}${level.slice(1)}: ${words.replaceAll(/[._]/g, ' ')}`;
}

export const DASHBOARD_ROWS = {
  units: UNITS_ROWS,
  unit: complete(['unit', 'disk', 'executable', 'sample'], UNIT_ROWS),
  process: complete(['process'], PROCESS_ROWS),
  self: complete(['self'], SELF_ROWS),
} as const;
