import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cellText } from '../../../src/views/format.ts';
import { REALISTIC, runDocument, runExited, runProcess, runUnit } from '../documents.ts';
import { anyName, UNSAFE } from '../names.ts';
import { renderMarkdown } from './rendered.ts';

/** The cells of one line of a pipe table, as GitHub parts them: at pipes without a backslash. */
function cellsOf(line: string): string[] {
  const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
  assert.equal(cells[0], '');
  assert.equal(cells.at(-1), '');
  return cells.slice(1, -1).map((cell) => cell.replaceAll('\\|', '|'));
}

/** What a code span shows, by CommonMark; fails where `text` is not one code span and nothing else. */
function codeOf(text: string): string {
  const fence = /^`+/.exec(text)?.[0] ?? assert.fail(`no code span: ${text}`);
  const inside = text.slice(fence.length);
  const end = [...inside.matchAll(/`+/g)].find((run) => run[0].length === fence.length);
  assert.equal(end?.index, inside.length - fence.length, `the code span ends early: ${text}`);
  const code = inside.slice(0, -fence.length);
  return /^ .*[^ ].* $/.test(code) ? code.slice(1, -1) : code;
}

function tables(markdown: string): string[][][] {
  return [...markdown.matchAll(/(?:^\|.*\n)+/gm)].map((table) => table[0].trimEnd().split('\n').map(cellsOf));
}

test('the process table has the columns of the text table, aligned as there', () => {
  const [, [header = [], rule = [], first = []] = []] = tables(renderMarkdown(REALISTIC));
  assert.deepEqual(header.slice(0, 4), ['PID', 'NAME', 'PPID', 'CPU%(min/max/avg)']);
  assert.deepEqual(rule.slice(0, 3), ['---:', ':---', '---:']);
  assert.deepEqual(first.slice(0, 4), ['812', '`nginx`', '811', '4.0/61.3/27.0']);
});

test('several units stand side by side, their names in code spans', () => {
  const [[header = [], , first = []] = []] = tables(renderMarkdown(REALISTIC));
  assert.deepEqual(header.slice(0, 3), ['UNIT', 'CPU_S', 'COVERAGE']);
  assert.deepEqual(first.slice(0, 3), ['`nginx.service`', '31.48', '97.9%']);
});

test('whatever processes call themselves, their names are code spans in cells of their own', () => {
  fc.assert(
    fc.property(fc.array(anyName, { minLength: 1, maxLength: 5 }), (names) => {
      const processes = names.map((name, pid) => runProcess({ pid, name, command: name }));
      const exited = names.map((name) => runExited({ name }));
      const [unit = ''] = names;
      const markdown = renderMarkdown(runDocument({ units: [runUnit({ unit, processes, exited })] }));
      assert.doesNotMatch(markdown, UNSAFE);
      const [rows = [], folded = []] = tables(markdown);
      assert.equal(rows.length, 2 + names.length);
      assert.equal(folded.length, 2 + names.length);
      for (const [at, name] of names.entries()) {
        const row = rows[2 + at] ?? [];
        assert.equal(row.length, rows[0]?.length);
        assert.equal(codeOf(row[1] ?? ''), cellText(name, 64));
        assert.equal(codeOf(row.at(-1) ?? ''), cellText(name, 200));
        assert.equal(codeOf(folded[2 + at]?.[0] ?? ''), cellText(name, 64));
      }
      const heading = /^### (.*)$/m.exec(markdown)?.[1] ?? '';
      assert.equal(codeOf(heading), cellText(unit, 200));
    }),
  );
});

test('pipes, backticks, HTML and line breaks in a name are shown, not obeyed', () => {
  const cellOf = (name: string) =>
    renderMarkdown(runDocument({ units: [runUnit({ processes: [runProcess({ pid: 7, name })] })] }))
      .split('\n')
      .find((line) => line.startsWith('| 7 |'))
      ?.slice(6)
      .split(' | 1 |')[0];
  assert.equal(cellOf('a|b'), '`a\\|b`');
  assert.equal(cellOf('a\\|b'), '`a\\\\\\|b`');
  assert.equal(cellOf('`rm`'), '`` `rm` ``');
  assert.equal(cellOf('a``b`c'), '```a``b`c```');
  assert.equal(cellOf('<img src=x>'), '`<img src=x>`');
  assert.equal(cellOf('a\n| b'), '`a\\n\\| b`');
  assert.equal(cellOf('@everyone #1'), '`@everyone #1`');
});

test('ten thousand processes are ten thousand rows', () => {
  const processes = Array.from({ length: 10_000 }, (_, pid) => runProcess({ pid }));
  const [rows = []] = tables(renderMarkdown(runDocument({ units: [runUnit({ processes })] })));
  assert.equal(rows.length, 10_002);
});
