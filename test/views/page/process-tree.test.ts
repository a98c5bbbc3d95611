import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FoldData, ProcessData } from '../../../src/views/page/client/run/run-data.ts';
import { treeOf } from '../../../src/views/page/client/table/process-tree.ts';
import { runProcess } from '../documents.ts';

function processOf(key: number, name: string, parent: number | null, unit = 1): ProcessData {
  const totals = runProcess({ pid: 1000 + key, name });
  return { key, info: { key, unit, parent, totals, series: null }, values: null };
}

/** `  sh ×2` for a line of two processes a level down. */
function linesOf(
  processes: readonly ProcessData[],
  open: readonly string[] = [],
  folds: readonly FoldData[] = [],
): string[] {
  return treeOf(processes, (id) => open.some((name) => id.endsWith(` ${name}`)), folds).map((branch) => {
    const indent = ' '.repeat(2 * branch.level);
    if ('folds' in branch) return `${indent}(${branch.folds.map(({ name, count }) => `${name} ×${count}`)})`;
    const { members } = branch;
    return `${indent}${members[0].info.totals.name}${members.length > 1 ? ` ×${members.length}` : ''}`;
  });
}

/** `make` with two shells, each of which runs a compiler and an assembler. */
const MAKE = [
  processOf(1, 'make', null),
  processOf(2, 'sh', 1),
  processOf(3, 'cc1', 2),
  processOf(4, 'as', 2),
  processOf(5, 'sh', 1),
  processOf(6, 'cc1', 5),
  processOf(7, 'ld', 1),
];

test('children of one parent with the same name are one line, and so are theirs', () => {
  assert.deepEqual(linesOf(MAKE), ['make', '  sh ×2', '    cc1 ×2', '    as', '  ld']);
});

test('an unfolded branch shows each of its processes with its own children', () => {
  assert.deepEqual(linesOf(MAKE, ['sh']), [
    'make',
    '  sh ×2',
    '    sh',
    '      cc1',
    '      as',
    '    sh',
    '      cc1',
    '  ld',
  ]);
});

test('processes of one name under different parents, and roots of different units, are not one line', () => {
  const processes = [
    processOf(1, 'a', null),
    processOf(2, 'b', null),
    processOf(3, 'sleep', 1),
    processOf(4, 'sleep', 2),
    processOf(5, 'a', null, 2),
    processOf(6, 'sleep', 99),
    processOf(7, 'sleep', null),
  ];
  assert.deepEqual(linesOf(processes), ['a', '  sleep', 'b', '  sleep', 'a', 'sleep ×2']);
});

test('processes without rows stand by name below the line of the process that they descend from', () => {
  const fold = (parent: number | null, name: string, count: number): FoldData => ({
    ...{ unit: 1, parent, name, count, failed: 0 },
    stretches: [[0, 1]],
  });
  const folds = [
    fold(2, 'rm', 3),
    fold(5, 'rm', 4),
    fold(1, 'true', 1),
    fold(99, 'ls', 2),
    fold(null, 'ls', 5),
  ];
  assert.deepEqual(linesOf(MAKE, [], folds), [
    'make',
    '  sh ×2',
    '    cc1 ×2',
    '    as',
    '    (rm ×3,rm ×4)',
    '  ld',
    '  (true ×1)',
    '(ls ×2,ls ×5)',
  ]);
  assert.deepEqual(linesOf(MAKE, ['sh'], folds).slice(1, 9), [
    '  sh ×2',
    '    sh',
    '      cc1',
    '      as',
    '      (rm ×3)',
    '    sh',
    '      cc1',
    '      (rm ×4)',
  ]);
});

test('every process is in one line, also where parents form a loop', () => {
  const processes = [
    processOf(1, 'x', 2),
    processOf(2, 'y', 1),
    processOf(3, 'z', 3),
    ...[10, 11].map((key) => processOf(key, 'z', 3)),
  ];
  const keys = treeOf(processes, () => false).flatMap((branch) =>
    'members' in branch ? branch.members.map(({ key }) => key) : [],
  );
  assert.deepEqual(
    [...keys].sort((a, b) => a - b),
    [1, 2, 3, 10, 11],
  );
});
