import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { BootClock, parseBootTime } from '../../src/host/boot-time.ts';
import { systemClock } from '../../src/host/clock.ts';

/** The clocks of a machine that was booted `bootSeconds` before the zero of its monotonic clock. */
function machine(bootSeconds: number, offsetMillis = 1_700_000_000_123) {
  const now = { seconds: 5, bootSeconds, offsetMillis };
  return {
    now,
    clock: {
      monotonicSeconds: () => now.seconds,
      unixMillis: () => now.offsetMillis + now.seconds * 1000,
    },
    kernel: {
      readBootSeconds: () => now.bootSeconds + now.seconds,
      readProcessNanos: () => Number.NaN,
    },
  };
}

describe('the boot time', () => {
  it('is the same in two runs with a slew of 3 ms between them', () => {
    const slewed = { ...systemClock, unixMillis: () => systemClock.unixMillis() + 3 };
    const { unixMillis } = new BootClock('/proc', null, systemClock);
    assert.equal(new BootClock('/proc', null, slewed).unixMillis, unixMillis);
    assert.equal(unixMillis % 1000, 0);
  });

  it("is the kernel's second, and without it is truncated to the second", () => {
    const folder = mkdtempSync(join(tmpdir(), 'unitledger-boot-'));
    try {
      const { clock, kernel } = machine(1000);
      assert.equal(new BootClock(folder, kernel, clock).unixMillis, 1_699_999_000_000);
      writeFileSync(join(folder, 'stat'), 'cpu  1 2 3\nintr 12 0\nctxt 4\nbtime 1699998999\nprocesses 9\n');
      assert.equal(new BootClock(folder, kernel, clock).unixMillis, 1_699_998_999_000);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is on the monotonic clock, which a suspend moves relative to start times', () => {
    const { now, clock, kernel } = machine(1000);
    const boot = new BootClock('/nowhere', kernel, clock);
    assert.equal(boot.monotonicSeconds, -1000);
    now.seconds += 3600;
    assert.equal(boot.followSuspend(), 0);
    now.bootSeconds += 7200;
    assert.equal(boot.followSuspend(), 7200);
    assert.equal(boot.monotonicSeconds, -8200);
    assert.equal(boot.followSuspend(), 0);
  });

  it('is corrected after a suspend without the clocks of the kernel as well, when the wall clock shows it', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'unitledger-boot-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const { clock } = machine(1000);
    writeFileSync(join(folder, 'uptime'), '1005.00 10.00\n');
    const boot = new BootClock(folder, null, clock);
    writeFileSync(join(folder, 'uptime'), '8205.00 10.00\n');
    assert.equal(boot.followSuspend(), 0);
    boot.followStep();
    assert.equal(boot.monotonicSeconds.toFixed(2), '-8200.01');
  });

  it('follows a step of the wall clock for processes that are found after it', () => {
    const { now, clock, kernel } = machine(1000);
    const boot = new BootClock('/nowhere', kernel, clock);
    const before = boot.unixMillis;
    now.offsetMillis += 3_600_000;
    boot.followStep();
    assert.equal(boot.unixMillis - before, 3_600_000);
  });

  it('is not found in a file without it', () => {
    assert.equal(parseBootTime('cpu 1\nxbtime 12\n'), null);
    assert.equal(parseBootTime(''), null);
  });
});
