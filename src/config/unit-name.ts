import type { Format, Reading } from './format.ts';
import { inWords } from './format.ts';

/** Types of units that can have a cgroup, and so processes (systemd.unit(5)). */
const WITH_PROCESSES = ['service', 'scope', 'slice', 'socket', 'mount', 'swap'];
const WITHOUT_PROCESSES = ['target', 'timer', 'path', 'device', 'automount'];

/** `UNIT_NAME_MAX` of systemd, less the terminating zero. */
const LONGEST = 255;

const ACCEPTED =
  'the name of a systemd unit (letters, digits and : - _ . @ and backslash escapes as systemd-escape writes them)';
const SUFFIXES = inWords(WITH_PROCESSES.map((type) => `.${type}`));

/**
 * The name of a systemd unit, completed: `nginx` is `nginx.service`, as `systemctl` has it. The rules are those of
 * systemd.unit(5); unit types that never have processes are refused.
 */
export const UNIT_NAME: Format<string> = {
  accepted: ACCEPTED,
  holds: 'string',
  fileTypes: ['string'],
  read: readUnitName,
  write: String,
};

function readUnitName(text: string): Reading<string> {
  if (/[*?[]/.test(text))
    return { kind: 'is', is: 'is a pattern, and patterns are not built yet: name each unit' };
  const suffix = text.slice(text.lastIndexOf('.') + 1);
  if (text.includes('.') && WITHOUT_PROCESSES.includes(suffix)) {
    return {
      kind: 'is',
      is: `cannot be tracked, since a .${suffix} unit has no processes: name a ${SUFFIXES} unit`,
    };
  }
  const complete = text.includes('.') && WITH_PROCESSES.includes(suffix);
  const name = complete ? text : `${text}.service`;
  const type = complete ? suffix : 'service';
  const stem = name.slice(0, -(type.length + 1));
  if (name.length > LONGEST) return { kind: 'must', must: `a unit name of at most ${LONGEST} characters` };
  if (!/^[A-Za-z0-9:\-_.\\][A-Za-z0-9:\-_.\\@]*$/.test(stem)) return { kind: 'must', must: ACCEPTED };
  if (type === 'slice') return isSlice(stem) ? { kind: 'value', value: name } : { kind: 'must', must: SLICE };
  if (stem.indexOf('@') === stem.length - 1) {
    return {
      kind: 'is',
      is: `is a template, and a template has no processes: name an instance, such as ${stem}NAME.${type}`,
    };
  }
  return { kind: 'value', value: name };
}

const SLICE = 'the name of a slice: parts joined by single dashes and no @ (a-b.slice lies in a.slice)';

/** A slice's name is its path: no empty part, and no instances (systemd.slice(5)). `-.slice` is the root. */
function isSlice(stem: string): boolean {
  return stem === '-' || (!stem.includes('@') && stem.split('-').every((part) => part !== ''));
}
