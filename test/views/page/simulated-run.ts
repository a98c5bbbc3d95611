import { Ledger } from '../../../src/ledger/ledger.ts';
import { RunTotals } from '../../../src/ledger/run/run-totals.ts';
import { type HistoryBounds, PageHistory } from '../../../src/views/page/model/page-history.ts';
import { SimulatedService } from '../../recording/simulated-service.ts';

const INTERVAL_SECONDS = 0.5;

/** Input of a report, after a whole simulated run. `summaryRows`: exited processes with rows of their own. */
export function simulatedRun(
  plan: {
    readonly processes: number;
    readonly samples: number;
    readonly names: readonly string[];
    readonly busy: number;
  },
  summaryRows: number,
  bounds?: HistoryBounds,
) {
  const { samples } = plan;
  const service = new SimulatedService({
    ...plan,
    intervalSeconds: INTERVAL_SECONDS,
    startedUnixMillis: 0,
  });
  const ledger = new Ledger();
  const totals = new RunTotals(ledger, summaryRows);
  const history = new PageHistory(ledger, INTERVAL_SECONDS, bounds);
  for (let tick = 0; tick < samples; tick++) {
    const usage = ledger.book(service.sample());
    totals.gather();
    history.take(usage);
  }
  const document = totals.document({
    startedUnixMillis: 0,
    startedAtSeconds: 0,
    endedUnixMillis: 1000 * INTERVAL_SECONDS * samples,
    intervalSeconds: INTERVAL_SECONDS,
    samples,
    missedSamples: 0,
    export: null,
  });
  return { document, history };
}
