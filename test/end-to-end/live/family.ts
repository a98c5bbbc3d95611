import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../program/unitledger.ts';

/** Process names of the family, with sequences that would clear the screen, set its title and move the cursor. */
export const HOSTILE = ['\x1b[2J\x1b[1;1Hx', '\x1b]0;pwned\x07', '\r\n\r\n\x9b5A'] as const;

/** A shell that uses a little CPU occasionally, and its sleeping children. */
export class Family implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'unitledger-family-'));
  readonly #shell: ChildProcess;

  private constructor(names: readonly string[]) {
    for (const name of names) copyFileSync('/bin/sleep', join(this.#folder, name));
    const script = 'for each in "$@"; do "./$each" 600 & done; while :; do sleep 0.05; done';
    // A separate process group, so that all processes can be ended at once.
    this.#shell = spawn('sh', ['-c', script, 'sh', ...names], {
      cwd: this.#folder,
      stdio: 'ignore',
      detached: true,
    });
  }

  static async start(names: readonly string[]): Promise<Family> {
    const family = new Family(names);
    await until(
      () => {
        const running = family.#running();
        return names.every((name) => running.has(name));
      },
      () => `the family: ${JSON.stringify([...family.#running()])}`,
    );
    return family;
  }

  get pid(): number {
    return this.#shell.pid!;
  }

  [Symbol.dispose](): void {
    process.kill(-this.pid, 'SIGKILL');
    rmSync(this.#folder, { recursive: true });
  }

  /** Names of the children, without the delimiters in the file. */
  #running(): Set<string> {
    const children = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'latin1').trim();
    const names = children.split(' ').map((child) => {
      try {
        return readFileSync(`/proc/${child}/comm`).subarray(0, -1).toString();
      } catch {
        // Ended in between.
        return '';
      }
    });
    return new Set(names);
  }
}
