import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { kubectl } from '../kubernetes-programs.ts';
import { comes } from './lab.ts';
import type { KubernetesNode } from './node.ts';

/** kubectl in a terminal of 40 lines that answers no queries. */
export class Terminal {
  readonly #child: ChildProcess;
  #screen = '';

  constructor(node: KubernetesNode, ...args: readonly string[]) {
    const words = [kubectl, ...node.kubectlArguments(...args)].map((word) => `'${word}'`).join(' ');
    this.#child = spawn('script', ['-qfc', `stty rows 40 cols 120; exec ${words}`, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, TERM: 'xterm' },
    });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.#screen += text;
    });
  }

  /** Waits until the output so far contains all of `texts`. */
  async shows(...texts: readonly string[]): Promise<void> {
    await comes(
      async () => this.#screen,
      (screen) => texts.every((text) => screen.includes(text)),
      `${texts.join(' and ')} on the screen`,
    );
  }

  type(text: string): void {
    this.#child.stdin!.write(text);
  }

  /** Ends kubectl like a lost connection or a closed window. */
  killClient(): void {
    const client = processes().find(({ words: [program] }) => program === kubectl);
    process.kill(client!.pid, 'SIGKILL');
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }
}

/** Number of programs in containers that show a live view. */
export function liveViews(): number {
  return processes().filter(
    ({ words }) => words.includes('/usr/local/bin/unitledger') && words.includes('--live'),
  ).length;
}

function processes(): { readonly pid: number; readonly words: readonly string[] }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), words: commandLine(name) }));
}

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    // The process has ended.
    return [];
  }
}
