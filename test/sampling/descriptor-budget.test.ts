import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DescriptorBudget } from '../../src/sampling/descriptor-budget.ts';

/** How many identities, and of these counters, it lets rows hold. */
function most(limit: number, elsewhere: number): { identities: number; counters: number } {
  const budget = new DescriptorBudget(limit, elsewhere);
  let identities = 0;
  let counters = 0;
  for (; budget.mayHoldIdentity; identities++) {
    if (budget.mayHoldCounter) counters++;
    budget.took();
  }
  return { identities, counters };
}

test('what is promised to others and a reserve are left free, and counters leave room for identities', () => {
  assert.deepEqual(most(20_000, 0), { identities: 19_744, counters: 14_808 });
  assert.deepEqual(most(20_000, 4096), { identities: 15_648, counters: 11_736 });
  assert.deepEqual(most(1024, 256), { identities: 512, counters: 384 });
});

test('of few descriptors half are left free, and of none none are held', () => {
  assert.deepEqual(most(64, 16), { identities: 24, counters: 18 });
  assert.deepEqual(most(1, 0), { identities: 0, counters: 0 });
  assert.deepEqual(most(10, 20), { identities: 0, counters: 0 });
});

test('what is given back may be held again', () => {
  const budget = new DescriptorBudget(4, 0);
  for (let i = 0; i < 2; i++) budget.took();
  assert.equal(budget.mayHoldIdentity, false);
  budget.gaveBack();
  assert.equal(budget.mayHoldIdentity, true);
});
