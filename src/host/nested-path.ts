/** Whether an absolute path is `ancestor`, or lies below it. */
export function isInPath(path: string, ancestor: string): boolean {
  return path === ancestor || ancestor === '/' || path.startsWith(`${ancestor}/`);
}

/** What `path` adds to `ancestor`, which it lies in: empty, or with a leading `/`. */
export function pathBelow(path: string, ancestor: string): string {
  const below = ancestor === '/' ? path : path.slice(ancestor.length);
  return below === '/' ? '' : below;
}
