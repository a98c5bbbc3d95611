import type { Config } from '../../config/config.ts';
import type { OpenedTargets } from '../../discovery/open-targets.ts';
import { UnitPattern } from '../../discovery/units/unit-pattern.ts';
import type { CgroupLayout } from '../../host/cgroup/layout.ts';
import { type Capability, readCapabilities } from '../../host/proc/capabilities.ts';
import { isInitialPidNamespace, pidNamespaceOf } from '../../host/proc/pid-namespace.ts';
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
  const absent = asked.filter(({ isThere }) => !isThere);
  const waiting = absent.length > 0 ? `; waiting for ${listed(absent, 'name')}` : '';
  return `following ${listed(asked, 'shown')} every ${config.intervalSeconds} s, ${endOf(config)}${waiting}`;
}

function endOf({ durationSeconds, targets }: Config): string {
  if (durationSeconds > 0) return `for ${durationSeconds} s`;
  return targets.some(({ kind }) => kind === 'command') ? 'until it exits' : 'until interrupted';
}

/** A requested target. */
interface Asked {
  readonly name: string;
  /** The name with the number of its units. */
  readonly shown: string;
  readonly isThere: boolean;
}

function nameOf(unit: string, live: readonly string[]): Asked {
  const name = printable(unit);
  return { name, shown: name, isThere: live.includes(unit) };
}

function patternOf(text: string, live: readonly string[]): Asked {
  const name = printable(text);
  const pattern = new UnitPattern(text);
  const count = live.filter((unit) => unit === text || pattern.matches(unit)).length;
  return { name, shown: `${name} (${counted(count, 'unit')})`, isThere: count > 0 };
}

function listed(all: readonly Asked[], as: 'name' | 'shown'): string {
  const first = all
    .slice(0, MOST_NAMES)
    .map((each) => each[as])
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
  const missing = missingCapabilities(['SYS_PTRACE', 'DAC_READ_SEARCH']);
  const parts = [
    `${printable(procRoot)} (${isHosts ? 'initial PID namespace' : NAMESPACES[namespace]})`,
    layout === null ? 'no cgroup tree' : `${LAYOUTS[layout.kind]} at ${printable(cgroupRoot)}`,
    missing.length === 0 ? 'I/O of all users' : `without ${missing.join(' and ')}: only I/O of its own user`,
    `${descriptorLimit} descriptors`,
  ];
  return `host: ${parts.join(', ')}; unitledger doctor has details`;
}

/** The `wanted` capabilities that this program does not have. CAP_DAC_OVERRIDE includes CAP_DAC_READ_SEARCH. */
export function missingCapabilities(wanted: readonly Capability[]): readonly Capability[] {
  const has = readCapabilities();
  return wanted.filter((name) => !has.has(name) && !(name === 'DAC_READ_SEARCH' && has.has('DAC_OVERRIDE')));
}
