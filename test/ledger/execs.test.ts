import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ledger } from '../../src/ledger/ledger.ts';
import { NO_EXITS } from '../../src/sampling/exit-records.ts';
import { SimulatedUnit } from './simulated-unit.ts';

test('a process has the times of its execs, and none of an earlier process with its PID', () => {
  const unit = new SimulatedUnit(3, false, true);
  const ledger = new Ledger();
  const execsOf = (pid: number) =>
    [...ledger.openAccounts()].find(({ identity }) => identity.pid === pid)?.execsAtSeconds;
  const book = (...execs: { readonly pid: number; readonly atSeconds: number }[]) => {
    const sample = unit.sample();
    const { events, lost } = unit.events();
    const more = execs.map(({ pid, atSeconds }) => ({ kind: 'exec' as const, pid, atSeconds }));
    ledger.book(sample, NO_EXITS, { events: [...events, ...more], lost });
  };
  const main = unit.fork(null)!;
  book();
  const first = unit.fork(main)!;
  const { pid } = first;
  book({ pid, atSeconds: first.bornAtSeconds + 0.001 }, { pid: main.pid, atSeconds: 1 });
  assert.deepEqual(execsOf(pid), [first.bornAtSeconds + 0.001]);
  assert.deepEqual(execsOf(main.pid), [1]);
  const passed = first.bornAtSeconds + 0.002;
  unit.exit(first);
  unit.reap(first);
  const gap = unit.fork(main)!;
  unit.exit(gap);
  unit.reap(gap);
  const second = unit.fork(main)!;
  assert.equal(second.pid, pid);
  book({ pid, atSeconds: passed }, { pid, atSeconds: second.bornAtSeconds + 0.001 });
  assert.deepEqual(execsOf(pid), [second.bornAtSeconds + 0.001]);
});
