import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestContext } from 'node:test';
import type { TargetInstance } from '../../src/discovery/targets/targets.ts';
import { type CgroupLayout, findCgroupLayout } from '../../src/host/cgroup/layout.ts';

const CASES = resolve(import.meta.dirname, '../fixtures/hosts');

/** The roots of a saved host. */
export interface SavedHost {
  readonly procRoot: string;
  readonly cgroupRoot: string;
  readonly layout: CgroupLayout;
}

/** A host as the repository has it: to be read only. */
export function savedHost(name: string): SavedHost {
  return rootsIn(join(CASES, name));
}

/** A copy of a saved host that a test may change; it is removed at the end of the test. */
export function copiedHost(t: TestContext, name: string): SavedHost {
  const copy = mkdtempSync(join(tmpdir(), 'unitledger-host-'));
  t.after(() => rmSync(copy, { recursive: true, force: true }));
  cpSync(join(CASES, name), copy, { recursive: true, verbatimSymlinks: true });
  return rootsIn(copy);
}

function rootsIn(directory: string): SavedHost {
  const cgroupRoot = join(directory, 'sys/fs/cgroup');
  const layout = findCgroupLayout(cgroupRoot);
  if (layout.kind === 'none') throw new Error(layout.message);
  return { procRoot: join(directory, 'proc'), cgroupRoot, layout };
}

/** Makes a cgroup directory, or changes who is in it. */
export function makeCgroup(host: SavedHost, path: string, pids: readonly number[] = []): void {
  mkdirSync(host.layout.unitRoot + path, { recursive: true });
  writeFileSync(`${host.layout.unitRoot}${path}/cgroup.procs`, pids.map((pid) => `${pid}\n`).join(''));
}

let moved = 0;

/**
 * Takes a cgroup directory away. It is moved aside and not deleted: a plain file system would give its inode to the
 * next directory that is made, as cgroups don't.
 */
export function removeCgroup(host: SavedHost, path: string): void {
  renameSync(host.layout.unitRoot + path, `${host.cgroupRoot}/../../../removed-${moved++}`);
}

/** The PIDs that an instance lists, in order, duplicates and all; or why it lists none. */
export function membersOf(instance: TargetInstance | undefined): number[] | string {
  if (instance === undefined) return 'no instance';
  const pids: number[] = [];
  const outcome = instance.listMembers({ push: (pid) => pids.push(pid) });
  return outcome === 'listed' ? pids.sort((a, b) => a - b) : outcome;
}
