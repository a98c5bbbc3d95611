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

/** A host in the repository: read-only. */
export function savedHost(name: string): SavedHost {
  return rootsIn(join(CASES, name));
}

/** A copy of a saved host that a test may change; removed at the end of the test. */
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

/** Creates a cgroup directory, or changes its members. */
export function makeCgroup(host: SavedHost, path: string, pids: readonly number[] = []): void {
  mkdirSync(host.layout.unitRoot + path, { recursive: true });
  writeFileSync(`${host.layout.unitRoot}${path}/cgroup.procs`, pids.map((pid) => `${pid}\n`).join(''));
}

let moved = 0;

/**
 * Removes a cgroup directory. It is moved instead of deleted: a plain file system would reuse its inode for the next
 * directory, unlike cgroups.
 */
export function removeCgroup(host: SavedHost, path: string): void {
  renameSync(host.layout.unitRoot + path, `${host.cgroupRoot}/../../../removed-${moved++}`);
}

/** The PIDs that an instance lists, in order and with duplicates; or the failure. */
export function membersOf(instance: TargetInstance | undefined): number[] | string {
  if (instance === undefined) return 'no instance';
  const pids: number[] = [];
  const outcome = instance.listMembers({ push: (pid) => pids.push(pid) });
  return outcome === 'listed' ? pids.sort((a, b) => a - b) : outcome;
}
