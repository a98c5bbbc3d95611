import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openInvocations } from '../../../src/host/cgroup/invocation.ts';
import { canMakeCgroups, RealCgroups } from '../../real-cgroups.ts';
import { skipUnless } from '../../skip.ts';

const read = openInvocations();

test(
  'a cgroup has the invocation that was written to it, and none before',
  skipUnless(typeof read !== 'string' || read),
  (t) => {
    const made = canMakeCgroups();
    if (made !== true) return t.skip(made);
    assert.ok(typeof read !== 'string');
    const cgroups = new RealCgroups(t);
    assert.equal(read(cgroups.root), null);
    assert.equal(read(`${cgroups.root}/nothing`), null);
    for (const id of ['4b78f9a52472445c83984d9518e78409', '0123456789abcdef0123456789abcdef']) {
      cgroups.setInvocation('', id);
      assert.equal(read(cgroups.root), id);
    }
    cgroups.setInvocation('', 'x'.repeat(1000));
    assert.equal(read(cgroups.root), null);
  },
);
