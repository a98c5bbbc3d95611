import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ledger } from '../../src/ledger/ledger.ts';
import { RunTotals } from '../../src/ledger/run/run-totals.ts';
import { TimeSeries } from '../../src/views/series/time-series.ts';
import { SimulatedUnit } from '../ledger/simulated-unit.ts';

const RUN = { startedUnixMillis: 0, startedAtSeconds: 0, endedUnixMillis: 1000, intervalSeconds: 0.5 };

interface Row {
  readonly kind: 'unit' | 'process';
  readonly cpu_seconds: number | null;
  readonly disk_bytes: number | null;
  readonly transfer_bytes: number | null;
}

test('the rows of a unit add up to its totals, with processes that ended unseen', () => {
  const unit = new SimulatedUnit(12);
  const shell = unit.fork(unit.fork(null)!)!;
  const ledger = new Ledger();
  const totals = new RunTotals(ledger, 9);
  const series = new TimeSeries(ledger, 'jsonl');
  const rows: Row[] = [];
  for (let tick = 0; tick < 5; tick++) {
    unit.work(shell, 1e7, 1000 + tick);
    for (let child = 0; child < tick; child++) {
      const brief = unit.fork(shell)!;
      unit.work(brief, 2e7, 4096 + child);
      unit.exit(brief);
      unit.reap(brief);
    }
    const usage = ledger.book(unit.sample(), unit.exits());
    totals.gather();
    for (const line of series.rowsOf(usage).trim().split('\n')) rows.push(JSON.parse(line) as Row);
  }
  const [told] = totals.document({ ...RUN, samples: 5, missedSamples: 0, export: null }).units;
  assert.ok(told!.exited.some(({ apportioned, transferBytes }) => apportioned && transferBytes! > 0));
  const sumOf = (key: 'cpu_seconds' | 'disk_bytes' | 'transfer_bytes') =>
    rows.reduce((sum, row) => sum + (row.kind === 'unit' ? (row[key] ?? 0) : 0), 0);
  assert.equal(sumOf('disk_bytes'), told!.totals.diskBytes);
  assert.equal(sumOf('transfer_bytes'), told!.totals.transferBytes);
  assert.ok(Math.abs(sumOf('cpu_seconds') - told!.cpu.totalSeconds!) < 1e-9);
});
