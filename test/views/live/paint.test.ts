import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cellText } from '../../../src/views/format.ts';
import { COVERED, Grid, isSurelyNarrow } from '../../../src/views/live/terminal/grid.ts';
import { paint } from '../../../src/views/live/terminal/paint.ts';
import { paletteOf } from '../../../src/views/live/terminal/palette.ts';
import { STYLES } from '../../../src/views/live/terminal/style.ts';
import { anyName } from '../names.ts';
import { Emulator } from './emulator.ts';

const PALETTE = paletteOf('256', 'dark');

/** Pieces of text in places, as views put them. */
const anyPieces = fc.array(
  fc.record({
    row: fc.nat({ max: 5 }),
    column: fc.nat({ max: 24 }),
    text: fc.oneof(anyName, fc.constantFrom('▁▂▃', 'nginx', '漢字', '🚀', 'é', '│  └─ ', '      ')),
    style: fc.nat({ max: STYLES.length - 1 }),
  }),
  { maxLength: 12 },
);

function gridOf(
  columns: number,
  rows: number,
  pieces: typeof anyPieces extends fc.Arbitrary<infer P> ? P : never,
): Grid {
  const grid = new Grid(columns, rows);
  for (const { row, column, text, style } of pieces) grid.put(row, column, cellText(text, 20), style);
  return grid;
}

/**
 * Every cell of what all terminals agree about shows what it should. About the width of newer characters this one is of
 * another mind than `string-width`: that must not move what stands beside them.
 */
function assertShows(emulator: Emulator, grid: Grid): void {
  for (let row = 0; row < grid.rows; row++) {
    const cells = emulator.cellsOf(row);
    for (let column = 0; column < grid.columns; column++) {
      const text = grid.texts[row * grid.columns + column]!;
      if (text !== COVERED && isSurelyNarrow(text))
        assert.equal(cells[column] || ' ', text, `row ${row}, column ${column}`);
    }
  }
}

test('whatever is shown after whatever else, the terminal shows it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyPieces, { minLength: 1, maxLength: 5 }), async (screens) => {
      const emulator = new Emulator(30, 6);
      let before: Grid | null = null;
      for (const pieces of screens) {
        const grid = gridOf(30, 6, pieces);
        await emulator.write(paint(before, grid, PALETTE));
        before = grid;
        assertShows(emulator, grid);
      }
      assert.deepEqual(emulator.titles, []);
      assert.deepEqual(emulator.answers, []);
    }),
    { numRuns: 200 },
  );
});

test('of a character of three columns nothing is left when any of them is written over', async () => {
  for (const column of [9, 10, 11, 12]) {
    const piece = (at: number, text: string) => ({ row: 1, column: at, text, style: 0 });
    const grid = gridOf(30, 6, [piece(10, '⺀ꨯxyz'), piece(column, '"')]);
    const emulator = new Emulator(30, 6);
    await emulator.write(paint(null, grid, PALETTE));
    assertShows(emulator, grid);
    assert.equal(grid.texts.filter((text) => text === COVERED).length, column === 9 ? 2 : 0);
  }
});

test('only what changed is written', () => {
  const before = new Grid(80, 24);
  for (let row = 0; row < 24; row++) before.put(row, 0, `row ${row} `.repeat(8));
  const now = new Grid(80, 24);
  for (let row = 0; row < 24; row++) now.put(row, 0, `row ${row} `.repeat(8));
  assert.equal(paint(before, now, PALETTE), '');
  now.put(7, 40, 'X');
  assert.equal(paint(before, now, PALETTE), '\x1b[?2026h\x1b[8;41HX\x1b[24H\x1b[?2026l');
});

test('the cursor is left where a shell that writes on the screen can be read', async () => {
  const before = new Grid(40, 4);
  const now = new Grid(40, 4);
  now.put(1, 39, 'X');
  const emulator = new Emulator(40, 4);
  await emulator.write(paint(null, before, PALETTE));
  await emulator.write(paint(before, now, PALETTE));
  // The terminal is raw, so that a line feed is no carriage return.
  await emulator.write('\x1b[?7l\n[1]+  Stopped  unitledger');
  assert.equal(emulator.lines.at(-1)!.trimEnd(), '[1]+  Stopped  unitledger');
});

test('changes near each other are one piece, those far apart are two', () => {
  const before = new Grid(80, 2);
  before.put(0, 0, 'a'.repeat(60));
  const now = new Grid(80, 2);
  now.put(0, 0, `aXaXa${'a'.repeat(30)}X${'a'.repeat(24)}`);
  assert.equal(paint(before, now, PALETTE), '\x1b[?2026h\x1b[1;2HXaX\x1b[1;36HX\x1b[2H\x1b[?2026l');
});

test('the rest of a line that has become empty is erased, not overwritten', () => {
  const before = new Grid(80, 1);
  before.put(0, 0, 'x'.repeat(80));
  const now = new Grid(80, 1);
  now.put(0, 0, 'x'.repeat(10));
  assert.equal(paint(before, now, PALETTE), '\x1b[?2026h\x1b[1;11H\x1b[K\x1b[1H\x1b[?2026l');
});

test('columns stay straight on a terminal that takes emoji for narrow', async () => {
  const emulator = new Emulator(40, 2, false);
  const before = new Grid(40, 2);
  before.put(0, 0, 'x'.repeat(40));
  await emulator.write(paint(null, before, PALETTE));
  const now = new Grid(40, 2);
  now.put(0, 0, '🚀🚀漢字 name');
  now.put(0, 20, '12.5');
  await emulator.write(paint(before, now, PALETTE));
  assert.deepEqual(emulator.cellsOf(0).slice(20, 24), ['1', '2', '.', '5']);
  assert.match(emulator.lines[0]!, /^🚀 🚀 漢字 name {7}12\.5$/u);
});

test('a terminal of another size is drawn anew', async () => {
  const small = new Grid(10, 2);
  small.put(0, 0, 'small');
  const large = new Grid(20, 3);
  large.put(2, 10, 'large');
  const emulator = new Emulator(10, 2);
  await emulator.write(paint(null, small, PALETTE));
  emulator.resize(20, 3);
  await emulator.write(paint(small, large, PALETTE));
  assert.deepEqual(emulator.lines, ['', '', '          large']);
});
