import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { bootSystemd, type SystemdLab, skipLab } from '../systemd/lab.ts';
import * as units from '../systemd/units.ts';
import { BusyLoops, CASES, type Case, type Outcome, outcomeOf } from './coming-units.ts';

/** `RUNS=10` measures each case so often, for the table in docs/ledger.md; one run is the test. */
const RUNS = Number(process.env.RUNS ?? 1);
/**
 * What is booked and shared is all that was used, to this. On a busy machine a slice can be removed with its unit before
 * the final counters of either are read.
 */
const ALL_SHARE = { quiet: 0.95, busy: 0.85 };
/** Of two units that end at once on a busy machine, much can be shared. */
const LEAST_SHARE = 0.5;

describe('units that come and go', { skip: skipLab() }, () => {
  let lab: SystemdLab;

  before(
    async () => {
      lab = await bootSystemd();
      await units.installPayload(lab);
    },
    { timeout: 20 * 60_000 },
  );
  after(() => lab?.stop());

  for (const how of ['quiet', 'busy'] as const) {
    for (const each of CASES) {
      test(`${each.title}, ${how}`, async (t) => {
        const outcomes: Outcome[] = [];
        for (let run = 0; run < RUNS; run++) {
          const outcome = await measured(each, how === 'busy');
          outcomes.push(outcome);
          const { booked, shared, truth } = outcome;
          t.diagnostic(
            `${each.title} | ${how} | ${percent(booked, truth)} | shared ${percent(shared, truth)}`,
          );
        }
        for (const outcome of outcomes) check(outcome, ALL_SHARE[how]);
      });
    }
  }

  async function measured(each: Case, isBusy: boolean): Promise<Outcome> {
    await using loops = isBusy ? new BusyLoops() : undefined;
    void loops;
    return await outcomeOf(each, lab);
  }
});

function check({ booked, shared, truth }: Outcome, allShare: number): void {
  const said = `booked ${booked} s, shared ${shared} s, of ${truth} s`;
  assert.ok(truth > 0.03, said);
  assert.ok(booked <= truth * 1.001 + 0.001, said);
  assert.ok(booked + shared >= truth * allShare, said);
  assert.ok(booked >= truth * LEAST_SHARE, said);
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)}%`;
}
