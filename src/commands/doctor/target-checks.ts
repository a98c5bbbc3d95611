import type { TargetName } from '../../config/config.ts';
import { openTargets } from '../../discovery/open-targets.ts';
import { describeFinding } from '../../discovery/targets/findings.ts';
import type { TargetRequest } from '../../discovery/targets/targets.ts';
import type { CgroupLayout } from '../../host/cgroup/layout.ts';
import { printable } from '../../text/printable.ts';
import { counted } from '../../views/format.ts';
import { similarNames } from '../track/advice.ts';
import { type Check, everywhere, ok, warn } from './check.ts';

/** The targets that were found, with their processes. */
export interface FoundTargets {
  readonly checks: readonly Check[];
  readonly pids: readonly number[];
  /** Cgroup files that a run reads in every sample. */
  readonly cgroupFiles: number;
}

/** Searches the targets like a run does. */
export function checkTargets(
  targets: readonly Exclude<TargetName, { kind: 'command' }>[],
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
    const checks = opened.origins.flatMap(({ kind }, place): Check[] => {
      if (kind === 'matched') return [];
      const asked = opened.units[place]!;
      const own =
        kind === 'pattern'
          ? members.filter(
              ({ unit }) => unit === asked || opened.origins[opened.units.indexOf(unit)]?.pattern === place,
            )
          : members.filter(({ unit }) => unit === asked);
      return [checkOf(asked, own, kind === 'pattern', (unit) => opened.suggestions(unit))];
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
  asked: string,
  found: readonly { readonly pids: readonly number[] }[],
  isPattern: boolean,
  suggestions: (unit: string) => readonly string[],
): Check {
  const shown = printable(asked);
  const processes = found.reduce((sum, { pids }) => sum + pids.length, 0);
  const units = isPattern ? `${counted(found.length, 'unit')}, ` : '';
  if (found.length > 0 && processes > 0)
    return ok('target', `${shown}: ${units}${counted(processes, 'process', 'processes')}`);
  if (found.length > 0) {
    const meaning = 'its cgroup exists, but it is empty, or its processes are not visible from here';
    return warn('target', `${shown}: ${units}no process`, meaning, {
      docker: '--pid host',
      kubernetes: 'hostPID: true (the chart has it in mode daemonset)',
      host: `systemctl status ${shown}`,
    });
  }
  const near = suggestions(asked).map(printable);
  const meaning = 'unitledger waits for it; there are no metrics until then';
  return warn(
    'target',
    `${shown}: not found${similarNames(near)}`,
    meaning,
    everywhere(`on the host: systemctl status '${shown}'`),
  );
}
