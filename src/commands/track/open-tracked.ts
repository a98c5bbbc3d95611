import { basename } from 'node:path';
import type { Config } from '../../config/config.ts';
import type { Environment } from '../../config/environment.ts';
import { type OpenedTargets, openTargets } from '../../discovery/open-targets.ts';
import type { CommandStreams } from '../../discovery/processes/launched-command.ts';
import { describeFinding } from '../../discovery/targets/findings.ts';
import type { TargetRequest } from '../../discovery/targets/targets.ts';
import { describeView, findViewProblems } from '../../discovery/view-findings.ts';
import { findCgroupLayout } from '../../host/cgroup/layout.ts';
import type { Clock } from '../../host/clock.ts';
import { HostError } from '../../host/host.ts';
import type { Log } from '../../text/log.ts';
import type { RunTraces } from '../../traces/run-traces.ts';
import type { DescriptorPlan } from './descriptor-plan.ts';
import { hostLine } from './start-line.ts';
import type { TrackedCommand } from './tracked-command.ts';

/** Standard output and standard error of this program. */
const STDOUT = 1;
const STDERR = 2;
/** Samples after which nothing more is booked to an ended unit. */
const SETTLING_TICKS = 200;

/** The targets of a run. */
export interface Tracked {
  readonly targets: OpenedTargets;
  /** The command, which waits at its gate; undefined without a command. */
  readonly command: TrackedCommand | undefined;
  /** The visible host, in one sentence. */
  readonly seen: string;
}

/**
 * Opens the targets of the configuration; `environment` is this program's. `commandStreams` returns the streams of a
 * command, given the descriptor for its standard output. Throws HostError if units or cgroups are named and
 * the cgroup root holds no tree.
 */
export async function openTracked(
  config: Config,
  descriptors: DescriptorPlan,
  environment: Environment,
  log: Log,
  clock: Clock,
  commandStreams: (standardOutput: number) => CommandStreams = plainStreams,
  traces: RunTraces | null,
): Promise<Tracked> {
  const layout = findCgroupLayout(config.cgroupRoot);
  const asks = (...kinds: string[]) => config.targets.some((target) => kinds.includes(target.kind));
  const asksForUnits = asks('unit', 'units');
  const asksForCgroups = asksForUnits || asks('cgroup', 'pod');
  if (layout.kind === 'none' && asksForCgroups) throw new HostError(layout.message);
  const view = findViewProblems(
    config.procRoot,
    layout.kind === 'none' || !asksForCgroups ? null : layout,
    asksForUnits,
  );
  for (const finding of view) log.warn({ finding: finding.kind }, describeView(finding));
  const unitRoot = layout.kind === 'v2' || layout.kind === 'hybrid' ? layout.unitRoot : null;

  let command: TrackedCommand | undefined;
  const requests: TargetRequest[] = [];
  for (const target of config.targets) {
    if (target.kind !== 'command') {
      requests.push(target);
      continue;
    }
    const { TrackedCommand } = await import('./tracked-command.ts');
    // Standard output has only the summary, unless the summary is written elsewhere.
    const keepsOutput = config.summary === 'none' || config.summaryFile !== undefined;
    const streams = commandStreams(keepsOutput ? STDOUT : STDERR);
    const withheld = config.withheldVariables;
    if (withheld.length > 0) {
      const advice = '--pass-credentials passes them on';
      log.info({ withheld }, `the command does not inherit ${withheld.join(', ')}; ${advice}`);
    }
    const inherited = without(environment, withheld);
    command = await TrackedCommand.prepare(
      target.argv,
      traces?.commandEnvironment(inherited) ?? inherited,
      unitRoot,
      streams,
      log,
    );
    traces?.expectCommand(command.pid);
    const label = basename(target.argv[0]);
    requests.push(
      command.cgroup === null
        ? { kind: 'pid', pid: command.pid, label }
        : { kind: 'cgroup', path: command.cgroup, label },
    );
  }
  const targets = openTargets({
    targets: requests,
    layout: layout.kind === 'none' ? null : layout,
    procRoot: config.procRoot,
    mostDescriptors: descriptors.shares.cgroups,
    keepGone: keepGoneFor(config),
    monotonicSeconds: () => clock.monotonicSeconds(),
    report: (finding) => log.warn({ finding: finding.kind }, describeFinding(finding)),
  });
  if (config.durationSeconds > 0) command?.followLeftBehind(targets);
  const seen = hostLine(config, layout.kind === 'none' ? null : layout, descriptors.limit);
  return { targets, command, seen };
}

function plainStreams(standardOutput: number): CommandStreams {
  return { input: 'inherit', output: standardOutput, error: STDERR };
}

/**
 * Refreshes for which a unit of a pattern keeps its slot after its end: until everything is in a window that was
 * exported.
 */
function keepGoneFor({ exportIntervalSeconds, intervalSeconds }: Config): number {
  return SETTLING_TICKS + Math.ceil((2 * exportIntervalSeconds) / intervalSeconds);
}

function without(environment: Environment, names: readonly string[]): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !names.includes(name)));
}
