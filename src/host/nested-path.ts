/** Whether an absolute path is `ancestor` or below it. */
export function isInPath(path: string, ancestor: string): boolean {
  return path === ancestor || ancestor === '/' || path.startsWith(`${ancestor}/`);
}

/** Part of `path` below `ancestor`: empty, or with a leading `/`. */
export function pathBelow(path: string, ancestor: string): string {
  const below = ancestor === '/' ? path : path.slice(ancestor.length);
  return below === '/' ? '' : below;
}

/** The value of the nearest ancestor of `path`; undefined if there is none. */
export function nearestAbove<What>(path: string, byPath: ReadonlyMap<string, What>): What | undefined {
  if (path === '/') return undefined;
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    const found = byPath.get(path.slice(0, end));
    if (found !== undefined) return found;
  }
  return byPath.get('/');
}

/** Those that are not inside the cgroup of another one. */
export function outermostOf<One extends { readonly cgroup: string | null }>(
  all: readonly One[],
): readonly One[] {
  const byPath = new Map<string, One>();
  for (const one of all) if (one.cgroup !== null) byPath.set(one.cgroup, one);
  const isInner = ({ cgroup }: One) => cgroup !== null && nearestAbove(cgroup, byPath) !== undefined;
  return all.some(isInner) ? all.filter((one) => !isInner(one)) : all;
}
