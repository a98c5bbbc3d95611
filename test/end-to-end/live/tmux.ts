import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROGRAM } from '../../bundle.ts';
import { plainEnvironment, until } from '../program/unitledger.ts';

/** What comes on a busy machine comes within this. */
const SECONDS = 30;
const PROMPT = 'ready>';

/** `true`, or why no test can use a terminal of tmux here. */
export function tmuxAvailable(): true | string {
  return spawnSync('tmux', ['-V']).status === 0 || 'needs tmux';
}

/** How the terminal is to be, where that is not 120 × 34 with a plain environment. */
export interface TmuxPlan {
  readonly columns?: number;
  readonly rows?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A real terminal (tmux, with a server of its own) with a shell in it that has job control and no settings of its own. */
export class TmuxTerminal implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'unitledger-tmux-'));
  readonly #raw = join(this.#folder, 'raw');

  private constructor() {}

  static async open({ columns = 120, rows = 34, environment = {} }: TmuxPlan = {}): Promise<TmuxTerminal> {
    const terminal = new TmuxTerminal();
    // dash, unlike bash, never sets the terminal right after a program that left it wrong.
    const plain = {
      ...plainEnvironment(),
      PS1: `${PROMPT} `,
      LC_ALL: 'C.UTF-8',
      ...environment,
    };
    const settings = Object.entries(plain).map(([name, value]) => `${name}=${value}`);
    const size = ['-x', `${columns}`, '-y', `${rows}`];
    try {
      terminal.#tmux('new-session', '-d', ...size, 'env', ...settings, 'sh', '-i');
      await terminal.shows(PROMPT);
    } catch (error) {
      terminal[Symbol.dispose]();
      throw error;
    }
    return terminal;
  }

  [Symbol.dispose](): void {
    this.#run('kill-server');
    rmSync(this.#folder, { recursive: true });
  }

  /** Types a line, and Enter. */
  typeLine(line: string): void {
    this.type(line);
    this.press('Enter');
  }

  type(text: string): void {
    this.#tmux('send-keys', '-l', text);
  }

  /** Presses keys by tmux's names for them. */
  press(...keys: string[]): void {
    this.#tmux('send-keys', ...keys);
  }

  /** Types the program's start. */
  start(args: readonly string[], nodeFlags: readonly string[] = []): void {
    this.typeLine([process.execPath, ...nodeFlags, PROGRAM, ...args].map(quoted).join(' '));
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', `${columns}`, '-y', `${rows}`);
  }

  /** Keeps all bytes that are written to the terminal from now on. */
  record(): void {
    this.#tmux('pipe-pane', '-o', `cat >${quoted(this.#raw)}`);
  }

  recorded(): string {
    return readFileSync(this.#raw, 'latin1');
  }

  /** The terminal goes away, as when its window is closed. */
  close(): void {
    this.#tmux('kill-session');
  }

  /** The lines of the screen. */
  lines(): string[] {
    return this.#tmux('capture-pane', '-p').split('\n').slice(0, -1);
  }

  /** A format of tmux: `#{alternate_on}`. */
  ask(format: string): string {
    return this.#tmux('display-message', '-p', format).trim();
  }

  get shellPid(): number {
    return Number(this.ask('#{pane_pid}'));
  }

  /** Waits until the screen is as told, and returns its lines. */
  async until(isSo: (lines: string[]) => boolean, what: string): Promise<string[]> {
    let lines: string[] = [];
    await until(
      () => {
        lines = this.lines();
        return isSo(lines);
      },
      () => `${what}\n${lines.join('\n')}`,
      SECONDS,
    );
    return lines;
  }

  /** Waits until something stands somewhere on the screen. */
  shows(text: string | RegExp): Promise<string[]> {
    const isThere = (line: string) => (typeof text === 'string' ? line.includes(text) : text.test(line));
    return this.until((lines) => lines.some(isThere), `${text} on the screen`);
  }

  async hides(text: string): Promise<void> {
    await this.until((lines) => !lines.some((line) => line.includes(text)), `no ${text} on the screen`);
  }

  /** Waits until the shell has the terminal back: before that, a program that is ending takes what is typed. */
  async shellReads(): Promise<void> {
    await this.until(() => {
      const stat = readFileSync(`/proc/${this.shellPid}/stat`, 'latin1');
      const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return group === foreground;
    }, 'the shell in the foreground');
  }

  /** Runs a command in the shell, and returns what it printed. */
  async outputOf(command: string): Promise<string> {
    await this.shellReads();
    const file = join(this.#folder, 'output');
    rmSync(`${file}.done`, { force: true });
    this.typeLine(`${command} >${file} 2>&1; : >${file}.done`);
    await until(
      () => existsSync(`${file}.done`),
      () => `the end of ${command}\n${this.lines().join('\n')}`,
      SECONDS,
    );
    return readFileSync(file, 'utf8');
  }

  #tmux(...args: string[]): string {
    const { status, stdout, stderr } = this.#run(...args);
    assert.equal(status, 0, `tmux ${args.join(' ')}: ${stderr}`);
    return stdout;
  }

  #run(...args: string[]): SpawnSyncReturns<string> {
    const environment = { PATH: process.env.PATH, HOME: process.env.HOME, LC_ALL: 'C.UTF-8' };
    const server = ['-u', '-S', join(this.#folder, 'socket'), '-f', '/dev/null'];
    return spawnSync('tmux', [...server, ...args], { encoding: 'utf8', env: environment });
  }
}

/** What keys and programs may have set on a terminal. */
export async function conditionOf(terminal: TmuxTerminal): Promise<Record<string, string>> {
  await terminal.shellReads();
  const flags = ['alternate_on', 'cursor_flag', 'mouse_any_flag', 'wrap_flag'];
  const values = terminal.ask(flags.map((flag) => `#{${flag}}`).join(' ')).split(' ');
  const settings = await terminal.outputOf('stty -g');
  return { ...Object.fromEntries(flags.map((flag, i) => [flag, values[i]!])), stty: settings.trim() };
}

function quoted(text: string): string {
  return /^[\w./=:@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
