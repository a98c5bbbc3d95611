import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import unicode11 from '@xterm/addon-unicode11';
import xterm from '@xterm/headless';

const usage = `tmux capture-pane -e -N -p | node scripts/terminal-svg.ts --title 'What it shows' >FILE.svg

Options: --columns 120 --rows 34

Draws a captured terminal as SVG: text with colours and attributes, as it was on the screen.`;

const CELL = { width: 8.4, height: 18, font: 14, baseline: 13.5 } as const;
const MARGIN = 14;
const BACKGROUND = '#16181d';
const FOREGROUND = '#d6d9e0';
/** The first sixteen colours are a terminal's own; these are near those of xterm. */
const SIXTEEN =
  '000000 cd3131 0dbc79 e5e510 2472c8 bc3fbc 11a8cd e5e5e5 666666 f14c4c 23d18b f5f543 3b8eea d670d6 29b8db ffffff';
const STEPS = [0, 95, 135, 175, 215, 255];

type Buffer = ReturnType<typeof bufferOf>;
type Line = NonNullable<ReturnType<Buffer['getLine']>>;
type Cell = NonNullable<ReturnType<Line['getCell']>>;

interface Look {
  readonly ink: string;
  readonly paper: string;
  readonly isBold: boolean;
  readonly isUnderlined: boolean;
}

function bufferOf(terminal: InstanceType<typeof xterm.Terminal>) {
  return terminal.buffer.active;
}

function colourOf(isRgb: boolean, isPalette: boolean, value: number, other: string): string {
  if (isRgb) return `#${value.toString(16).padStart(6, '0')}`;
  if (!isPalette) return other;
  if (value < 16) return `#${SIXTEEN.split(' ')[value]}`;
  if (value >= 232) return `rgb(${new Array(3).fill(8 + 10 * (value - 232)).join()})`;
  const cube = value - 16;
  return `rgb(${[Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((at) => STEPS[at]).join()})`;
}

function lookOf(cell: Cell): Look {
  const ink = colourOf(cell.isFgRGB(), cell.isFgPalette(), cell.getFgColor(), FOREGROUND);
  const paper = colourOf(cell.isBgRGB(), cell.isBgPalette(), cell.getBgColor(), BACKGROUND);
  const isReversed = cell.isInverse() !== 0;
  return {
    ink: isReversed ? paper : ink,
    paper: isReversed ? ink : paper,
    isBold: cell.isBold() !== 0,
    isUnderlined: cell.isUnderline() !== 0,
  };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

/** Eighths of a cell that a block fills from below (U+2581 to U+2588); undefined for any other text. */
function eighthsOf(text: string): number | undefined {
  const eighths = (text.codePointAt(0) ?? 0) - 0x2580;
  return eighths >= 1 && eighths <= 8 ? eighths : undefined;
}

const round = (value: number) => Number(value.toFixed(2));

function drawLine(line: Line, columns: number, row: number): string[] {
  const drawn: string[] = [];
  const top = MARGIN + row * CELL.height;
  const rect = (from: number, to: number, colour: string, eighths = 8) => {
    const height = (CELL.height * eighths) / 8;
    const place = `x="${round(MARGIN + from * CELL.width)}" y="${round(top + CELL.height - height)}"`;
    drawn.push(
      `<rect ${place} width="${round((to - from) * CELL.width)}" height="${round(height)}" fill="${colour}"/>`,
    );
  };
  let column = 0;
  while (column < columns) {
    const first = line.getCell(column)!;
    const look = lookOf(first);
    const eighths = eighthsOf(first.getChars());
    const isSame = (at: number) => {
      const cell = line.getCell(at)!;
      return (
        JSON.stringify(lookOf(cell)) === JSON.stringify(look) &&
        eighthsOf(cell.getChars()) === eighths &&
        (cell.getChars() === '') === (first.getChars() === '')
      );
    };
    let end = column + 1;
    while (end < columns && isSame(end)) end++;
    let text = '';
    for (let at = column; at < end; at++) text += line.getCell(at)!.getChars() || ' ';
    const spaces = text.length - text.trimEnd().length;
    if (look.paper !== BACKGROUND) rect(column, end, look.paper);
    if (eighths !== undefined) rect(column, end, look.ink, eighths);
    else if (text.trim() !== '') {
      const place = `x="${round(MARGIN + column * CELL.width)}" y="${round(top + CELL.baseline)}"`;
      const attributes =
        (look.isBold ? ' font-weight="bold"' : '') +
        (look.isUnderlined ? ' text-decoration="underline"' : '');
      const width = `textLength="${round((end - column - spaces) * CELL.width)}" lengthAdjust="spacingAndGlyphs"`;
      drawn.push(`<text ${place} ${width} fill="${look.ink}"${attributes}>${escaped(text.trimEnd())}</text>`);
    }
    column = end;
  }
  return drawn;
}

const { values } = parseArgs({
  options: {
    columns: { type: 'string', default: '120' },
    rows: { type: 'string', default: '34' },
    title: { type: 'string', default: 'A terminal' },
    help: { type: 'boolean' },
  },
});
if (values.help) {
  console.log(usage);
} else {
  const [columns, rows] = [Number(values.columns), Number(values.rows)];
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0 });
  terminal.loadAddon(new unicode11.Unicode11Addon());
  terminal.unicode.activeVersion = '11';
  const captured = readFileSync(0, 'utf8').replace(/\n$/, '').replaceAll('\n', '\r\n');
  await new Promise<void>((resolve) => terminal.write(captured, resolve));
  const width = round(columns * CELL.width + 2 * MARGIN);
  const height = rows * CELL.height + 2 * MARGIN;
  const lines = Array.from({ length: rows }, (_, row) =>
    drawLine(bufferOf(terminal).getLine(row)!, columns, row),
  );
  const font = `font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="${CELL.font}"`;
  console.log(
    [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
      `<title>${escaped(values.title)}</title>`,
      `<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/>`,
      `<g ${font} xml:space="preserve">`,
      ...lines.flat(),
      '</g>',
      '</svg>',
    ].join('\n'),
  );
}
