import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { makeRoomForDescriptors } from '../../src/host/descriptor-table.ts';
import { loadKernelClocks } from '../../src/host/kernel-clocks.ts';
import { readDescriptorLimit } from '../../src/host/proc/limits.ts';
import { skipUnless } from '../skip.ts';

const loaded = loadKernelClocks();
const needs = typeof loaded === 'string' ? loaded : true;

/** Descriptors that the kernel has room for in this program's table (proc_pid_status(5)). */
function room(): number {
  return Number(/^FDSize:\s*(\d+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))![1]);
}

describe('the table of descriptors', () => {
  test('has room in advance, and holds no more than before', skipUnless(needs), async () => {
    const before = readdirSync('/proc/self/fd').map(Number);
    const limit = Math.min(readDescriptorLimit(), room() * 2);
    assert.equal(await makeRoomForDescriptors(limit), true);
    assert.ok(room() >= limit, `room for ${room()}`);
    assert.ok(Math.max(...readdirSync('/proc/self/fd').map(Number)) < Math.max(...before) + 16);
  });

  test('has room for at most the limit', skipUnless(needs), async () => {
    assert.equal(await makeRoomForDescriptors(readDescriptorLimit()), true);
    assert.ok(room() <= 4096, `room for ${room()}`);
  });
});
