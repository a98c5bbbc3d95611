import type { Config, TargetName } from '../../config/config.ts';
import { UnitPattern } from '../../discovery/units/unit-pattern.ts';
import type { RunDocument } from '../../ledger/document/run-document.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { printable } from '../../text/printable.ts';

/** What to check when a run ends without having seen a process: one line, then one for each target. */
export function adviceWithoutData(config: Config, suggestions: (unit: string) => readonly string[]): string {
  const lines = config.targets.map((target) => `  ${checkOf(target, config, suggestions)}`);
  return [
    'No matching process data collected. What to check:',
    ...lines,
    '  in a container: the host’s PID namespace (hostPID: true, --pid host), and the mounts behind --proc-root and --cgroup-root',
  ].join('\n');
}

function checkOf(
  target: TargetName,
  config: Config,
  suggestions: (unit: string) => readonly string[],
): string {
  const root = printable(config.cgroupRoot);
  switch (target.kind) {
    case 'unit': {
      const unit = printable(target.name);
      const near = suggestions(target.name).map(printable);
      if (near.includes(unit))
        return `${unit}: its cgroup exists, but no process was seen in it: it is empty, or ${printable(config.procRoot)} is mounted with hidepid`;
      const hint = near.length > 0 ? `; similar: ${near.join(', ')}` : '';
      return `${unit}: no cgroup below ${root} has this name; check the name, and whether it is running (systemctl status ${unit})${hint}`;
    }
    case 'units':
      return checkOfPattern(target.pattern, root, suggestions(target.pattern));
    case 'cgroup':
      return `cgroup ${printable(target.path)}: check that this directory exists below ${root} and has processes`;
    case 'pod':
      return `pod ${target.uid}: no cgroup below ${root} is named pod${target.uid} or …-pod${target.uid.replaceAll('-', '_')}.slice; check that the pod is on this node, and that ${root} is the node's whole cgroup tree`;
    case 'pid':
      return `PID ${target.pid}: not found in ${printable(config.procRoot)}; check that it is running`;
    case 'command':
      return `command ${printable(target.argv[0])}: it ended before it could be sampled`;
  }
}

function checkOfPattern(text: string, root: string, near: readonly string[]): string {
  const shown = printable(text);
  const pattern = new UnitPattern(text);
  const matching = near.filter((name) => pattern.matches(name)).map(printable);
  if (matching.length > 0) return `${shown}: matches ${matching.join(', ')}, but no process was seen there`;
  const names = near.map(printable).join(', ');
  const hint = near.length > 0 ? `; similar: ${names}` : '';
  return `${shown}: no cgroup below ${root} matches; check the pattern, and whether a matching unit is running (systemctl list-units '${shown}')${hint}`;
}

/** Whether there are rows, or CPU of instances that ended before any sample, shared CPU included. */
export function hasData({ units }: RunDocument, ledger: Ledger): boolean {
  if (units.some(({ processes, exited }) => processes.length > 0 || exited.length > 0)) return true;
  return ledger.units.some(({ endedSeconds }) => endedSeconds > 0);
}
