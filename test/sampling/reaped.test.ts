import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../src/host/clock.ts';
import { openHost } from '../../src/host/host.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { ReadProblems } from '../../src/sampling/read-problems.ts';
import { Sampler } from '../../src/sampling/sampler.ts';
import { ListedTargets } from './listed-targets.ts';

const [PARENT, CHILD] = [71, 72];
/** Of 10 ms. */
const SECOND_TICKS = 100;

interface Shown {
  readonly state?: string;
  readonly ppid?: number;
  readonly ownTicks?: number;
  readonly reapedTicks?: number;
  readonly threads?: number;
  readonly bytes?: number;
}

/** A parent and a child in a `/proc` of the test, under a ledger. */
function family(t: TestContext) {
  const procRoot = mkdtempSync(join(tmpdir(), 'unitledger-proc-'));
  t.after(() => rmSync(procRoot, { recursive: true }));
  const show = (pid: number, shown: Shown) => {
    const { state = 'S', ppid = 1, ownTicks = 0, reapedTicks = 0, threads = 1, bytes = 0 } = shown;
    mkdirSync(join(procRoot, `${pid}`), { recursive: true });
    const counters = `${ownTicks} 0 ${reapedTicks} 0 20 0 ${threads} 0 ${pid} 0 0 0`;
    writeFileSync(
      join(procRoot, `${pid}/stat`),
      `${pid} (x) ${state} ${ppid} 1 1 0 -1 0 0 0 0 0 ${counters}\n`,
    );
    const rest = 'syscr: 0\nsyscw: 0\nread_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n';
    writeFileSync(join(procRoot, `${pid}/io`), `rchar: ${bytes}\nwchar: 0\n${rest}`);
  };
  const targets = new ListedTargets();
  const host = { ...openHost('/proc', systemClock), procRoot, clocks: null, taskTurnover: null };
  const sampler = new Sampler(host, targets, new ReadProblems(() => {}), { showCommandLine: false });
  t.after(() => sampler.close());
  const ledger = new Ledger();
  let ticks = 0;
  const tick = () => ledger.book(sampler.sample(ticks / 2, ticks++ * 500, true));
  targets.members = [PARENT, CHILD];
  show(PARENT, {});
  show(CHILD, { ppid: PARENT });
  tick();
  tick();
  /** As Linux 6.18 shows a process between the release of its signals and of its PID. */
  const reap = () => {
    targets.members = [PARENT];
    show(CHILD, { state: 'X', ppid: 0, threads: 0 });
  };
  return { targets, ledger, show, tick, reap };
}

test('a child whose stat is read while it is reaped is gone: its CPU is not booked to its parent again', (t) => {
  const { targets, ledger, show, tick, reap } = family(t);
  show(CHILD, { ppid: PARENT, ownTicks: SECOND_TICKS });
  // One second more: of a process that no row accounts for.
  targets.cpuSeconds = 2;
  tick();
  reap();
  show(PARENT, { reapedTicks: SECOND_TICKS });
  tick();
  tick();
  const [unit] = ledger.units;
  assert.deepEqual([unit!.attributedSeconds, unit!.unattributedSeconds], [1, 1]);
  assert.equal(ledger.accounts[0]!.reapedCpuSeconds, 0);
});

test('bytes of a child that are read while it is reaped are not booked to its parent again', (t) => {
  const { targets, ledger, show, tick, reap } = family(t);
  targets.cpuSeconds = 1;
  show(CHILD, { ppid: PARENT, ownTicks: 1, bytes: 1000 });
  tick();
  // Without those of its threads and children.
  show(CHILD, { ppid: PARENT, ownTicks: 2, bytes: 10 });
  tick();
  reap();
  show(PARENT, { reapedTicks: 2, bytes: 1000 });
  tick();
  assert.equal(ledger.ended[0]!.transferBytes, 1000);
  assert.equal(ledger.accounts[0]!.transferBytes, 0);
});
