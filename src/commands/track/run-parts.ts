import type { Config } from '../../config/config.ts';
import { ConfigError } from '../../config/config-error.ts';
import type { Clock } from '../../host/clock.ts';
import { makeRoomForDescriptors } from '../../host/descriptor-table.ts';
import { openHost } from '../../host/host.ts';
import { setNice } from '../../host/priority.ts';
import { SELF_SERIES, SeriesBudget } from '../../ledger/accounts/series-budget.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { KEPT_ROWS, RunTotals } from '../../ledger/run/run-totals.ts';
import { WindowBuilder } from '../../ledger/window/window-builder.ts';
import { ReadProblems } from '../../sampling/read-problems.ts';
import { Sampler } from '../../sampling/sampler.ts';
import { wantRanges } from '../../telemetry/choices.ts';
import type { Log } from '../../text/log.ts';
import type { RunTraces } from '../../traces/run-traces.ts';
import type { CommandContext } from '../command-context.ts';
import { LostOutput } from '../files/lost-output.ts';
import { adviceOn } from './advice.ts';
import { affordableDescriptors, DescriptorPlan } from './descriptor-plan.ts';
import { KernelEvents } from './kernel-events.ts';
import type { Live } from './live.ts';
import { openTracked, type Tracked } from './open-tracked.ts';
import type { OptionalPages } from './optional-pages.ts';
import type { Recording } from './optional-recording.ts';
import { exportedHostName } from './resource-values.ts';
import { RunClock } from './run-clock.ts';

/** The parts of a run, from the host's files to the books. */
export interface RunParts extends Tracked {
  readonly config: Config;
  readonly context: CommandContext;
  readonly log: Log;
  readonly live: Live | null;
  readonly lost: LostOutput;
  readonly runClock: RunClock;
  readonly procRoot: string;
  readonly descriptors: DescriptorPlan;
  readonly problems: ReadProblems;
  readonly recording: Recording | null;
  readonly sampler: Sampler;
  readonly kernelEvents: KernelEvents;
  readonly ledger: Ledger;
  readonly totals: RunTotals;
  readonly pages: OptionalPages | null;
  readonly windows: WindowBuilder;
  /** Null without exit records. */
  readonly traces: RunTraces | null;
}

/** Opens all parts, in the order of their dependencies. Throws like `track`. */
export async function openParts(
  config: Config,
  context: CommandContext,
  live: Live | null,
): Promise<RunParts> {
  const { clock, environment } = context;
  const log = live?.log ?? context.log;
  const runClock = new RunClock(clock, log);
  for (const warning of config.warnings) log.warn({}, warning);
  const budget = openSeriesBudget(config);
  const lost = new LostOutput(log);
  const host = openHost(config.procRoot, clock);
  runClock.keep(host.boot);
  const descriptors = new DescriptorPlan(config, host.descriptorLimit, log);
  void makeRoomForDescriptors(host.descriptorLimit);
  if (host.clocksMissing !== null) log.info({}, `CPU is counted in ticks of 10 ms: ${host.clocksMissing}`);
  const problems = new ReadProblems((problem) => log.warn(problem, adviceOn(problem)));
  const isShownLater = [config.recordFile, config.reportFile, config.web].some((each) => each !== undefined);
  const hostName = isShownLater ? await exportedHostName(config.hostName, environment) : config.hostName;
  const recording = await recordingOf(config, hostName, runClock, lost);
  const traces = await tracesOf(config, environment, runClock, log);
  const ledger = new Ledger(budget, wantRanges(config.optionalMetrics), config.intervalSeconds);
  const pages = await pagesOf(config, hostName, clock, ledger);
  const withPrograms = recording !== null || traces !== null;
  const kernelEvents = new KernelEvents(config.exitRecords, host, clock, log, {
    withPrograms,
    atAnyCost: traces !== null,
  });
  // If that check needed a child process, it has ended by now, so it is not part of the run.
  await kernelEvents.ready;
  // Last of the slow steps: a unit that starts between this step and the first sample is new to one and old to the other.
  const streams = live?.commandStreams;
  const tracked = await openTracked(config, descriptors, environment, log, clock, streams, traces).catch(
    (error: unknown) => {
      kernelEvents.close();
      throw error;
    },
  );
  // A command keeps its original priority.
  raisePriority(config.nice, log);
  const sampler = new Sampler(host, tracked.targets, problems, {
    nowSeconds: () => clock.monotonicSeconds(),
    showCommandLine: config.showCommandLine,
    names: config.processNames,
    details: new Set(config.processDetails),
    descriptors: Math.min(descriptors.shares.processes, affordableDescriptors(process.constrainedMemory())),
    detailsEveryTicks: Math.round(config.exportIntervalSeconds / config.intervalSeconds),
  });
  const { unixMillis, atSeconds } = runClock.started;
  return {
    ...{ config, context, log, live, lost, runClock, descriptors, problems, recording, sampler, ledger },
    ...tracked,
    procRoot: host.procRoot,
    kernelEvents,
    totals: new RunTotals(ledger, config.summaryRows ?? KEPT_ROWS),
    pages,
    traces,
    windows: new WindowBuilder(ledger, unixMillis, atSeconds, {
      processesOfUnit: config.processSeries,
      budget,
    }),
  };
}

async function recordingOf(
  config: Config,
  hostName: string | undefined,
  { started }: RunClock,
  lost: LostOutput,
): Promise<Recording | null> {
  const { recordFile } = config;
  if (recordFile === undefined) return null;
  const { openRecording } = await import('./optional-recording.ts');
  const { unixMillis: startedUnixMillis, atSeconds: startedAtSeconds } = started;
  return openRecording({ ...config, recordFile, hostName }, { startedUnixMillis, startedAtSeconds }, lost);
}

async function pagesOf(
  config: Config,
  hostName: string | undefined,
  clock: Clock,
  ledger: Ledger,
): Promise<OptionalPages | null> {
  if (config.reportFile === undefined && config.web === undefined) return null;
  const { OptionalPages } = await import('./optional-pages.ts');
  return new OptionalPages({ ...config, hostName }, clock, ledger);
}

async function tracesOf(
  config: Config,
  environment: CommandContext['environment'],
  runClock: RunClock,
  log: Log,
): Promise<RunTraces | null> {
  if (config.traces === undefined || config.traces.exporters.length === 0) return null;
  const { RunTraces } = await import('../../traces/run-traces.ts');
  return new RunTraces({
    environment,
    mostSpans: config.traces.mostSpans,
    isOfCommand: config.targets.some(({ kind }) => kind === 'command'),
    unixMillisAt: (atSeconds) => runClock.unixMillisAt(atSeconds),
    log,
  });
}

function raisePriority(nice: number | undefined, log: Log): void {
  const refused = setNice(nice);
  if (refused === null) return;
  const fields = { nice, code: refused };
  if (nice === undefined) log.debug(fields, 'cannot raise the priority');
  else log.warn(fields, `--nice ${nice} cannot be set (${refused}): it needs CAP_SYS_NICE or RLIMIT_NICE`);
}

/** The series budget of the configuration. Throws ConfigError if it has no room for the targets requested by name. */
export function openSeriesBudget({
  seriesBudget,
  processSeries,
  processDetails,
  optionalMetrics,
  targets,
}: Config): SeriesBudget {
  const budget = new SeriesBudget(seriesBudget, {
    ofProcesses: processSeries > 0,
    details: new Set(processDetails),
    metrics: optionalMetrics,
  });
  const needed = SELF_SERIES + targets.length * budget.ofUnit;
  if (needed <= seriesBudget) return budget;
  const accepted = `at least ${needed} for ${targets.length === 1 ? 'one target' : `${targets.length} targets`}`;
  throw new ConfigError(`--series-budget must be ${accepted}, not "${seriesBudget}"`, {
    option: '--series-budget',
    value: String(seriesBudget),
    accepted,
  });
}
