import { cpuOf } from '../../ledger/document/exited-rows.ts';
import type { RunDocument } from '../../ledger/document/run-document.ts';
import { foldProcesses } from '../summary/brief.ts';
import { buildModel, type PageFacts } from './model/build-model.ts';
import type { Life } from './model/life.ts';
import { heaviestNames, MOST_NAMES, MOST_SERIES, type PageHistory, weightOf } from './model/page-history.ts';
import { type PackedModel, packModel } from './pack-model.ts';

/** Maximum bytes of a data block, so that a report stays under 2 MB. */
const MOST_BYTES = 1_600_000;
/** The number of processes with series begins at `MOST_SERIES` and is halved while the block is too large, down to this. */
const FEWEST_SERIES = 50;
/** Maximum processes in the table; beyond it, the lightest ended ones are folded by name. */
const MOST_ROWS = 3_000;

/** The model of a whole run for a report, limited in size. */
export async function fitModel(
  document: RunDocument,
  history: PageHistory,
  facts: PageFacts,
  mostBytes = MOST_BYTES,
): Promise<PackedModel> {
  const slim = withFewerRows(document, MOST_ROWS);
  const lives = history.units.flatMap((unit) => unit.lives);
  lives.sort((a, b) => weightOf(b) - weightOf(a));
  let most = Math.min(MOST_SERIES, Math.max(1, lives.length));
  while (true) {
    const chosen = new Set<Life>(lives.slice(0, most));
    const names = heaviestNames(history, Math.min(MOST_NAMES, most));
    const model = buildModel(slim, history, facts, {
      mayHaveSeries: (life) => chosen.has(life),
      mayHaveName: (unit, name) => names.get(unit)?.has(name) ?? false,
    });
    const packed = await packModel(model);
    if (packed.packed.length <= mostBytes) return packed;
    // Longer points cost every process a little detail; fewer series cost the lightest processes all of it.
    if (most > FEWEST_SERIES * 4) most = Math.floor(most / 2);
    else if (history.points.count > 400) history.halve();
    else if (most > FEWEST_SERIES) most = Math.floor(most / 2);
    else return packed;
  }
}

function withFewerRows(document: RunDocument, most: number): RunDocument {
  const rows = document.units.flatMap(({ processes }) => processes);
  const ended = rows.filter(({ endedAt }) => endedAt !== null);
  if (rows.length <= most) return document;
  ended.sort((a, b) => cpuOf(b) - cpuOf(a));
  const folded = new Set(ended.slice(Math.max(0, most - (rows.length - ended.length))));
  return { ...document, units: document.units.map((unit) => foldProcesses(unit, (row) => folded.has(row))) };
}
