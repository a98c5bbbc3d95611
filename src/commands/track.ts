import type { Config } from '../config/config.ts';
import { EXIT } from '../config/exit-codes.ts';
import { READ_FAILURES, type ReadFailure } from '../host/read-failure.ts';
import type { RunDocument } from '../ledger/document/run-document.ts';
import type { RunFacts } from '../ledger/run/run-totals.ts';
import type { Progress } from '../recording/recorded-tick.ts';
import { SampleScheduler } from '../sampling/sample-scheduler.ts';
import { Health } from '../telemetry/endpoint/health.ts';
import type { HttpEndpoint } from '../telemetry/endpoint/http-endpoint.ts';
import type { SelfFigures, Telemetry } from '../telemetry/telemetry.ts';
import type { CommandContext } from './command-context.ts';
import { adviceWithoutData, FoldAdvice, hasData } from './track/advice.ts';
import { CpuBudgetController } from './track/cpu-budget-controller.ts';
import { MemoryTrimmer } from './track/memory-trimmer.ts';
import type { openTelemetry } from './track/open-telemetry.ts';
import { runExport } from './track/run-export.ts';
import { openParts, type RunParts } from './track/run-parts.ts';
import { startLine } from './track/start-line.ts';
import { keepHeapTight } from './track/tight-heap.ts';

/**
 * The main command: tracks the targets until the run ends and writes the summary. Resolves to the exit code. Throws HostError for
 * unusable roots, TelemetrySetupError for unusable variables, and ConfigError without a terminal for
 * `--live`, before the command has begun.
 */
export async function track(config: Config, context: CommandContext): Promise<number> {
  // Before anything else: the start of Node itself needs more pages than all that follows.
  const memoryTrimmer = new MemoryTrimmer(context.clock.monotonicSeconds());
  memoryTrimmer.releaseFiles();
  const live = config.live ? new (await import('./track/live.ts')).Live(config, context) : null;
  try {
    const run = new TrackRun(await openParts(config, context, live), memoryTrimmer);
    await run.begin();
    await run.untilOver();
    return await run.finish();
  } finally {
    live?.close();
  }
}

/**
 * One run: `begin` takes the first sample and opens the outputs, `untilOver` takes the others, `finish` writes the summary.
 * Each once, in this order.
 */
class TrackRun {
  readonly #parts: RunParts;
  readonly #scheduler: SampleScheduler;
  readonly #health: Health;
  readonly #cpuBudget: CpuBudgetController | null;
  readonly #foldAdvice: FoldAdvice;
  readonly #memoryTrimmer: MemoryTrimmer;
  /** Loaded after the first sample, so that the first sample is early. */
  #telemetry: Telemetry | undefined;
  #endpoint: HttpEndpoint | undefined;
  #writing: Pick<typeof import('./files/write-summary.ts'), 'logSummary' | 'SummaryWriter'> | undefined;
  /** Shows the last tick to telemetry: the first one is taken before telemetry is loaded. */
  #recordTick = () => {};
  #samples = 0;
  /** Processes after the last sample. */
  #processes = 0;
  #windowAtSeconds: number;
  #isLastTaken = false;
  /** A defect ends the run, but the collected data is not lost: the summary is written, then the defect is reported. */
  #defect: unknown;

  constructor(parts: RunParts, memoryTrimmer: MemoryTrimmer) {
    const { config, log, ledger, command, runClock, context } = parts;
    const { clock } = context;
    this.#parts = parts;
    this.#windowAtSeconds = runClock.started.atSeconds;
    this.#foldAdvice = new FoldAdvice(config, log);
    this.#memoryTrimmer = memoryTrimmer;
    const { cpuBudgetPercent } = config;
    this.#cpuBudget =
      cpuBudgetPercent === undefined ? null : new CpuBudgetController(cpuBudgetPercent, config, log);
    // The last sample of a command's run is taken when the command has ended, which can be after its time is up.
    const duration = command === undefined ? config.durationSeconds : 0;
    this.#scheduler = new SampleScheduler(
      clock,
      config.intervalSeconds,
      (isLast) => this.#take(isLast),
      duration,
    );
    this.#health = new Health({
      nowSeconds: () => clock.monotonicSeconds(),
      intervalSeconds: () => this.#scheduler.intervalSeconds,
      targetSeen: () => ledger.units.some(({ instances }) => instances > 0),
      delivery: () => this.#telemetry?.counts,
    });
  }

  /** Takes the first sample, opens the outputs, and starts the command. Throws if an output cannot be opened. */
  async begin(): Promise<void> {
    const { config, log, live, ledger, targets, seen, command, sampler, procRoot, context } = this.#parts;
    const { recording } = this.#parts;
    this.#scheduler.begin();
    log.debug({ atSeconds: context.clock.monotonicSeconds() }, 'first sample');
    // Modules for the end of a run are loaded now, so that a program whose files are replaced during a run still ends properly.
    const [{ openTelemetry }, { logSummary, SummaryWriter }] = await Promise.all([
      import('./track/open-telemetry.ts'),
      import('./files/write-summary.ts'),
    ]);
    this.#writing = { logSummary, SummaryWriter };
    try {
      await this.#openWaysOut(openTelemetry);
      recording?.open();
    } catch (error) {
      await this.#abandon();
      throw error;
    }
    this.#recordTick();
    log.info({}, seen);
    log.info({ units: targets.units.slice(0, config.targets.length) }, startLine(config, targets));
    live?.open(ledger, (error) => this.#fail(error));
    // Loading the outputs is the other peak of the start.
    this.#memoryTrimmer.releaseFiles();
    this.#scheduler.proceed();
    if (command === undefined) return;
    // After the first sample, so that the whole command is tracked.
    this.#parts.traces?.beginCommand(context.clock.monotonicSeconds());
    command.start(`${procRoot}/${command.pid}`);
    sampler.refreshNames(command.pid);
  }

  async #openWaysOut(open: typeof openTelemetry): Promise<void> {
    const { config, context, log, live, pages, totals, traces } = this.#parts;
    const { clock } = context;
    const { connections } = this.#parts.descriptors.shares;
    const standardError = live?.standardError ?? context.standardError;
    const selfFigures = () => this.#selfFigures();
    const startedUnixMillis = this.#parts.runClock.started.unixMillis;
    const telemetry = open(config, { clock, log, standardError }, selfFigures, startedUnixMillis);
    this.#telemetry = telemetry;
    if (config.listen !== undefined) {
      const { openEndpoint } = await import('./track/open-endpoint.ts');
      const clients = { hosts: config.allowedHosts, connections };
      this.#endpoint = await openEndpoint(config.listen, clients, this.#health, telemetry, log);
    }
    if (traces !== null) {
      const { openTraces } = await import('./track/open-traces.ts');
      openTraces(traces, config, { clock, log, standardError });
    }
    await pages?.open(() => totals.soFar(this.#facts()), connections, log);
  }

  /** Closes everything, without a summary. */
  async #abandon(): Promise<void> {
    const { sampler, kernelEvents, command, targets, context } = this.#parts;
    const { clock, end } = context;
    this.#endpoint?.close();
    sampler.close();
    kernelEvents.close();
    await command?.stop(clock, end);
    await command?.close(clock, targets);
  }

  /** Resolves at the end of the duration, of the command or of the targets, or after an interruption; all samples are taken then. */
  async untilOver(): Promise<void> {
    const { config, context, live, command, runClock } = this.#parts;
    const { clock, end } = context;
    await runClock.isOver(end, this.#scheduler, command, config.durationSeconds);
    live?.close();
    await command?.stop(clock, end);
    this.#scheduler.stop();
    if (this.#defect !== undefined || this.#isLastTaken) return;
    // If a unit has ended, the accounts of all its processes are closed at once, which needs memory.
    keepHeapTight();
    this.#guardedTick(true);
  }

  /** Writes the summary, sends buffered windows, closes everything. Resolves to the exit code; throws the defect that ended the run. */
  async finish(): Promise<number> {
    const { config, log, lost, runClock, recording, pages, totals, context } = this.#parts;
    const { command, targets, sampler, kernelEvents, ledger, traces } = this.#parts;
    const { clock, end, standardError, standardOutput } = context;
    const telemetry = this.#telemetry!;
    const { SummaryWriter, logSummary } = this.#writing!;
    const relaxHeap = this.#releaseBooks();
    const ofCommand = command === undefined ? null : { exitCode: command.exitCode ?? null };
    const document = totals.document({ ...this.#facts(), command: ofCommand });
    const summary = new SummaryWriter(config, standardOutput, lost);
    // People at a terminal have the summary itself.
    const logged = config.logSummary ?? (standardError.isTTY ? 'none' : 'units');
    // Before waiting for the collector: a kubelet or an impatient person may not wait that long.
    const shown = summary
      .start(document)
      .then(() => logSummary(document, log, logged, { stream: standardError, hurried: end.hurried }));
    traces?.finish(runClock.lastAtSeconds, ledger, ofCommand?.exitCode ?? null);
    const ways = [telemetry, traces].filter((way) => way !== null);
    const delivered = ways.map((way) => way.shutdown(config.shutdownTimeoutSeconds));
    await Promise.race([Promise.all([...delivered, shown]), end.hurried]);
    await Promise.all(ways.map((way) => way.shutdown(0)));
    const traceExport = traces?.counts ?? null;
    const final = { ...document, export: runExport(config, telemetry), traces: traceExport };
    await recording?.close(runClock.times.endedUnixMillis, this.#progress(), ofCommand);
    await pages?.end(final, lost);
    this.#endpoint?.close();
    await command?.close(clock, targets);
    sampler.close();
    kernelEvents.close();
    await shown;
    await summary.finish(final);
    relaxHeap();
    this.#memoryTrimmer.end();
    if (this.#defect !== undefined) throw this.#defect;
    return this.#exitCode(final);
  }

  /** Releases the state that only another sample would need, and keeps the heap small. Returns a function that ends the latter. */
  #releaseBooks(): () => void {
    const { sampler, ledger } = this.#parts;
    this.#recordTick = () => {};
    sampler.closeProcesses();
    ledger.release();
    const relaxHeap = keepHeapTight();
    this.#memoryTrimmer.release();
    return relaxHeap;
  }

  /** The exit code of a failed command takes precedence. */
  #exitCode(document: RunDocument): number {
    const { config, log, lost, command, targets, ledger } = this.#parts;
    if (command?.exitCode) return command.exitCode;
    if (lost.isAny) return EXIT.NOT_WRITTEN;
    if (command?.exitCode === 0 || hasData(document, ledger)) return EXIT.DONE;
    log.error(
      {},
      adviceWithoutData(config, (unit) => targets.suggestions(unit)),
    );
    return EXIT.NEGATIVE;
  }

  /** Takes a sample at its time. */
  #take(isLast: boolean): void {
    const { command, targets, context } = this.#parts;
    const { clock, end } = context;
    this.#isLastTaken = isLast;
    this.#guardedTick(isLast);
    // The first sample precedes the loading of other modules, which must not count as the cost of sampling.
    if (this.#samples > 1) {
      this.#cpuBudget?.hold(this.#scheduler, clock.monotonicSeconds());
      this.#memoryTrimmer.trim(clock.monotonicSeconds(), this.#processes);
    }
    command?.checkLeftBehind();
    if (command === undefined && targets.isOver) end.interrupt();
  }

  #guardedTick(isLast: boolean): void {
    try {
      this.#tick(isLast);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#defect ??= error;
    this.#parts.context.end.interrupt();
  }

  /** Samples, books, and passes the result on. `isLast`: everything is read again, and the last window closes. */
  #tick(isLast: boolean): void {
    const { live, pages, sampler, kernelEvents, ledger, recording, descriptors, targets, totals, windows } =
      this.#parts;
    const { runClock, context, traces } = this.#parts;
    const { atSeconds, unixMillis } = runClock.beginSample();
    // Exits before the first sample are booked nowhere.
    if (this.#samples === 0) kernelEvents.skip();
    const closes = isLast || this.#isWindowDue(atSeconds);
    const withFigures = closes || [live, pages].some((view) => view?.figures.isDue(atSeconds));
    const sample = sampler.sample(atSeconds, unixMillis, isLast, withFigures);
    const exits = kernelEvents.drainExits();
    const events = kernelEvents.drainEvents(sample);
    const usage = ledger.book(sample, exits, events);
    traces?.take({ sample, exits, events }, ledger, closes && !isLast);
    recording?.record({ sample, exits, events, closesWindow: closes, progress: this.#progress() });
    this.#samples++;
    this.#processes = usage.liveCount;
    descriptors.check(sampler, targets);
    totals.gather();
    pages?.take(usage);
    windows.gather();
    const tickSeconds = context.clock.monotonicSeconds() - atSeconds;
    this.#recordTick = () => this.#telemetry?.recordTick(usage, tickSeconds);
    this.#recordTick();
    this.#health.noteTick(atSeconds);
    if (closes) this.#closeWindow(unixMillis, atSeconds, isLast);
    live?.show(usage, runClock.elapsedSeconds, this.#scheduler, this.#telemetry);
  }

  /** A window that would close between two ticks closes at the nearer one; none closes with the first tick. */
  #isWindowDue(atSeconds: number): boolean {
    const { exportIntervalSeconds } = this.#parts.config;
    const dueSeconds = this.#windowAtSeconds + exportIntervalSeconds - this.#scheduler.intervalSeconds / 2;
    return atSeconds >= dueSeconds && this.#samples > 0;
  }

  #closeWindow(unixMillis: number, atSeconds: number, isLast: boolean): void {
    this.#windowAtSeconds = atSeconds;
    const window = this.#parts.windows.close(unixMillis, atSeconds);
    this.#foldAdvice.say(window.folded);
    void this.#telemetry?.exportWindow(window, isLast);
  }

  /** Current metrics of the program itself. */
  #selfFigures(): SelfFigures {
    const { problems, sampler, kernelEvents } = this.#parts;
    const { missed, throttled, intervalSeconds } = this.#scheduler;
    const { user, system } = process.cpuUsage();
    const readFailures = Object.fromEntries(
      READ_FAILURES.map((failure) => [failure, problems.countOf(failure)]),
    ) as Record<ReadFailure, number>;
    return {
      missedTicks: missed,
      throttledTicks: this.#cpuBudget === null ? null : throttled,
      sampleIntervalSeconds: intervalSeconds,
      readFailures,
      trackedProcesses: sampler.trackedProcesses,
      exitRecords: kernelEvents.recordCounts,
      processEvents: kernelEvents.eventCounts,
      userCpuSeconds: user / 1e6,
      systemCpuSeconds: system / 1e6,
      memoryBytes: process.memoryUsage.rss(),
    };
  }

  #progress(): Progress {
    return {
      missedSamples: this.#scheduler.missed,
      stretchedSamples: this.#scheduler.throttled,
      exitRecords: this.#parts.kernelEvents.recordCounts,
      processEvents: this.#parts.kernelEvents.eventCounts,
      kernelEventsStoppedAtSeconds: this.#parts.kernelEvents.stoppedAtSeconds,
      export: runExport(this.#parts.config, this.#telemetry),
      traces: this.#parts.traces?.counts ?? null,
    };
  }

  #facts(): RunFacts {
    const { runClock, config } = this.#parts;
    return {
      ...runClock.times,
      intervalSeconds: config.intervalSeconds,
      samples: this.#samples,
      ...this.#progress(),
    };
  }
}
