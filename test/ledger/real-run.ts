import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openTargets } from '../../src/discovery/open-targets.ts';
import type { TargetRequest } from '../../src/discovery/targets/targets.ts';
import { findCgroupLayout } from '../../src/host/cgroup/layout.ts';
import { systemClock } from '../../src/host/clock.ts';
import { openHost } from '../../src/host/host.ts';
import type { RunUnit } from '../../src/ledger/document/run-document.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { RunTotals } from '../../src/ledger/run/run-totals.ts';
import type { ExportWindow } from '../../src/ledger/window/export-window.ts';
import { WindowBuilder } from '../../src/ledger/window/window-builder.ts';
import { ReadProblems } from '../../src/sampling/read-problems.ts';
import { Sampler } from '../../src/sampling/sampler.ts';
import type { RealCgroups } from '../real-cgroups.ts';

/** All steps of a run in a tick, at times chosen by a test. */
export class Run {
  readonly sampler: Sampler;
  readonly ledger = new Ledger();
  readonly windows: WindowBuilder;
  readonly #totals = new RunTotals(this.ledger, 1000);

  constructor(t: TestContext, cgroups: RealCgroups, requests: readonly TargetRequest[]) {
    const layout = findCgroupLayout(cgroups.root);
    assert.ok(layout.kind === 'v2');
    const targets = openTargets({ targets: requests, layout, procRoot: '/proc', report() {} });
    const host = openHost('/proc', systemClock);
    this.sampler = new Sampler(host, targets, new ReadProblems(() => {}), { showCommandLine: false });
    this.windows = new WindowBuilder(this.ledger, systemClock.unixMillis(), systemClock.monotonicSeconds());
    t.after(() => this.sampler.close());
  }

  tick(): void {
    this.ledger.book(this.sampler.sample(systemClock.monotonicSeconds(), systemClock.unixMillis()));
    this.#totals.gather();
    this.windows.gather();
  }

  window() {
    return this.windows.close(systemClock.unixMillis(), systemClock.monotonicSeconds());
  }

  units(): readonly RunUnit[] {
    const [startedUnixMillis, endedUnixMillis] = [0, systemClock.unixMillis()];
    const facts = {
      startedUnixMillis,
      startedAtSeconds: 0,
      endedUnixMillis,
      intervalSeconds: 1,
      samples: 1,
      missedSamples: 0,
    };
    return this.#totals.document({ ...facts, export: null }).units;
  }

  /**
   * Takes a sample every `intervalSeconds` of real time, and closes a window every `ticksOfWindow`; after each tick the
   * books of every unit must balance. `after` is called between two ticks.
   */
  async follow(
    ticks: number,
    intervalSeconds: number,
    ticksOfWindow: number,
    after: (tick: number) => void = () => {},
  ): Promise<ExportWindow[]> {
    const windows: ExportWindow[] = [];
    for (let tick = 0; tick < ticks; tick++) {
      this.tick();
      this.#checkUnits();
      if (tick % ticksOfWindow === ticksOfWindow - 1) windows.push(this.window());
      after(tick);
      await sleep(1000 * intervalSeconds);
    }
    this.tick();
    this.#checkUnits();
    windows.push(this.window());
    checkWindows(windows);
    return windows;
  }

  #checkUnits(): void {
    for (const unit of this.ledger.units) {
      const { unit: name, totalSeconds, attributedSeconds } = unit;
      const says = `${name}: attributed ${attributedSeconds}, total ${totalSeconds}`;
      assert.ok(!(attributedSeconds > totalSeconds + 1e-6), says);
    }
  }
}

/** Every window's bookings add up to its total, no counter decreases, and coverage is a ratio. */
function checkWindows(windows: readonly ExportWindow[]): void {
  const before = new Map<string, number>();
  for (const { units } of windows) {
    for (const { unit, cpuSeconds, bookedSeconds, unattributedSeconds, coverage } of units) {
      const booked = Object.values(bookedSeconds).reduce((sum, seconds) => sum + seconds, 0);
      if (unattributedSeconds !== null)
        assert.ok(Math.abs(booked + unattributedSeconds - cpuSeconds) < 1e-3, `${unit}: ${booked} booked`);
      if (coverage !== null) assert.ok(coverage >= 0 && coverage <= 1, `${unit}: coverage ${coverage}`);
      for (const [name, seconds] of Object.entries({ ...bookedSeconds, total: cpuSeconds })) {
        const key = `${unit} ${name}`;
        assert.ok(seconds >= (before.get(key) ?? 0), `${key} fell to ${seconds}`);
        before.set(key, seconds);
      }
    }
  }
}

/** CPU of a cgroup since its creation, according to the kernel. */
export function usageSecondsOf(cgroups: RealCgroups, path: string): number {
  const text = readFileSync(`${cgroups.root}${path}/cpu.stat`, 'utf8');
  return Number(/^usage_usec (\d+)$/m.exec(text)![1]) / 1e6;
}
