import type { Config } from '../../config/config.ts';
import type { OpenedTargets } from '../../discovery/open-targets.ts';
import { UnitPattern } from '../../discovery/units/unit-pattern.ts';
import { printable } from '../../text/printable.ts';

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
  return { name, shown: `${name} (${count} ${count === 1 ? 'unit' : 'units'})`, isThere: count > 0 };
}

function listed(all: readonly Asked[], as: 'name' | 'shown'): string {
  const first = all
    .slice(0, MOST_NAMES)
    .map((each) => each[as])
    .join(', ');
  return all.length > MOST_NAMES ? `${first} and ${all.length - MOST_NAMES} more` : first;
}
