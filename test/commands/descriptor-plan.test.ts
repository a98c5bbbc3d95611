import assert from 'node:assert/strict';
import { test } from 'node:test';
import { affordableDescriptors } from '../../src/commands/track/descriptor-plan.ts';

const MIB = 1024 ** 2;

test('held descriptors take at most an eighth of the memory limit of the cgroup', () => {
  assert.equal(affordableDescriptors(128 * MIB), 3640);
  assert.equal(affordableDescriptors(256 * MIB), 7281);
});

test('without a memory limit, memory bounds no descriptors', () => {
  assert.equal(affordableDescriptors(0), Number.POSITIVE_INFINITY);
});
