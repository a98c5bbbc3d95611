import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { bootSystemd, type SystemdLab, skipLab } from '../systemd/lab.ts';
import * as units from '../systemd/units.ts';
import { BusyLoops, GROUPS, type Outcome, outcomesOf } from './coming-units.ts';

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
    for (const group of GROUPS) {
      describe(how, () => {
        const measured: Map<string, Outcome>[] = [];

        before(
          async () => {
            await using loops = how === 'busy' ? new BusyLoops() : undefined;
            void loops;
            for (let run = 0; run < RUNS; run++) measured.push(await outcomesOf(group, lab));
          },
          { timeout: RUNS * 60_000 },
        );

        for (const title of group.flatMap(({ runs }) => Object.keys(runs))) {
          test(`${title}, ${how}`, (t) => {
            const outcomes = measured.map((outcomes) => outcomes.get(title)!);
            for (const { booked, shared, truth } of outcomes)
              t.diagnostic(
                `${title} | ${how} | ${percent(booked, truth)} | shared ${percent(shared, truth)}`,
              );
            assert.equal(outcomes.length, RUNS);
            for (const outcome of outcomes) check(outcome, ALL_SHARE[how]);
          });
        }
      });
    }
  }
});

function check({ booked, shared, truth, most }: Outcome, allShare: number): void {
  const said = `booked ${booked} s, shared ${shared} s, of ${truth} s`;
  assert.ok(truth > 0.03, said);
  assert.ok(booked <= most * 1.001 + 0.001, said);
  assert.ok(booked + shared >= truth * allShare, said);
  assert.ok(booked >= truth * LEAST_SHARE, said);
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)}%`;
}
