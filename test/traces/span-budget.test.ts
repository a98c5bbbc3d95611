import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SpanBudget } from '../../src/traces/span-budget.ts';

test('a service gets its spans again every minute', () => {
  const budget = new SpanBudget(100, false);
  assert.equal(budget.room(5, false), 100);
  budget.note(80);
  assert.equal(budget.room(64, false), 20);
  budget.note(40);
  assert.equal(budget.room(64.9, true), 0);
  assert.equal(budget.room(65, false), 100);
});

test('a command gets them once, and each batch leaves half of the remainder for later ones', () => {
  const budget = new SpanBudget(100, true);
  assert.equal(budget.room(0, false), 50);
  budget.note(50);
  assert.equal(budget.room(10, false), 25);
  budget.note(10);
  assert.equal(budget.room(1000, false), 20);
  assert.equal(budget.room(1000, true), 40);
  budget.note(90);
  assert.equal(budget.room(2000, true), 0);
});
