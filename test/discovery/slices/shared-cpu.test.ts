import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SharedCpu } from '../../../src/discovery/slices/shared-cpu.ts';

test('slices that come and go for months share rows: of a slice above them that has one, or of the root', () => {
  const shared = new SharedCpu();
  shared.add('/kubepods.slice', 1);
  for (let pod = 0; pod < 5000; pod++) shared.add(`/kubepods.slice/kubepods-pod${pod}.slice`, 1);
  for (let user = 0; user < 5000; user++) shared.add(`/user.slice/user-${user}.slice`, 1);
  const bySlice = new Map(shared.entries());
  assert.equal(bySlice.get('/kubepods.slice/kubepods-pod0.slice'), 1);
  assert.equal(bySlice.get('/kubepods.slice'), 1 + 5000 - 99);
  assert.equal(bySlice.get(''), 5000);
  assert.equal(bySlice.size, 101);
});
