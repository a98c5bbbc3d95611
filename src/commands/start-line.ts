import type { Config } from '../config/config.ts';
import type { OpenedTargets } from '../target/open-targets.ts';
import { printable } from '../text/printable.ts';

/** No more names than this are told. */
const MOST_NAMES = 5;

/** What is followed, how often, for how long, and what is still waited for: one sentence at the start of a run. */
export function startLine(config: Config, targets: OpenedTargets): string {
  const present = new Set(targets.instances.map(({ unit }) => unit));
  const absent = targets.units.filter((unit) => !present.has(unit));
  const until = config.durationSeconds > 0 ? `for ${config.durationSeconds} s` : 'until it is interrupted';
  const waiting = absent.length > 0 ? `; not there yet, and waited for: ${names(absent)}` : '';
  return `following ${names(targets.units)} every ${config.intervalSeconds} s, ${until}${waiting}`;
}

function names(units: readonly string[]): string {
  const shown = units.slice(0, MOST_NAMES).map(printable).join(', ');
  return units.length > MOST_NAMES ? `${shown} and ${units.length - MOST_NAMES} more` : shown;
}
