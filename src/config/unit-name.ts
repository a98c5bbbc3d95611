import {
  LONGEST_UNIT_NAME,
  ROOT_SLICE,
  UNIT_TYPES_WITH_PROCESSES,
  userOfManager,
} from '../host/cgroup/unit-name.ts';
import { isGlob, parseGlob } from '../text/glob.ts';
import type { Format, Reading } from './format.ts';
import { inWords } from './format.ts';

const WITHOUT_PROCESSES = ['target', 'timer', 'path', 'device', 'automount'];

const ACCEPTED =
  'the name of a systemd unit (letters, digits and : - _ . @ and backslash escapes as systemd-escape writes them), ' +
  "or a pattern of such names with * ? and [ ], each alone or, for a user's units, after user@UID.service/";
const SUFFIXES = inWords(UNIT_TYPES_WITH_PROCESSES.map((type) => `.${type}`));

/**
 * Completed name of a systemd unit: `nginx` is `nginx.service`, as in `systemctl`. The rules are those of
 * systemd.unit(5); unit types without processes are rejected. A pattern is unchanged, as in `systemctl`: it must match
 * whole names. Units of a user manager are prefixed by it: `user@1000.service/app.service`.
 */
export const UNIT_NAME: Format<string> = {
  accepted: ACCEPTED,
  holds: 'string',
  fileTypes: ['string'],
  read: readUnitName,
  write: String,
};

/** The same, but a pattern without a unit type matches services only: `*` is `*.service`. */
export const SERVICE_NAME: Format<string> = { ...UNIT_NAME, read: readServiceName };

function readServiceName(text: string): Reading<string> {
  const reading = readUnitName(text);
  if (reading.kind !== 'value' || !isGlob(reading.value) || namesType(reading.value)) return reading;
  return readUnitName(`${reading.value}.service`);
}

/** Whether a pattern ends in a unit type or a pattern of one: `w-*.slice`, `*.s*`. `app-1.2*` does not. */
function namesType(pattern: string): boolean {
  const dot = pattern.lastIndexOf('.');
  const suffix = dot < 0 ? undefined : parseGlob(pattern.slice(dot + 1));
  return suffix !== undefined && UNIT_TYPES_WITH_PROCESSES.some((type) => suffix.matches(type));
}

function readUnitName(text: string): Reading<string> {
  const slash = text.indexOf('/');
  if (slash === -1) return isGlob(text) ? readPattern(text) : readName(text);
  const manager = text.slice(0, slash);
  // No manager has the name of its user.
  const isManager = isGlob(manager)
    ? /^user@[\d*?[\]!:a-z-]+\.service$/.test(manager)
    : userOfManager(manager) !== undefined;
  if (!isManager) return { kind: 'must', must: ACCEPTED };
  const read = isGlob(manager) ? readPattern(manager) : readName(manager);
  if (read.kind !== 'value') return read;
  const inner = text.slice(slash + 1);
  const reading = isGlob(inner) ? readPattern(inner) : readName(inner);
  if (reading.kind !== 'value') return reading;
  return reading.value === ROOT_SLICE
    ? { kind: 'is', is: `is the manager itself: name ${manager}` }
    : { kind: 'value', value: `${manager}/${reading.value}` };
}

function readName(text: string): Reading<string> {
  const suffix = text.slice(text.lastIndexOf('.') + 1);
  if (text.includes('.') && WITHOUT_PROCESSES.includes(suffix)) return withoutProcesses(suffix);
  const complete = text.includes('.') && UNIT_TYPES_WITH_PROCESSES.includes(suffix);
  const name = complete ? text : `${text}.service`;
  const type = complete ? suffix : 'service';
  const stem = name.slice(0, -(type.length + 1));
  if (name.length > LONGEST_UNIT_NAME) return TOO_LONG;
  if (!/^[A-Za-z0-9:\-_.\\][A-Za-z0-9:\-_.\\@]*$/.test(stem)) return { kind: 'must', must: ACCEPTED };
  if (type === 'slice') return isSlice(stem) ? { kind: 'value', value: name } : { kind: 'must', must: SLICE };
  if (stem.indexOf('@') === stem.length - 1) {
    return {
      kind: 'is',
      is:
        `is a template, and a template has no processes: name an instance, such as ${stem}NAME.${type}, ` +
        `or all of them, ${stem}*.${type}`,
    };
  }
  return { kind: 'value', value: name };
}

/** Characters are those of `systemctl` patterns; `^` in brackets is not among them. */
function readPattern(text: string): Reading<string> {
  if (text.length > LONGEST_UNIT_NAME) return TOO_LONG;
  if (!/^[A-Za-z0-9:\-_.\\@*?[\]!]+$/.test(text)) return { kind: 'must', must: ACCEPTED };
  if (parseGlob(text) === undefined) {
    return {
      kind: 'is',
      is: 'is not a valid pattern: close each [ with a ], write ranges upwards ([a-z]) and classes as [:digit:]',
    };
  }
  const suffix = text.slice(text.lastIndexOf('.') + 1);
  if (text.includes('.') && WITHOUT_PROCESSES.includes(suffix)) return withoutProcesses(suffix);
  return { kind: 'value', value: text };
}

const TOO_LONG: Reading<string> = {
  kind: 'must',
  must: `a unit name of at most ${LONGEST_UNIT_NAME} characters`,
};

function withoutProcesses(suffix: string): Reading<string> {
  return {
    kind: 'is',
    is: `cannot be tracked, because a .${suffix} unit has no processes: name a ${SUFFIXES} unit`,
  };
}

const SLICE = 'the name of a slice: parts joined by single dashes and no @ (a-b.slice is inside a.slice)';

/** A slice's name is its path: no empty part, and no instances (systemd.slice(5)). `-.slice` is the root. */
function isSlice(stem: string): boolean {
  return stem === '-' || (!stem.includes('@') && stem.split('-').every((part) => part !== ''));
}
