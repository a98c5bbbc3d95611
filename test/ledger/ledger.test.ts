import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Ledger } from '../../src/ledger/ledger.ts';
import { type SimulatedProcess, SimulatedUnit } from './simulated-unit.ts';

const MILLION = 1_000_000;

/** A unit with one process, under a ledger; each test tells what happens next. */
function story() {
  const unit = new SimulatedUnit(50);
  const ledger = new Ledger();
  const root = unit.fork(null)!;
  const usedBy = (process: SimulatedProcess) => {
    const all = [...ledger.accounts, ...gone].filter((account) => account !== undefined);
    const account = all.find(({ identity }) => identity.serial === process.serial)!;
    return {
      own: Math.round(account.cpuSeconds * 1000),
      reaped: Math.round(account.reapedCpuSeconds * 1000),
      written: account.diskBytes,
    };
  };
  const gone: (typeof ledger.ended)[number][] = [];
  const tick = (meanwhile?: () => void) => {
    ledger.book(unit.sample(meanwhile));
    gone.push(...ledger.ended);
  };
  return { unit, ledger, root, tick, usedBy };
}

/** Calls each step before one read of a tick, in turn. */
function inTurn(...steps: (() => void)[]): () => void {
  return () => steps.shift()?.();
}

const rest = () => {};

describe('the ledger', () => {
  it('books nothing from before the run', () => {
    const { unit, root, tick, usedBy, ledger } = story();
    unit.work(root, 900 * MILLION, 5000);
    unit.reapForeign(root, 500 * MILLION, 100);
    tick();
    tick();
    assert.deepEqual(usedBy(root), { own: 0, reaped: 0, written: 0 });
    assert.equal(ledger.units[0]!.totalSeconds, 0);
  });

  it('books an unseen child to the parent that waited for it', () => {
    const { unit, root, tick, usedBy } = story();
    tick();
    const child = unit.fork(root)!;
    unit.work(child, 70 * MILLION, 4096);
    unit.exit(child);
    unit.reap(child);
    tick();
    assert.deepEqual(usedBy(root), { own: 0, reaped: 70, written: 4096 });
  });

  it('books a sampled child to the child, and only its final delta to the parent', () => {
    const { unit, root, tick, usedBy } = story();
    tick();
    const child = unit.fork(root)!;
    unit.work(child, 70 * MILLION, 4096);
    tick();
    unit.work(child, 30 * MILLION, 1000);
    unit.exit(child);
    unit.reap(child);
    tick();
    assert.deepEqual(usedBy(child), { own: 70, reaped: 0, written: 4096 });
    assert.deepEqual(usedBy(root), { own: 0, reaped: 30, written: 1000 });
  });

  it('waits a tick if the parent was read before it waited', () => {
    const { unit, root, tick, usedBy } = story();
    tick();
    const child = unit.fork(root)!;
    unit.work(child, 70 * MILLION, 4096);
    tick();
    unit.exit(child);
    // Read: root, then the child.
    tick(inTurn(rest, () => unit.reap(child)));
    assert.deepEqual(usedBy(root), { own: 0, reaped: 0, written: 0 });
    tick();
    assert.deepEqual(usedBy(root), { own: 0, reaped: 0, written: 0 });
    assert.deepEqual(usedBy(child), { own: 70, reaped: 0, written: 4096 });
  });

  it('passes on the debt of a parent that ends', () => {
    const { unit, root, tick, usedBy } = story();
    tick();
    const middle = unit.fork(root)!;
    const child = unit.fork(middle)!;
    unit.work(child, 70 * MILLION, 4096);
    tick();
    unit.exit(child);
    // Read: root, the one in the middle, then the child: the middle's counters do not hold it yet.
    tick(inTurn(rest, rest, () => unit.reap(child)));
    unit.exit(middle);
    unit.reap(middle);
    tick();
    assert.deepEqual(usedBy(root), { own: 0, reaped: 0, written: 0 });
    assert.deepEqual(usedBy(child), { own: 70, reaped: 0, written: 4096 });
  });

  it('recognises a child whose parent ended in the same tick', () => {
    const { unit, root, tick, usedBy } = story();
    tick();
    const middle = unit.fork(root)!;
    const child = unit.fork(middle)!;
    unit.work(child, 70 * MILLION, 4096);
    unit.work(middle, 20 * MILLION, 100);
    tick();
    for (const process of [child, middle]) {
      unit.exit(process);
      unit.reap(process);
    }
    tick();
    assert.deepEqual(usedBy(root), { own: 0, reaped: 0, written: 0 });
  });

  it('does not mistake a new process for an ended parent with the same PID', () => {
    const { unit, root, tick, usedBy } = story();
    tick();
    const middle = unit.fork(root)!;
    const child = unit.fork(middle)!;
    unit.work(child, 70 * MILLION, 4096);
    tick();
    for (const process of [child, middle]) {
      unit.exit(process);
      unit.reap(process);
    }
    for (let forks = 0; !unit.living.some(({ pid }) => pid === middle.pid) && forks < 60; forks++)
      unit.fork(root);
    tick();
    assert.ok(
      unit.living.some(({ pid }) => pid === middle.pid),
      'the number is in use again',
    );
    assert.deepEqual(usedBy(root), { own: 0, reaped: 0, written: 0 });
  });

  it('clamps waited-for CPU that the unit cannot have used, and its bytes with it', () => {
    const { unit, root, tick, usedBy, ledger } = story();
    tick();
    unit.work(root, 100 * MILLION, 0);
    unit.reapForeign(root, 900 * MILLION, 1_000_000);
    tick();
    const { own, reaped, written } = usedBy(root);
    assert.equal(own, 100);
    assert.ok(reaped <= 20, `${reaped} ms are more than two ticks`);
    assert.ok(written! < 150_000, `${written} bytes`);
    assert.ok(ledger.units[0]!.attributedSeconds < 0.1201);
  });

  it('books a process that returns to its name, which another name may have replaced', () => {
    const { unit, root, tick, ledger } = story();
    const child = unit.fork(root)!;
    tick();
    unit.move(child, true);
    tick();
    unit.exit(root);
    const { executables } = ledger.units[0]!;
    for (let at = 0; at < 199; at++) executables.of(`x${at}`);
    for (const account of executables.all()) account.idleSinceUnixMillis = 0;
    executables.windowClosed(3_600_000);
    executables.of('new');
    unit.work(child, 5 * MILLION, 0);
    unit.move(child, false);
    tick();
    unit.work(child, 40 * MILLION, 0);
    tick();
    const used = [...executables.all()].filter(({ cpuSeconds }) => cpuSeconds > 0);
    assert.deepEqual(
      used.map(({ executable, cpuSeconds }) => [executable, Math.round(cpuSeconds * 1000)]),
      [['simulated', 40]],
    );
  });

  it('leaves CPU that no process waited for unattributed', () => {
    const { unit, root, tick, ledger } = story();
    tick();
    const child = unit.fork(root)!;
    unit.work(child, 70 * MILLION, 0);
    unit.exit(child);
    child.parent = null;
    unit.reap(child);
    tick();
    assert.equal(ledger.units[0]!.attributedSeconds, 0);
    assert.equal(Math.round(ledger.units[0]!.unattributedSeconds! * 1000), 70);
  });
});
