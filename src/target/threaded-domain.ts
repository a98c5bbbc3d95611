import { readKernelText } from '../host/kernel-file.ts';

/**
 * The cgroup that lists the processes of a threaded one (cgroup-v2.rst, "Threads"): the nearest above it that is not threaded
 * itself. Paths have a leading `/` below `unitRoot`. `outside`: it is not below `unitRoot`; null if the cgroup is not
 * threaded.
 */
export function domainOfThreaded(unitRoot: string, cgroup: string): string | 'outside' | null {
  if (!isThreaded(unitRoot + cgroup)) return null;
  for (let path = cgroup; path !== ''; ) {
    path = path.slice(0, path.lastIndexOf('/'));
    if (!isThreaded(unitRoot + path)) return path === '' ? '/' : path;
  }
  return 'outside';
}

/** The root of all cgroups has no type. */
function isThreaded(directory: string): boolean {
  const type = readKernelText(`${directory}/cgroup.type`);
  return typeof type !== 'string' && type.text.trimEnd() === 'threaded';
}
