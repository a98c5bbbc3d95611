import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareRuns } from '../../src/comparison/compare-runs.ts';
import { judge } from '../../src/comparison/conditions.ts';
import { readCondition } from '../../src/config/read-condition.ts';
import { compared, runOf, runsWith, unitOf } from './runs.ts';

function judged(text: string, before: number[], after: number[]): string {
  const condition = readCondition(text);
  assert.ok(!('problem' in condition), JSON.stringify(condition));
  const { findings, judged: count } = judge(
    condition,
    compareRuns(runsWith(...before), runsWith(...after), 0.95),
  );
  return count === 0 ? 'nothing' : (findings[0]?.outcome ?? 'ok');
}

const CASES: readonly (readonly [condition: string, before: number[], after: number[], outcome: string])[] = [
  // One run each: what is seen counts.
  ['cpu.avg>+10%', [10], [12], 'regression'],
  ['cpu.avg>+10%', [10], [10.9], 'ok'],
  ['cpu.avg>+10%', [10], [5], 'ok'],
  ['cpu.avg<-10%', [10], [5], 'regression'],
  ['cpu.seconds>+1s', [10], [12], 'regression'],
  ['cpu.seconds>+3s', [10], [12], 'ok'],
  ['cpu.seconds>11s', [10], [12], 'regression'],
  ['cpu.seconds<11s', [10], [10.5], 'regression'],
  ['cpu.seconds>13s', [10], [12], 'ok'],
  // From nothing, anything is more.
  ['cpu.avg>+10%', [0], [1], 'regression'],
  ['cpu.avg>+10%', [0], [0], 'ok'],
  ['cpu.avg>+0%', [1], [1], 'ok'],
  // An improvement that is asked for and does not come.
  ['cpu.avg>-10%', [10], [9.5], 'regression'],
  ['cpu.avg>-10%', [10], [8], 'ok'],
  // Repeated: beyond how they scatter, too.
  ['cpu.avg>+10%', [10, 10.1, 9.9], [12, 12.1, 11.9], 'regression'],
  ['cpu.avg>+10%', [10, 10.1, 9.9], [10.5, 10.6, 10.4], 'ok'],
  ['cpu.avg>+10%', [6, 14, 10], [8, 18, 11], 'unsure'],
  ['cpu.seconds>11s', [10, 10], [12, 12.1, 11.9], 'regression'],
  ['cpu.seconds>11s', [10, 10], [8, 18, 11], 'unsure'],
  ['cpu.avg>-10%', [10, 10.1, 9.9], [9.5, 9.6, 9.4], 'regression'],
  // What it is of.
  ['unit:nginx.* cpu.avg>+10%', [10], [12], 'regression'],
  ['unit:apache.service cpu.avg>+10%', [10], [12], 'nothing'],
  ['name:nginx cpu.avg>+10%', [10], [12], 'regression'],
  ['name:n* cpu.avg>+30%', [10], [12], 'ok'],
  ['name:other cpu.avg>+10%', [10], [12], 'nothing'],
  ['memory.peak>+1B', [10], [12], 'nothing'],
];

for (const [condition, before, after, outcome] of CASES) {
  test(`${condition} finds ${outcome} in ${before.join(', ')} before and ${after.join(', ')} after`, () => {
    assert.equal(judged(condition, before, after), outcome);
  });
}

test('a unit that is only after has no difference, and a level all the same', () => {
  const before = [compared(runOf([unitOf(1)]))];
  const after = [compared(runOf([unitOf(1), unitOf(9, { unit: 'new.service' })]))];
  const comparison = compareRuns(before, after, 0.95);
  const outcomes = (text: string) => {
    const condition = readCondition(text);
    assert.ok(!('problem' in condition));
    return judge(condition, comparison).findings.map(({ unit, outcome }) => [unit, outcome]);
  };
  assert.deepEqual(outcomes('cpu.seconds>+1s'), [['new.service', 'unknown']]);
  assert.deepEqual(outcomes('cpu.seconds>5s'), [['new.service', 'regression']]);
});
