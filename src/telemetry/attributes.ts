import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_CONTAINER_ID,
  ATTR_K8S_POD_UID,
  ATTR_PROCESS_COMMAND_LINE,
  ATTR_PROCESS_CREATION_TIME,
  ATTR_PROCESS_EXECUTABLE_NAME,
  ATTR_PROCESS_PARENT_PID,
  ATTR_PROCESS_PID,
  ATTR_PROCESS_TITLE,
  ATTR_SYSTEM_DEVICE,
} from '@opentelemetry/semantic-conventions/incubating';
import type { CgroupDisk } from '../host/cgroup/figures.ts';
import { OTHER } from '../ledger/accounts/other.ts';
import type { ExecutableWindow, SeriesProcess } from '../ledger/window/export-window.ts';
import type { Level } from './catalogue/metric.ts';
import type { ProcessAttribute } from './choices.ts';

/** Not in the semantic conventions; the collector's systemd receiver uses this name. */
export const ATTR_SYSTEMD_UNIT_NAME = 'systemd.unit.name';

/**
 * Attributes without a convention. `booking`: how a CPU second was booked; `direction`: read or write calls;
 * `reason`: why a kernel file could not be read; `outcome`: the fate of an export window; the path of a process's
 * cgroup below that of its unit.
 */
export const ATTR_BOOKING = 'booking';
export const ATTR_DIRECTION = 'direction';
export const ATTR_REASON = 'reason';
export const ATTR_OUTCOME = 'outcome';
export const ATTR_RESOURCE = 'resource';
export const ATTR_TYPE = 'type';
const ATTR_CGROUP_PATH = 'unitledger.cgroup.path';

/**
 * The attributes that every point of a level has. A process in a cgroup below that of its unit has the path from there. If
 * enabled, a process also has its command line, and processes and executables have their title, if any.
 */
export const LEVEL_ATTRIBUTES: Readonly<Record<Level, readonly string[]>> = {
  unit: [ATTR_SYSTEMD_UNIT_NAME],
  disk: [ATTR_SYSTEMD_UNIT_NAME, ATTR_SYSTEM_DEVICE],
  executable: [ATTR_SYSTEMD_UNIT_NAME, ATTR_PROCESS_EXECUTABLE_NAME],
  process: [
    ATTR_SYSTEMD_UNIT_NAME,
    ATTR_PROCESS_PID,
    ATTR_PROCESS_CREATION_TIME,
    ATTR_PROCESS_EXECUTABLE_NAME,
  ],
  sample: [ATTR_SYSTEMD_UNIT_NAME],
  self: [],
};

export function unitAttributes(unit: string): Attributes {
  return { [ATTR_SYSTEMD_UNIT_NAME]: encodable(unit) };
}

export function diskAttributes(unit: string, { name }: CgroupDisk): Attributes {
  return { [ATTR_SYSTEMD_UNIT_NAME]: encodable(unit), [ATTR_SYSTEM_DEVICE]: encodable(name) };
}

export function executableAttributes(unit: string, { executable, title }: ExecutableWindow): Attributes {
  const attributes: Attributes = {
    [ATTR_SYSTEMD_UNIT_NAME]: encodable(unit),
    [ATTR_PROCESS_EXECUTABLE_NAME]: encodable(executable),
  };
  if (title !== null) attributes[ATTR_PROCESS_TITLE] = encodable(title);
  return attributes;
}

/** The attributes of a process: its identity, and the requested ones that are known. */
export function processAttributes(
  unit: string,
  process: SeriesProcess,
  wanted: ReadonlySet<ProcessAttribute>,
): Attributes {
  const attributes: Attributes = {
    [ATTR_SYSTEMD_UNIT_NAME]: encodable(unit),
    [ATTR_PROCESS_PID]: process.pid,
    [ATTR_PROCESS_CREATION_TIME]: process.createdAt,
    [ATTR_PROCESS_EXECUTABLE_NAME]: encodable(process.executable),
  };
  const add = (as: ProcessAttribute, key: string, value: string | null): void => {
    if (wanted.has(as) && value !== null) attributes[key] = encodable(value);
  };
  add('cgroup', ATTR_CGROUP_PATH, process.subCgroup);
  add('container', ATTR_CONTAINER_ID, process.container.containerId);
  add('container', ATTR_K8S_POD_UID, process.container.podUid);
  if (process.title !== null) attributes[ATTR_PROCESS_TITLE] = encodable(process.title);
  add('command-line', ATTR_PROCESS_COMMAND_LINE, process.command);
  if (wanted.has('parent')) attributes[ATTR_PROCESS_PARENT_PID] = process.parentPid;
  return attributes;
}

/** Attributes of `other`: the only ones of processes without a PID. */
export function otherProcessesAttributes(unit: string): Attributes {
  return { [ATTR_SYSTEMD_UNIT_NAME]: encodable(unit), [ATTR_PROCESS_EXECUTABLE_NAME]: OTHER };
}

/**
 * A valid UTF-8 string. Half of a surrogate pair, which remains if a text was cut, makes a collector
 * refuse the whole request.
 */
export function encodable(text: string): string {
  return text.toWellFormed();
}
