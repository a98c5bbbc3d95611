import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

/** The pages that tell readers what to type, by their paths below the root. Without CHANGELOG.md and bench/: histories. */
export const PAGES: ReadonlyMap<string, string> = new Map(
  ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docs/*.md', 'helm/*.md']
    .flatMap((pattern) => globSync(pattern, { cwd: root }))
    .sort()
    .map((page) => [page, readFileSync(join(root, page), 'utf8')]),
);

export interface FencedBlock {
  /** The word behind the opening fence: `sh`, `yaml`, or empty. */
  readonly language: string;
  readonly text: string;
}

export function fencedBlocks(markdown: string): readonly FencedBlock[] {
  return [...markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({
    language,
    text,
  }));
}

/** The code spans of the prose, fenced blocks left out. */
export function codeSpans(markdown: string): readonly string[] {
  const prose = markdown.replaceAll(/^```.*?^```$/gms, '');
  return [...prose.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replaceAll(/\s+/g, ' '));
}

export interface ShellCommand {
  readonly words: readonly string[];
  /** Variables that are set in front of the command. */
  readonly env: Readonly<Record<string, string>>;
}

/** A comment, a redirection, an end of a command (captured), or a word with its quotes (captured). */
const SHELL_TOKEN =
  /(?<=^|\s)#[^\n]*|\d*[<>]+&?\s*[^\s;&|]+|(\n|;|&+|\|+)|((?:[^\s;&|<>"'\\]|\\.|"[^"]*"|'[^']*')+)/gs;

/** The commands of a script, in order. Knows quotes, pipes, lists and loops, as much as documents need. */
export function shellCommands(script: string): readonly ShellCommand[] {
  const commands: string[][] = [[]];
  for (const [, end, word] of script.replaceAll('\\\n', ' ').matchAll(SHELL_TOKEN)) {
    if (end !== undefined) commands.push([]);
    else if (word !== undefined) commands.at(-1)!.push(unquoted(word));
  }
  return commands.map(withoutPrefix).filter(({ words }) => words.length > 0);
}

function unquoted(word: string): string {
  return word.replaceAll(
    /"([^"]*)"|'([^']*)'|\\(.)/gs,
    (_, double, single, escaped) => double ?? single ?? escaped,
  );
}

function withoutPrefix(words: readonly string[]): ShellCommand {
  const env: Record<string, string> = {};
  for (const [at, word] of words.entries()) {
    const assignment = /^(\w+)=(.*)$/s.exec(word);
    if (assignment !== null) env[assignment[1]!] = assignment[2]!;
    else if (word === 'for') break;
    else if (word !== 'do' && word !== 'done') return { words: words.slice(at), env };
  }
  return { words: [], env };
}
