import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { listProcesses } from '../../../src/host/proc/process-list.ts';

function list(procRoot: string): number[] | string {
  const pids: number[] = [];
  const outcome = listProcesses(procRoot, { push: (pid) => pids.push(pid) });
  return outcome === 'listed' ? pids.sort((a, b) => a - b) : outcome;
}

test('processes are listed, other files are not', () => {
  const procRoot = resolve(import.meta.dirname, '../../fixtures/hosts/v2/proc');
  assert.deepEqual(list(procRoot), [1, 700, 800, 801, 802, 900, 901]);
});

test('this process is among those of the machine', () => {
  const pids = list('/proc');
  assert.ok(typeof pids !== 'string' && pids.includes(process.pid));
});

test('a missing root is gone', () => {
  assert.equal(list('/nowhere'), 'gone');
});
