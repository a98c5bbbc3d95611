import { CgroupInstance, type CgroupTools } from './cgroup-instance.ts';

/** Opens the cgroup at a path if it is there; one that cannot be read is reported. */
export function openReported(unit: string, cgroup: string, tools: CgroupTools): CgroupInstance | undefined {
  const instance = CgroupInstance.open(unit, cgroup, tools);
  if (typeof instance !== 'string') return instance;
  if (instance !== 'gone') tools.report({ kind: 'unreadable', unit, cgroup, failure: instance });
  return undefined;
}
