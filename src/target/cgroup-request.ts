import { type CgroupFinder, PathFinder, UnitFinder } from './cgroup-finder.ts';
import type { CgroupTools } from './cgroup-instance.ts';
import { PodFinder, podLabel } from './pod-finder.ts';
import type { TargetRequest } from './target-request.ts';

/** A request for something that has cgroups. */
type CgroupRequest = Exclude<TargetRequest, { kind: 'units' | 'pid' }>;

/** What looks for it. */
export function finderOf(target: CgroupRequest, tools: CgroupTools, procRoot: string): CgroupFinder {
  switch (target.kind) {
    case 'unit':
      return new UnitFinder(target.name, procRoot, tools);
    case 'cgroup':
      return new PathFinder(target.path, tools, target.label);
    case 'pod':
      return new PodFinder(target.uid, tools);
  }
}

/** The name that its rows would be booked under, where there is no cgroup tree to look in. */
export function labelOf(target: CgroupRequest): string {
  switch (target.kind) {
    case 'unit':
      return target.name;
    case 'cgroup':
      return target.label ?? target.path;
    case 'pod':
      return podLabel(target.uid);
  }
}
