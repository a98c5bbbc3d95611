import type { Config } from '../config/config.ts';
import { EXIT } from '../config/exit-codes.ts';
import { wantRanges } from '../config/optional-metrics.ts';
import { makeRoomForDescriptors } from '../host/descriptor-table.ts';
import { openHost } from '../host/host.ts';
import { setNice } from '../host/priority.ts';
import { Ledger } from '../ledger/ledger.ts';
import { KEPT_ROWS, type RunFacts, RunTotals } from '../ledger/run/run-totals.ts';
import { WindowBuilder } from '../ledger/window/window-builder.ts';
import type { Progress } from '../recording/recorded-tick.ts';
import { ReadProblems } from '../sampling/read-problems.ts';
import { SampleScheduler } from '../sampling/sample-scheduler.ts';
import { Sampler } from '../sampling/sampler.ts';
import { Health } from '../telemetry/endpoint/health.ts';
import type { HttpEndpoint } from '../telemetry/endpoint/http-endpoint.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Log } from '../text/log.ts';
import { LostOutput } from './files/lost-output.ts';
import type { Surroundings } from './surroundings.ts';
import { DescriptorPlan } from './track/descriptor-plan.ts';
import { FoldAdvice } from './track/fold-advice.ts';
import { HeldCpuBudget } from './track/held-cpu-budget.ts';
import type { Live } from './track/live.ts';
import { adviceWithoutData, hasData } from './track/no-data-advice.ts';
import { openSeriesBudget } from './track/open-series-budget.ts';
import { openTracked } from './track/open-tracked.ts';
import { adviceOn } from './track/read-problem-advice.ts';
import { exportedHostName } from './track/resource-values.ts';
import { RunClock } from './track/run-clock.ts';
import { runExport } from './track/run-export.ts';
import { SeldomNeededMemory } from './track/seldom-needed-memory.ts';
import { selfFiguresOf } from './track/self.ts';
import { startLine } from './track/start-line.ts';
import { WantedExitRecords } from './track/wanted-exit-records.ts';
import { withoutOptimizing } from './track/without-optimizing.ts';

/**
 * The main job: follows the targets until the run ends, and sums up. Resolves to the exit code. Throws HostError for
 * roots that are none, TelemetrySetupError for variables that cannot be used, and ConfigError where there is no terminal for
 * `--live`, before the command has begun.
 */
export async function track(config: Config, surroundings: Surroundings): Promise<number> {
  const live = config.live ? new (await import('./track/live.ts')).Live(config, surroundings) : null;
  try {
    return await run(config, surroundings, live);
  } finally {
    live?.close();
  }
}

async function run(config: Config, surroundings: Surroundings, live: Live | null): Promise<number> {
  const { clock, end } = surroundings;
  const log = live?.log ?? surroundings.log;
  const runClock = new RunClock(clock, log);
  const { started } = runClock;
  for (const warning of config.warnings) log.warn({}, warning);
  const budget = openSeriesBudget(config);
  const lost = new LostOutput(log);

  const host = openHost(config.procRoot, clock);
  runClock.keep(host.boot);
  const descriptors = new DescriptorPlan(config, host.descriptorLimit, log);
  void makeRoomForDescriptors(host.descriptorLimit);
  if (host.clocksMissing !== null) log.info({}, `CPU is counted in ticks of 10 ms: ${host.clocksMissing}`);
  const details = new Set(config.processDetails);
  const problems = new ReadProblems((problem) => log.warn(problem, adviceOn(problem)));
  const isShownLater = [config.recordFile, config.reportFile, config.web].some((each) => each !== undefined);
  const hostName = isShownLater
    ? await exportedHostName(config.hostName, surroundings.environment)
    : config.hostName;
  // Before a command is started: a file that cannot be made is bad input.
  const recording =
    config.recordFile === undefined
      ? null
      : (await import('./track/wanted-recording.ts')).openRecording(
          { ...config, recordFile: config.recordFile, hostName },
          { startedUnixMillis: started.unixMillis, startedAtSeconds: started.atSeconds },
          lost,
        );
  const { targets, command, seen } = await openTracked(
    config,
    descriptors,
    surroundings.environment,
    log,
    clock,
    live?.commandStreams,
  );
  // A command keeps the priority that it was started with.
  raisePriority(config.nice, log);
  const sampler = new Sampler(host, targets, problems, {
    nowSeconds: () => clock.monotonicSeconds(),
    showCommandLine: config.showCommandLine,
    names: config.processNames,
    details,
    descriptors: descriptors.shares.processes,
    detailsEveryTicks: Math.round(config.exportIntervalSeconds / config.intervalSeconds),
  });
  const exitRecords = new WantedExitRecords(config.exitRecords, host, log);
  const ledger = new Ledger(budget, wantRanges(config.optionalMetrics), config.intervalSeconds);
  const totals = new RunTotals(ledger, config.summaryRows ?? KEPT_ROWS);
  const pages =
    config.reportFile === undefined && config.web === undefined
      ? null
      : new (await import('./track/wanted-pages.ts')).WantedPages({ ...config, hostName }, clock, ledger);
  const windows = new WindowBuilder(ledger, started.unixMillis, started.atSeconds, {
    processesOfUnit: config.processSeries,
    budget,
  });

  const { cpuBudgetPercent } = config;
  const cpuBudget = cpuBudgetPercent === undefined ? null : new HeldCpuBudget(cpuBudgetPercent, config, log);
  const foldAdvice = new FoldAdvice(config, log);

  /** Loaded once the first sample is taken, so that this comes early. */
  let telemetry: Telemetry | undefined;
  const health = new Health({
    nowSeconds: () => clock.monotonicSeconds(),
    intervalSeconds: () => scheduler.intervalSeconds,
    targetSeen: () => ledger.units.some(({ instances }) => instances > 0),
    delivery: () => telemetry?.counts,
  });
  let recordTick = () => {};
  let samples = 0;
  let windowAtSeconds = started.atSeconds;
  const tick = (full: boolean) => {
    const { atSeconds, unixMillis } = runClock.beginSample();
    // What ended before the first sample is nobody's.
    if (samples === 0) exitRecords.drain();
    // A window that would close between two ticks closes at the nearer one; none is over with the first.
    const isDue = atSeconds >= windowAtSeconds + config.exportIntervalSeconds - scheduler.intervalSeconds / 2;
    const closes = full || (isDue && samples > 0);
    const withFigures = closes || [live, pages].some((view) => view?.figures.isDue(atSeconds));
    const sample = sampler.sample(atSeconds, unixMillis, full, withFigures);
    const exits = exitRecords.drain();
    const usage = ledger.book(sample, exits);
    recording?.record({ sample, exits, closesWindow: closes, progress: progress() });
    samples++;
    descriptors.check(sampler, targets);
    totals.gather();
    pages?.take(usage);
    windows.gather();
    const tickSeconds = clock.monotonicSeconds() - atSeconds;
    recordTick = () => telemetry?.recordTick(usage, tickSeconds);
    recordTick();
    health.noteTick(atSeconds);
    if (closes) {
      windowAtSeconds = atSeconds;
      const window = windows.close(unixMillis, atSeconds);
      foldAdvice.say(window.folded);
      void telemetry?.exportWindow(window, full);
    }
    live?.show(usage, runClock.elapsedSeconds, scheduler, telemetry);
  };
  const progress = (): Progress => ({
    missedSamples: scheduler.missed,
    stretchedSamples: scheduler.throttled,
    exitRecords: exitRecords.counts,
    export: runExport(config, telemetry),
  });
  const facts = (): RunFacts => ({
    ...runClock.times,
    intervalSeconds: config.intervalSeconds,
    samples,
    ...progress(),
  });
  const seldomNeeded = new SeldomNeededMemory(started.atSeconds);
  let defect: unknown;
  // A defect ends the run, but what was collected is not lost: it is summed up, and then the defect is shown.
  const failed = (error: unknown) => {
    defect ??= error;
    end.interrupt();
  };
  const guardedTick = (full: boolean) => {
    try {
      tick(full);
    } catch (error) {
      failed(error);
    }
  };
  let isLastTaken = false;
  const take = (isLast: boolean) => {
    isLastTaken = isLast;
    guardedTick(isLast);
    // The first sample comes before all else is loaded, which is no part of what sampling takes.
    if (samples > 1) cpuBudget?.hold(scheduler, clock.monotonicSeconds());
    seldomNeeded.giveBack(clock.monotonicSeconds());
    command?.checkLeftBehind();
    if (command === undefined && targets.isOver) end.interrupt();
  };
  // The last sample of a command's run is taken when the command has ended, which can be after its time is up.
  const scheduler = new SampleScheduler(
    clock,
    config.intervalSeconds,
    take,
    command === undefined ? config.durationSeconds : 0,
  );

  withoutOptimizing(() => scheduler.begin());
  log.debug({ atSeconds: clock.monotonicSeconds() }, 'first sample');
  const selfFigures = () =>
    selfFiguresOf(scheduler, problems, sampler, exitRecords.counts, cpuBudget !== null);
  // What comes after every first sample is loaded at once: a program that is replaced while it runs still ends well.
  const [{ openTelemetry }, { logSummary, SummaryWriter }] = await Promise.all([
    import('./track/open-telemetry.ts'),
    import('./files/write-summary.ts'),
  ]);
  let endpoint: HttpEndpoint | undefined;
  const clients = { hosts: config.allowedHosts, connections: descriptors.shares.connections };
  try {
    const standardError = live?.standardError ?? surroundings.standardError;
    telemetry = openTelemetry(config, { clock, log, standardError }, selfFigures, started.unixMillis);
    if (config.listen !== undefined) {
      const { openEndpoint } = await import('./track/open-endpoint.ts');
      endpoint = await openEndpoint(config.listen, clients, health, telemetry, log);
    }
    await pages?.open(() => totals.soFar(facts()), clients.connections, log);
  } catch (error) {
    endpoint?.close();
    sampler.close();
    exitRecords.close();
    await command?.stop(clock, end);
    await command?.close(clock, targets);
    throw error;
  }
  recordTick();
  log.info({}, seen);
  log.info({ units: targets.units.slice(0, config.targets.length) }, startLine(config, targets));
  live?.open(ledger, failed);
  scheduler.proceed();
  // After the first sample, so that all of it is watched.
  if (command !== undefined) {
    command.start(`${host.procRoot}/${command.pid}`);
    sampler.refreshNames(command.pid);
  }
  await runClock.isOver(end, scheduler, command, config.durationSeconds);
  live?.close();
  await command?.stop(clock, end);
  scheduler.stop();
  if (defect === undefined && !isLastTaken) guardedTick(true);
  const ofCommand = command === undefined ? null : { exitCode: command.exitCode ?? null };
  const document = totals.document({ ...facts(), command: ofCommand });
  const summary = new SummaryWriter(config, surroundings.standardOutput, lost);
  const { standardError } = surroundings;
  // Before waiting for the collector: a kubelet or an impatient person may not wait that long.
  const shown = summary
    .start(document)
    // People at a terminal have the summary itself.
    .then(() => {
      const what = config.logSummary ?? (standardError.isTTY ? 'none' : 'units');
      return logSummary(document, log, what, { stream: standardError, hurried: end.hurried });
    });
  const delivered = telemetry.shutdown(config.shutdownTimeoutSeconds);
  await Promise.race([Promise.all([delivered, shown]), end.hurried]);
  await telemetry.shutdown(0);
  const final = { ...document, export: runExport(config, telemetry) };
  await recording?.close(runClock.times.endedUnixMillis, progress(), ofCommand);
  await pages?.end(final, lost);
  endpoint?.close();
  await command?.close(clock, targets);
  sampler.close();
  exitRecords.close();
  await shown;
  await summary.finish(final);
  if (defect !== undefined) throw defect;
  // A command that failed is what the caller wants to know first.
  if (command?.exitCode) return command.exitCode;
  if (lost.isAny) return EXIT.NOT_WRITTEN;
  if (command?.exitCode === 0 || hasData(final, ledger)) return EXIT.DONE;
  log.error(
    {},
    adviceWithoutData(config, (unit) => targets.nearNames(unit)),
  );
  return EXIT.NEGATIVE;
}

function raisePriority(nice: number | undefined, log: Log): void {
  const refused = setNice(nice);
  if (refused === null) return;
  const fields = { nice, code: refused };
  if (nice === undefined) log.debug(fields, 'the priority was not raised');
  else log.warn(fields, `--nice ${nice} cannot be set (${refused}): it takes CAP_SYS_NICE or RLIMIT_NICE`);
}
