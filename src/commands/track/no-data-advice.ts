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
        return `${unit}: its cgroup is there, but no process was seen in it: it may be empty, or ${printable(config.procRoot)} is mounted with hidepid`;
      const hint = near.length > 0 ? `; near it: ${near.join(', ')}` : '';
      return `${unit}: is the name right, and is it running (systemctl status ${unit})? No cgroup below ${root} has its name${hint}`;
    }
    case 'units':
      return checkOfPattern(target.pattern, root, suggestions(target.pattern));
    case 'cgroup':
      return `cgroup ${printable(target.path)}: is there such a directory below ${root}, with processes in it?`;
    case 'pod':
      return `pod ${target.uid}: is it of this node, and is ${root} a mount of the node's whole cgroup tree? No cgroup below it is named pod${target.uid} or …-pod${target.uid.replaceAll('-', '_')}.slice`;
    case 'pid':
      return `PID ${target.pid}: does it run (ls ${printable(config.procRoot)}/${target.pid})?`;
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
  const hint = near.length > 0 ? `; near it: ${names}` : '';
  return `${shown}: is the pattern right, and does a unit run that it matches (systemctl list-units '${shown}')? No cgroup below ${root} has such a name${hint}`;
}

/** Rows, or CPU of lives that were over before a sample could see them, be it shared with others'. */
export function hasData({ units }: RunDocument, ledger: Ledger): boolean {
  if (units.some(({ processes, exited }) => processes.length > 0 || exited.length > 0)) return true;
  return ledger.units.some(({ endedSeconds }) => endedSeconds > 0);
}
