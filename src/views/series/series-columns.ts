/** The formats of a run's time series. */
export const SERIES_FORMATS = ['csv', 'jsonl'] as const;
export type SeriesFormat = (typeof SERIES_FORMATS)[number];

/** The columns of a row in order, with their meaning. Amounts are of the time since the previous sample. */
export const SERIES_COLUMNS = {
  time: 'When the sample was taken: RFC 3339, UTC, in milliseconds',
  elapsed_seconds: 'Seconds since the first sample, on the monotonic clock',
  interval_seconds: 'Seconds since the previous sample; 0 for the first',
  kind: '`unit` or `process`',
  unit: 'The unit, cgroup, pod or process tree',
  pid: 'PID of a process',
  ppid: 'PID of its parent',
  name: 'Name of a process: `comm`, or its title with `--process-names title`',
  started_at: 'Start of a process: RFC 3339, UTC, in milliseconds',
  state:
    '`running`, or `exited` in the first sample without the process: that row has its CPU and bytes since the previous sample. Of a unit: `present` or `absent`',
  processes: 'Of a unit: processes that are alive',
  cpu_percent: 'CPU in percent of one core over the interval. Of a process: without reaped CPU',
  cpu_seconds: 'CPU seconds since the previous sample. Of a unit: by the counter of its cgroup',
  reaped_cpu_seconds:
    'Of a process: CPU seconds of descendants that it has waited for and that have no row. Of a unit: of all its processes',
  attributed_cpu_seconds: 'Of a unit: CPU seconds that its processes account for',
  memory_bytes: 'RSS. Of a unit: the sum over its processes',
  disk_bytes: '`read_bytes + write_bytes`. Of a unit: with processes that ended before they were sampled',
  disk_bytes_per_second: 'The same per second',
  transfer_bytes: '`rchar + wchar`. Of a unit: with processes that ended before they were sampled',
  transfer_bytes_per_second: 'The same per second',
} as const satisfies Readonly<Record<string, string>>;
