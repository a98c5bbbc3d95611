import { accessSync, constants } from 'node:fs';
import type { TargetName } from '../../config/config.ts';
import { openTargets } from '../../discovery/open-targets.ts';
import { SHELL } from '../../discovery/processes/launched-command.ts';
import { describeFinding } from '../../discovery/targets/findings.ts';
import type { TargetRequest } from '../../discovery/targets/targets.ts';
import type { CgroupLayout } from '../../host/cgroup/layout.ts';
import { printable } from '../../text/printable.ts';
import { counted } from '../../views/format.ts';
import { similarNames } from '../track/advice.ts';
import { type Check, everywhere, type Fix, fail, ok, warn } from './check.ts';

type Target = Exclude<TargetName, { kind: 'command' }>;

/** The targets that were found, with their processes. */
export interface FoundTargets {
  readonly checks: readonly Check[];
  readonly pids: readonly number[];
  /** Cgroup files that a run reads in every sample. */
  readonly cgroupFiles: number;
}

/** Searches the targets like a run does. */
export function checkTargets(
  targets: readonly Target[],
  layout: CgroupLayout | null,
  procRoot: string,
): FoundTargets {
  const remarks: string[] = [];
  const opened = openTargets({
    targets: targets satisfies readonly TargetRequest[],
    layout,
    procRoot,
    report: (finding) => remarks.push(describeFinding(finding)),
    events: null,
  });
  try {
    const members = opened.instances.map((instance) => {
      const pids: number[] = [];
      instance.listMembers({ push: (pid) => void pids.push(pid) });
      return { unit: instance.unit, pids };
    });
    const checks = targets.map((target, place) => {
      const asked = opened.units[place]!;
      const own = members.filter(
        ({ unit }) => unit === asked || opened.origins[opened.units.indexOf(unit)]?.pattern === place,
      );
      return checkOf(target, asked, own, opened.suggestions(asked));
    });
    // Their text already has the meaning and the fix.
    const asWarnings = [...new Set(remarks)].map(
      (found): Check => ({ name: 'target', outcome: 'warn', found, meaning: null, fix: null }),
    );
    const pids = [...new Set(members.flatMap((member) => member.pids))];
    return { checks: [...checks, ...asWarnings], pids, cgroupFiles: opened.cgroupFiles };
  } finally {
    opened.close();
  }
}

function checkOf(
  target: Target,
  asked: string,
  found: readonly { readonly pids: readonly number[] }[],
  suggestions: readonly string[],
): Check {
  const shown = printable(asked);
  const processes = found.reduce((sum, { pids }) => sum + pids.length, 0);
  const units = target.kind === 'units' ? `${counted(found.length, 'unit')}, ` : '';
  if (found.length > 0 && processes > 0)
    return ok('target', `${shown}: ${units}${counted(processes, 'process', 'processes')}`);
  if (found.length > 0) {
    const meaning = 'its cgroup exists, but it is empty, or its processes are not visible from here';
    return warn('target', `${shown}: ${units}no process`, meaning, {
      docker: '--pid host',
      kubernetes: 'hostPID: true (the chart has it in mode daemonset)',
      host: statusCommandOf(target),
    });
  }
  const near = suggestions.map(printable);
  const meaning = 'unitledger waits for it; there are no metrics until then';
  return warn('target', `${shown}: not found${similarNames(near)}`, meaning, fixOfMissing(target));
}

function fixOfMissing(target: Target): Fix {
  if (target.kind !== 'pod') return everywhere(`on the host: ${statusCommandOf(target)}`);
  const uid = "kubectl get pod POD -o jsonpath='{.metadata.uid}'";
  return everywhere(
    `compare with ${uid}; the pod must be on this node, and --cgroup-root the node's whole tree`,
  );
}

/** Checks that a run can start COMMAND. The command itself is searched by the shell. */
export function checkCommand(program: string): Check {
  const command = `command ${printable(program)}`;
  try {
    accessSync(SHELL, constants.X_OK);
    return ok('target', `${command}: started by the run`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return fail(
      'target',
      `${command}: ${SHELL}, which starts it, cannot be run (${code})`,
      'a run ends without starting the command',
      everywhere(
        'an image with a shell and the command; or track what is running already, with --pid or --cgroup',
      ),
    );
  }
}

/** The command that shows the state of a target on the host. */
function statusCommandOf(target: Target): string {
  switch (target.kind) {
    case 'unit':
      return `systemctl status '${printable(target.name)}'`;
    case 'units':
      return `systemctl list-units '${printable(target.pattern)}'`;
    case 'cgroup':
      return `systemd-cgls '${printable(target.path)}'`;
    case 'pod':
      return 'crictl pods';
    case 'pid':
      return `ps ${target.pid}`;
  }
}
