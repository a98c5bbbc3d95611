import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lineage } from '../../src/ledger/exits/lineage.ts';
import { RowsByPid } from '../../src/ledger/exits/rows-by-pid.ts';
import type { ProcessExit } from '../../src/sampling/exit-records.ts';
import {
  ProcessColumns,
  ROW_ALIVE,
  ROW_FOREIGN_CHILD,
  ROW_LEFT,
} from '../../src/sampling/process-columns.ts';
import type { ProcessEventBatch } from '../../src/sampling/process-events.ts';
import type { Sample } from '../../src/sampling/sample.ts';

const MAIN = 7;
const CHILD = 8;

interface Row {
  readonly pid: number;
  readonly serial: number;
  readonly born: number;
  readonly state: number;
  readonly unit?: number;
}

/** A sample with these rows of one unit, all of them changed. */
function sampleOf(tick: number, told: readonly Row[]): Sample {
  const rows = new ProcessColumns(8);
  const slots = Int32Array.from(told.keys());
  for (const [slot, { pid, serial, state, unit = 0 }] of told.entries()) {
    rows.begin(slot, serial, pid, unit);
    rows.state[slot] = state;
  }
  const identities = told.map(({ pid, serial, born }) => ({ pid, serial, bornAtSeconds: born }));
  const [count, changedCount] = [told.length, told.length];
  return { tick, rows, identities, slots, count, changed: slots, changedCount } as unknown as Sample;
}

function birthOf(pid: number, atSeconds: number): ProcessEventBatch {
  return { events: [{ kind: 'fork', atSeconds, pid, parentPid: MAIN }], lost: 0 };
}

/** A lineage, and how it takes the rows and events of a tick. */
function followed() {
  const rows = new RowsByPid();
  const lineage = new Lineage(rows);
  const take = (tick: number, told: readonly Row[], batch: ProcessEventBatch) => {
    const now = sampleOf(tick, told);
    rows.index(now);
    lineage.take(now, batch);
  };
  return { lineage, take };
}

const main = { pid: MAIN, serial: 1, born: 0, state: ROW_ALIVE };

for (const [how, state] of [
  ['leaves its unit', ROW_LEFT],
  ['is born in another cgroup', ROW_FOREIGN_CHILD],
] as const)
  test(`a process that ${how} is forgotten: the next record of its PID is of a later process`, () => {
    const { lineage, take } = followed();
    const first = { pid: CHILD, serial: 2, born: 1, state };
    take(0, [main], { events: [], lost: 0 });
    take(1, [main, first], birthOf(CHILD, 1));
    // Its end is not reported, and its record is lost.
    take(2, [main], { events: [], lost: 0 });
    take(3, [main, { pid: CHILD, serial: 3, born: 9, state: ROW_ALIVE }], birthOf(CHILD, 9));
    assert.equal(lineage.takeRecord({ pid: CHILD } as ProcessExit)?.bornAtSeconds, 9);
    assert.equal(lineage.takeRecord({ pid: CHILD } as ProcessExit), undefined);
  });

test('a process that moves from one target to another keeps its birth', () => {
  const { lineage, take } = followed();
  const child = { pid: CHILD, serial: 2, born: 1, state: ROW_ALIVE };
  take(0, [main], { events: [], lost: 0 });
  take(1, [main, child], birthOf(CHILD, 1));
  take(2, [main, { ...child, state: ROW_LEFT }, { ...child, serial: 3, unit: 1 }], { events: [], lost: 0 });
  assert.deepEqual(
    lineage.news.map(({ slot, birth }) => [slot, birth.bornAtSeconds]),
    [
      [1, 1],
      [2, 1],
    ],
  );
});
