import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DescriptorBudget } from '../../src/sampling/descriptor-budget.ts';

/** How many identities, and of these counters, it lets rows hold. */
function most(limit: number): { identities: number; counters: number } {
  const budget = new DescriptorBudget(limit);
  let identities = 0;
  let counters = 0;
  for (; budget.mayHoldIdentity; identities++) {
    if (budget.mayHoldCounter) counters++;
    budget.took();
  }
  return { identities, counters };
}

test('counters leave room for identities, and a budget of 0 holds no descriptor', () => {
  assert.deepEqual(most(20_000), { identities: 20_000, counters: 15_000 });
  assert.deepEqual(most(24), { identities: 24, counters: 18 });
  assert.deepEqual(most(0), { identities: 0, counters: 0 });
});

test('a returned descriptor can be held again, and a denied row is remembered', () => {
  const budget = new DescriptorBudget(2);
  for (let i = 0; i < 2; i++) {
    assert.equal(budget.mayHoldIdentity, true);
    budget.took();
  }
  assert.equal(budget.isShort, false);
  assert.equal(budget.mayHoldIdentity, false);
  budget.gaveBack();
  assert.equal(budget.mayHoldIdentity, true);
  assert.equal(budget.isShort, true);
});
