import { mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

let made = 0;

/**
 * A memory cgroup of its own for one program: what the kernel charges to a pod, kernel memory (open descriptors) and page
 * cache included (cgroup-v2.rst, `memory.current`; v1/memory.rst, `memory.usage_in_bytes`).
 */
export class ChargedMemory {
  readonly #directory: string;
  readonly #version: 1 | 2;

  private constructor(directory: string, version: 1 | 2) {
    this.#directory = directory;
    this.#version = version;
  }

  /** Undefined where there is no memory controller to be had. */
  static make(): ChargedMemory | undefined {
    const memberships = readFileSync('/proc/self/cgroup', 'utf8');
    const v1 = /^\d+:(?:\w+,)*memory(?:,\w+)*:(\/.*)$/m.exec(memberships)?.[1];
    const own = v1 ?? /^0::(\/.*)$/m.exec(memberships)?.[1] ?? '/';
    const directory = join(
      '/sys/fs/cgroup',
      v1 === undefined ? '' : 'memory',
      own,
      `bench-${process.pid}-${++made}`,
    );
    try {
      mkdirSync(directory);
    } catch {
      // Not root, or a tree that is not to be written: the figure is then left out.
      return undefined;
    }
    const charged = new ChargedMemory(directory, v1 === undefined ? 2 : 1);
    if (charged.read() !== undefined) return charged;
    charged.remove();
    return undefined;
  }

  /** `argv` started so that it begins in it. */
  wrap(argv: readonly [string, ...string[]]): [string, ...string[]] {
    return ['sh', '-c', 'echo $$ >"$0" && exec "$@"', join(this.#directory, 'cgroup.procs'), ...argv];
  }

  /** Bytes charged in all, and of them kernel memory; undefined where no controller counts them. */
  read(): { readonly bytes: number; readonly kernelBytes: number } | undefined {
    const file = (name: string) => readFileSync(join(this.#directory, name), 'utf8');
    try {
      if (this.#version === 2) {
        const kernel = /^kernel (\d+)$/m.exec(file('memory.stat'))?.[1];
        return { bytes: Number(file('memory.current')), kernelBytes: Number(kernel) };
      }
      return {
        bytes: Number(file('memory.usage_in_bytes')),
        kernelBytes: Number(file('memory.kmem.usage_in_bytes')),
      };
    } catch {
      return undefined;
    }
  }

  /** Once what ran in it has ended. */
  remove(): void {
    try {
      rmdirSync(this.#directory);
    } catch {
      // Somebody still runs in it, and an empty cgroup costs nothing.
    }
  }
}
