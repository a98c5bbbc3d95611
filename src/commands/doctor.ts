import type { DoctorConfig } from '../config/commands/doctor.ts';
import { EXIT } from '../config/exit-codes.ts';
import { listProcesses } from '../host/proc/process-list.ts';
import type { CommandContext } from './command-context.ts';
import { checkCgroups } from './doctor/cgroup-checks.ts';
import { type Check, everywhere, fail } from './doctor/check.ts';
import { checkEndpoints, checkSpool } from './doctor/delivery-checks.ts';
import { checkHost } from './doctor/host-checks.ts';
import { currentPlace } from './doctor/place.ts';
import { examinationAsJson, examinationAsTable, outcomeOf } from './doctor/report.ts';
import { checkCapabilities, checkDescriptors, checkExitRecords, checkIo } from './doctor/rights-checks.ts';
import { checkCommand, checkTargets } from './doctor/target-checks.ts';
import { written } from './files/output.ts';
import { VERSION } from './version.ts';

/** Checks what a run needs and prints the result to standard output. Resolves to the exit code. Throws OutputError. */
export async function doctor(config: DoctorConfig, context: CommandContext): Promise<number> {
  const { clock, log, standardOutput, environment } = context;
  for (const warning of config.warnings) log.warn({}, warning);
  const checks = await examine(config, context);
  const place = currentPlace(environment);
  const examination = { version: VERSION, atUnixMillis: clock.unixMillis(), place, checks };
  const text = config.format === 'json' ? examinationAsJson(examination) : examinationAsTable(examination);
  await written(standardOutput, text);
  return outcomeOf(checks) === 'fail' ? EXIT.NEGATIVE : EXIT.DONE;
}

async function examine(config: DoctorConfig, context: CommandContext): Promise<readonly Check[]> {
  const { targets, program, procRoot, cgroupRoot, exitRecords, spoolDirectory } = config;
  const hasNone = targets.length === 0 && program === undefined;
  const asks = (...kinds: string[]) => targets.some(({ kind }) => kinds.includes(kind));
  const wantsUnits = hasNone || asks('unit', 'units');
  const isForItself = !hasNone && !asks('unit', 'units', 'cgroup');

  const checks: Check[] = [...checkHost(procRoot, isForItself)];
  const seesProcesses = checks[0]!.outcome !== 'fail';
  const { checks: ofCgroups, layout } = checkCgroups(procRoot, cgroupRoot, wantsUnits);
  // Targets that are processes need no cgroup tree.
  if (targets.length === 0 || asks('unit', 'units', 'cgroup', 'pod')) checks.push(...ofCgroups);
  checks.push(checkCapabilities(procRoot, exitRecords === 'on'));
  if (seesProcesses) {
    const found = checkTargets(targets, layout, procRoot);
    const hasTargets = found.pids.length > 0;
    checks.push(checkIo(procRoot, hasTargets ? found.pids : allPids(procRoot), hasTargets));
    checks.push(...found.checks);
    checks.push(checkDescriptors(found.pids.length, found.cgroupFiles));
    if (exitRecords !== 'off')
      checks.push(await checkExitRecords(procRoot, exitRecords, config.traces !== undefined));
  }
  if (program !== undefined) checks.push(checkCommand(program));
  if (hasNone) checks.push(noTarget());
  if (config.outputFault !== null) checks.push(noOutput(config.outputFault));
  if (spoolDirectory !== undefined) checks.push(checkSpool(spoolDirectory, config.spoolBytes));
  checks.push(...(await checkEndpoints(config, context)));
  return checks;
}

function allPids(procRoot: string): readonly number[] {
  const pids: number[] = [];
  listProcesses(procRoot, { push: (pid) => void pids.push(pid) });
  return pids;
}

function noOutput(why: string): Check {
  return fail(
    'files',
    why,
    'a run does not start',
    everywhere('create the directory (StateDirectory= in a systemd service), or name another file'),
  );
}

/** A run without a target ends with exit code 2. */
function noTarget(): Check {
  return fail(
    'target',
    'none named',
    'a run does not start without a target',
    everywhere(
      'name a target: --service NAME, --cgroup PATH, --pod-uid UID or --pid PID; for a run of COMMAND, append -- COMMAND',
    ),
  );
}
