import type { Config } from '../../config/config.ts';
import type { OpenedTargets } from '../../discovery/open-targets.ts';
import { UnitPattern } from '../../discovery/units/unit-pattern.ts';
import type { CgroupLayout } from '../../host/cgroup/layout.ts';
import { type Capability, readCapabilities } from '../../host/proc/capabilities.ts';
import { isInitialPidNamespace, pidNamespaceOf } from '../../host/proc/pid-namespace.ts';
import { coversUserNamespace } from '../../host/proc/user-namespace.ts';
import { printable } from '../../text/printable.ts';
import { counted } from '../../views/format.ts';

/** The line lists at most this many names. */
const MOST_NAMES = 5;

/** Targets, interval, duration, and missing targets: one sentence at the start of a run. */
export function startLine(config: Config, targets: OpenedTargets): string {
  const live = targets.instances.map(({ unit }) => unit);
  const asked = targets.units.flatMap((name, place) => {
    const { kind } = targets.origins[place]!;
    if (kind === 'matched') return [];
    return [kind === 'pattern' ? patternOf(name, live) : nameOf(name, live)];
  });
  const absent = asked
    .filter(({ isThere }) => !isThere)
    .map((each) => ({ ...each, shown: withSimilar(each, config, targets) }));
  const waiting = absent.length > 0 ? `; waiting for ${listed(absent)}` : '';
  return `following ${listed(asked)} every ${config.intervalSeconds} s, ${endOf(config)}${waiting}`;
}

function endOf({ durationSeconds, targets }: Config): string {
  if (durationSeconds > 0) return `for ${durationSeconds} s`;
  return targets.some(({ kind }) => kind === 'command') ? 'until it exits' : 'until interrupted';
}

/** A requested target. */
interface Asked {
  readonly name: string;
  /** The printable name, with the number of its units. */
  readonly shown: string;
  readonly isThere: boolean;
}

function nameOf(unit: string, live: readonly string[]): Asked {
  return { name: unit, shown: printable(unit), isThere: live.includes(unit) };
}

function patternOf(text: string, live: readonly string[]): Asked {
  const pattern = new UnitPattern(text);
  const count = live.filter((unit) => unit === text || pattern.matches(unit)).length;
  return { name: text, shown: `${printable(text)} (${counted(count, 'unit')})`, isThere: count > 0 };
}

/** A missing target, with the units of similar names: a misspelt unit never appears, and a run may have no end. */
function withSimilar({ name }: Asked, config: Config, targets: OpenedTargets): string {
  const isOfUnits = config.targets.some(
    (target) =>
      (target.kind === 'unit' && target.name === name) ||
      (target.kind === 'units' && target.pattern === name),
  );
  // The unit itself may have appeared since it was searched for.
  const others = isOfUnits ? targets.suggestions(name).filter((other) => other !== name) : [];
  const near = others.map(printable);
  return near.length === 0 ? printable(name) : `${printable(name)} (similar: ${near.join(', ')})`;
}

function listed(all: readonly Asked[]): string {
  const first = all
    .slice(0, MOST_NAMES)
    .map(({ shown }) => shown)
    .join(', ');
  return all.length > MOST_NAMES ? `${first} and ${all.length - MOST_NAMES} more` : first;
}

const LAYOUTS = { v2: 'cgroup v2', hybrid: 'cgroup v2 and v1', v1: 'cgroup v1' } as const;
const NAMESPACES = {
  own: "unitledger's own PID namespace",
  other: 'another PID namespace',
  saved: 'saved files',
} as const;

/**
 * The visible host and the permissions of this program: the short form of `unitledger doctor`, one sentence at the
 * start of a run. `layout`: null without a cgroup tree.
 */
export function hostLine(config: Config, layout: CgroupLayout | null, descriptorLimit: number): string {
  const { procRoot, cgroupRoot } = config;
  const namespace = pidNamespaceOf(procRoot);
  const isHosts = namespace === 'own' && isInitialPidNamespace(procRoot) === true;
  const parts = [
    `${printable(procRoot)} (${isHosts ? 'initial PID namespace' : NAMESPACES[namespace]})`,
    layout === null ? 'no cgroup tree' : `${LAYOUTS[layout.kind]} at ${printable(cgroupRoot)}`,
    ioCountersSeen(procRoot),
    `descriptor limit ${descriptorLimit}`,
  ];
  return `host: ${parts.join(', ')}; unitledger doctor shows details`;
}

function ioCountersSeen(procRoot: string): string {
  const missing = missingCapabilities(['SYS_PTRACE', 'DAC_READ_SEARCH']);
  const ofOwnUser = (why: string) => `I/O counters of its own user only (${why})`;
  if (missing.length > 0) return ofOwnUser(`${missing.join(' and ')} missing`);
  return coversUserNamespace(procRoot)
    ? 'I/O counters of all users'
    : ofOwnUser('its capabilities do not count outside of its user namespace');
}

/** The `wanted` capabilities that this program does not have. CAP_DAC_OVERRIDE includes CAP_DAC_READ_SEARCH. */
export function missingCapabilities(wanted: readonly Capability[]): readonly Capability[] {
  const has = readCapabilities();
  return wanted.filter((name) => !has.has(name) && !(name === 'DAC_READ_SEARCH' && has.has('DAC_OVERRIDE')));
}
