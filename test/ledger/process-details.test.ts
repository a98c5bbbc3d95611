import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DetailsAccount } from '../../src/ledger/accounts/process-details.ts';
import { PROCESS_DETAILS, type ProcessDetail } from '../../src/sampling/choices.ts';
import { DETAIL_FIGURES, DetailColumns, type DetailFigure } from '../../src/sampling/process-details.ts';

const ALL = new Set<ProcessDetail>(PROCESS_DETAILS);
const SLOT = 3;

/** Columns of one row, and an account of it. */
function opened(born: boolean, groups: ReadonlySet<ProcessDetail> = ALL) {
  const columns = new DetailColumns(groups, 8);
  columns.begin(SLOT);
  const account = new DetailsAccount(columns, born, 1);
  let tick = 0;
  const read = (figures: Partial<Record<DetailFigure, number>>): void => {
    tick++;
    for (const [figure, value] of Object.entries(figures)) {
      columns.set(figure as DetailFigure, SLOT, value, tick);
    }
    account.take(columns, SLOT);
  };
  return { account, read };
}

test('counters of an existing process start with their first reading, those of a new one with zero', () => {
  for (const [born, expected] of [
    [false, [0, 7]],
    [true, [100, 107]],
  ] as const) {
    const { account, read } = opened(born);
    assert.equal(account.now(2).minorFaults, null);
    read({ minorFaults: 100 });
    const first = account.now(2).minorFaults;
    read({ minorFaults: 107 });
    assert.deepEqual([first, account.now(2).minorFaults], expected);
  }
});

test('levels have their last reading and their peak', () => {
  const { account, read } = opened(false);
  for (const descriptors of [5, 9, 4]) read({ descriptors });
  assert.equal(account.now(2).openDescriptors, 4);
  assert.equal(account.peak('descriptors'), 9);
  assert.equal(account.peak('threads'), null);
});

test('an unlimited limit, and a level that can no longer be read, are absent', () => {
  const { account, read } = opened(false);
  read({ descriptorLimit: Number.POSITIVE_INFINITY, pssBytes: 4096 });
  assert.equal(account.now(2).descriptorLimit, null);
  assert.equal(account.now(2).pssBytes, 4096);
  read({ pssBytes: Number.NaN });
  assert.equal(account.now(2).pssBytes, null);
  assert.equal(account.peak('pssBytes'), 4096);
});

test('waiting time is in seconds, and so is the uptime, which is never negative', () => {
  const { account, read } = opened(true);
  read({ runQueueNanos: 1_500_000_000 });
  assert.equal(account.now(4.5).runQueueSeconds, 1.5);
  assert.equal(account.now(4.5).uptimeSeconds, 3.5);
  assert.equal(account.now(0).uptimeSeconds, 0);
});

test('details that were not requested are absent, whatever was read', () => {
  const { account, read } = opened(true, new Set<ProcessDetail>(['threads']));
  read({ threads: 2, minorFaults: 3, descriptors: 4 });
  const { threads, ...others } = account.now(2);
  assert.equal(threads, 2);
  for (const [field, value] of Object.entries(others)) assert.equal(value, null, field);
});

test('counters never decrease and are the sum of their growth, whatever is read', () => {
  const counters = (Object.keys(DETAIL_FIGURES) as DetailFigure[]).filter(
    (figure) => DETAIL_FIGURES[figure].kind === 'counter' && figure !== 'runQueueNanos',
  );
  const field = {
    minorFaults: 'minorFaults',
    majorFaults: 'majorFaults',
    voluntarySwitches: 'voluntaryContextSwitches',
    involuntarySwitches: 'involuntaryContextSwitches',
  } as const;
  const readings = fc.array(fc.option(fc.nat(1000), { nil: Number.NaN }), { maxLength: 20 });
  fc.assert(
    fc.property(fc.constantFrom(...counters), fc.boolean(), readings, (figure, born, values) => {
      const { account, read } = opened(born);
      let last = born ? 0 : Number.NaN;
      let grown: number | null = null;
      for (const value of values) {
        read({ [figure]: value });
        if (!Number.isNaN(value)) {
          grown = (grown ?? 0) + (value > last ? value - last : 0);
          last = value;
        }
        assert.equal(account.now(2)[field[figure as keyof typeof field]], grown);
      }
    }),
  );
});
