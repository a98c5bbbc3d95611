import type { CgroupReader } from '../host/cgroup/reader.ts';
import { INIT_SCOPE, userOfManager } from '../host/cgroup/unit-name.ts';

/** A manager that was started anew is found after so long. */
export const READ_MANAGERS_SECONDS = 10;

/**
 * Who starts units and waits for their main processes: PID 1, or a user's manager. Each is in the `init.scope` of the
 * units' tree that it keeps (systemd.special(7)).
 */
export class ManagerPids {
  readonly #unitRoot: string;
  readonly #reader: CgroupReader;
  readonly #known = new Map<string, { readonly pids: readonly number[]; readonly atSeconds: number }>();

  constructor(unitRoot: string, reader: CgroupReader) {
    this.#unitRoot = unitRoot;
    this.#reader = reader;
  }

  /** Of the unit whose cgroup is at `path`; none where they cannot be seen. */
  of(path: string, atSeconds: number): readonly number[] {
    const scope = `${baseOf(path)}/${INIT_SCOPE}`;
    const known = this.#known.get(scope);
    if (known !== undefined && atSeconds - known.atSeconds < READ_MANAGERS_SECONDS) return known.pids;
    const pids: number[] = [];
    const procs = this.#reader.open(`${this.#unitRoot}${scope}/cgroup.procs`);
    if (typeof procs !== 'string') {
      this.#reader.readProcs(procs, { push: (pid) => void pids.push(pid) });
      this.#reader.close(procs);
    }
    this.#known.set(scope, { pids, atSeconds });
    return pids;
  }
}

/** The path of the user manager's unit that `path` is below; empty where it is the host's. */
function baseOf(path: string): string {
  const names = path.split('/');
  const manager = names.findIndex((name) => userOfManager(name) !== undefined);
  return manager === -1 || manager === names.length - 1 ? '' : names.slice(0, manager + 1).join('/');
}
