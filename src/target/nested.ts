import type { TargetInstance } from './targets.ts';

/** Two targets, one of which lies in the other. */
export interface NestedPair {
  readonly outer: string;
  readonly inner: string;
}

/** The targets that lie in another, each with the nearest that it lies in. */
export function findNested(instances: readonly TargetInstance[]): NestedPair[] {
  const byPath = new Map<string, string>();
  for (const { unit, cgroup } of instances) if (cgroup !== null) byPath.set(cgroup, unit);
  const pairs: NestedPair[] = [];
  for (const [path, inner] of byPath) {
    const outer = nearestAbove(path, byPath);
    if (outer !== undefined) pairs.push({ outer, inner });
  }
  return pairs;
}

function nearestAbove(path: string, byPath: ReadonlyMap<string, string>): string | undefined {
  if (path === '/') return undefined;
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    const outer = byPath.get(path.slice(0, end));
    if (outer !== undefined) return outer;
  }
  return byPath.get('/');
}
