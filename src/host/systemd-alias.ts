import { lstatSync, readlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { isUnitName } from './cgroup/unit-name.ts';
import { isInPath } from './nested-path.ts';
import { type ReadFailure, readFailureOf } from './read-failure.ts';

/** Directories of systemd's unit files, highest priority first (systemd.unit(5), "Unit File Load Path"). */
const UNIT_FOLDERS = [
  '/etc/systemd/system.control',
  '/run/systemd/system.control',
  '/run/systemd/transient',
  '/run/systemd/generator.early',
  '/etc/systemd/system',
  '/etc/systemd/system.attached',
  '/run/systemd/system',
  '/run/systemd/system.attached',
  '/run/systemd/generator',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
  // Aliases of SysV scripts.
  '/run/systemd/generator.late',
];

/** systemd has a limit too; chains of aliases are short. */
const MOST_HOPS = 8;

/**
 * Meaning of a unit name by the links in the host's unit directories: `alias` of another unit, `masked` (a link to
 * `/dev/null`), `none`: no such link; or the reason why the directories cannot be read: access to another mount
 * namespace requires SYS_PTRACE and the host's PID namespace.
 */
export type AliasLookup =
  | { readonly kind: 'alias'; readonly unit: string }
  | { readonly kind: 'masked' }
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable'; readonly failure: ReadFailure; readonly path: string };

/**
 * Looks `name` up in the unit directories of the mount namespace of PID 1 in `procRoot`. Only the last component of a
 * link's target counts, as for systemd; an instance without a link of its own follows its template's. A link out of the
 * directories only registers a unit file there (`systemctl link`): the unit keeps the name of the link.
 */
export function findAlias(procRoot: string, name: string): AliasLookup {
  const hostRoot = `${procRoot}/1/root`;
  let unit = name;
  for (let hop = 0; hop < MOST_HOPS; hop++) {
    const target = linkOf(hostRoot, unit);
    if (target !== null && typeof target === 'object') return target;
    if (target === null) break;
    if (target === '/dev/null') return { kind: 'masked' };
    if (!UNIT_FOLDERS.some((folder) => isInPath(target, folder))) break;
    const next = instanceOf(target.slice(target.lastIndexOf('/') + 1), unit);
    if (next === unit || !isUnitName(next) || suffixOf(next) !== suffixOf(unit)) break;
    unit = next;
  }
  return unit === name ? { kind: 'none' } : { kind: 'alias', unit };
}

/** The absolute target of a unit's link; null if it has none. */
function linkOf(hostRoot: string, unit: string): string | null | AliasLookup {
  for (const file of [unit, templateOf(unit)]) {
    if (file === undefined) continue;
    for (const folder of UNIT_FOLDERS) {
      const path = `${hostRoot}${folder}/${file}`;
      try {
        // Most do not exist, and an exception costs more than the look.
        const stats = lstatSync(path, { throwIfNoEntry: false });
        if (stats === undefined) continue;
        // A regular unit file: the name is not an alias.
        return stats.isSymbolicLink() ? resolve(folder, readlinkSync(path)) : null;
      } catch (error) {
        const failure = readFailureOf(error);
        if (failure !== 'gone') return { kind: 'unreadable', failure, path };
      }
    }
  }
  return null;
}

/** `foo@.service` of `foo@x.service`. */
function templateOf(unit: string): string | undefined {
  const at = unit.indexOf('@');
  return at === -1 ? undefined : unit.slice(0, at + 1) + unit.slice(unit.lastIndexOf('.'));
}

/** `bar@x.service` for the template `bar@.service` and the unit `foo@x.service`; other names are unchanged. */
function instanceOf(target: string, unit: string): string {
  const at = target.indexOf('@.');
  if (at === -1 || !unit.includes('@')) return target;
  return (
    target.slice(0, at + 1) + unit.slice(unit.indexOf('@') + 1, unit.lastIndexOf('.')) + target.slice(at + 1)
  );
}

function suffixOf(unit: string): string {
  return unit.slice(unit.lastIndexOf('.'));
}
