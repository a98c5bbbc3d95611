import { isGlob } from '../text/glob.ts';
import type { TargetName } from './config.ts';
import { ConfigError, shown } from './config-error.ts';
import type { ReadValue, ReadValues } from './given.ts';

const KINDS = { service: 'unit', cgroup: 'cgroup', pid: 'pid', 'pod-uid': 'pod' } as const;

interface Named {
  readonly target: TargetName;
  /** Identity of the target, to detect duplicates. */
  readonly label: string;
  readonly read: ReadValue;
}

/**
 * The targets, in the given order (from a file or the environment: units, cgroups, processes, pods). Throws ConfigError
 * without targets, for duplicates, or for a command together with other targets.
 */
export function readTargets(
  decidedBy: ReadonlyMap<string, ReadValues>,
  command: readonly [string, ...string[]] | undefined,
  cgroupRoot: string,
): readonly TargetName[] {
  const named = (['service', 'cgroup', 'pid', 'pod-uid'] as const)
    .flatMap((option) => (decidedBy.get(option) ?? []).map((read) => nameTarget(option, read)))
    .sort((a, b) => a.read.given.position - b.read.given.position);
  const [first] = named;

  if (command !== undefined) {
    if (first === undefined) return [{ kind: 'command', argv: command }];
    const { named: source, text, option } = first.read.given;
    throw new ConfigError(
      `a command to run (-- ${shown(command[0])}) cannot be tracked together with ${source} "${shown(text)}": give one or the other`,
      { option: `--${option.name}`, value: text, accepted: 'targets, or a command' },
    );
  }
  if (first === undefined) throw nothingNamed();

  const seen = new Map<string, Named>();
  for (const each of named) {
    const before = seen.get(each.label);
    if (before !== undefined) throw namedTwice(before, each);
    seen.set(each.label, each);
    if (each.target.kind === 'cgroup') refuseFullPath(each, cgroupRoot);
  }
  return named.map(({ target }) => target);
}

function nameTarget(option: keyof typeof KINDS, read: ReadValue): Named {
  const label = `${KINDS[option]} ${read.value}`;
  switch (option) {
    case 'service': {
      const name = read.value as string;
      return {
        label,
        read,
        target: isGlob(name) ? { kind: 'units', pattern: name } : { kind: 'unit', name },
      };
    }
    case 'cgroup':
      return { label, read, target: { kind: 'cgroup', path: read.value as string } };
    case 'pid':
      return { label, read, target: { kind: 'pid', pid: read.value as number } };
    case 'pod-uid':
      return { label, read, target: { kind: 'pod', uid: read.value as string } };
  }
}

function nothingNamed(): ConfigError {
  return new ConfigError(
    'no target: name one with --service NAME (a systemd unit), --cgroup PATH, --pid PID, or -- COMMAND (run and ' +
      'track a command); for example: unitledger --service nginx --duration 30',
    { option: '--service', accepted: 'at least one target' },
  );
}

function namedTwice(before: Named, again: Named): ConfigError {
  const { option, named, text } = again.read.given;
  const earlier = before.read.given;
  return new ConfigError(
    `${again.label} is named twice, by ${earlier.named} "${shown(earlier.text)}" and ${named} "${shown(text)}": name it once`,
    { option: `--${option.name}`, value: text, accepted: 'each target once' },
  );
}

/** The full path, as `ls` shows it, is the most likely mistake: it would be searched below the root again. */
function refuseFullPath({ target, read }: Named, cgroupRoot: string): void {
  if (target.kind !== 'cgroup') return;
  const root = cgroupRoot.replace(/\/+$/, '');
  if (root === '' || (target.path !== root && !target.path.startsWith(`${root}/`))) return;
  const { named, text } = read.given;
  // Where cgroup v1 is mounted as well, the tree of the units is a directory of the root.
  const [tree = ''] = /^\/(?:unified|systemd)(?=\/|$)/.exec(target.path.slice(root.length)) ?? [];
  throw new ConfigError(
    `${named} must be a path below the cgroup root, not "${shown(text)}": leave out ${shown(root + tree)}`,
    { option: '--cgroup', value: text, accepted: 'a path below the cgroup root' },
  );
}
