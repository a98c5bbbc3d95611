import type { LiveViewOptions, Screen } from '../../../src/views/live/live-view.ts';
import { LiveView } from '../../../src/views/live/live-view.ts';
import { COVERED, type Grid } from '../../../src/views/live/terminal/grid.ts';
import type { Input } from '../../../src/views/live/terminal/keys.ts';
import { STYLES } from '../../../src/views/live/terminal/style.ts';

/** A screen that keeps its last contents. */
class FakeScreen implements Screen {
  columns: number;
  rows: number;
  grid: Grid | undefined;
  shown = 0;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  show(grid: Grid): void {
    this.grid = grid;
    this.shown++;
  }

  forget(): void {}

  /** The lines as text, without trailing spaces. */
  get lines(): string[] {
    const { texts, columns, rows } = this.grid!;
    return Array.from({ length: rows }, (_, row) =>
      texts
        .slice(row * columns, (row + 1) * columns)
        .filter((text) => text !== COVERED)
        .join('')
        .trimEnd(),
    );
  }

  /** The style at the first occurrence of a text. */
  styleOf(text: string): string | undefined {
    const row = this.lines.findIndex((line) => line.includes(text));
    if (row < 0) return undefined;
    const { texts, styles, columns } = this.grid!;
    for (let column = 0; column < columns; column++) {
      const rest = texts.slice(row * columns + column, (row + 1) * columns).join('');
      if (rest.startsWith(text)) return STYLES[styles[row * columns + column]!];
    }
    return undefined;
  }
}

/** A view on a fake screen, and its requests to the outside. */
export function openFakeView(columns: number, rows: number, options: Partial<LiveViewOptions> = {}) {
  const screen = new FakeScreen(columns, rows);
  const asked: string[] = [];
  const view = new LiveView(screen, {
    onQuit: () => asked.push('quit'),
    onSuspend: () => asked.push('suspend'),
    ...options,
  });
  return { screen, view, asked, press: (...keys: string[]) => view.take(keys.map(inputOf)) };
}

/** `down` etc. are keys, `ctrl-c` etc. are keys with Ctrl, everything else is text. */
function inputOf(name: string): Input {
  const keys = [
    'up',
    'down',
    'left',
    'right',
    'home',
    'end',
    'page-up',
    'page-down',
    'enter',
    'escape',
    'backspace',
  ];
  if (keys.includes(name)) return { kind: 'key', key: name } as Input;
  if (name.startsWith('ctrl-')) return { kind: 'control', letter: name.at(-1)! };
  return { kind: 'text', text: name };
}
