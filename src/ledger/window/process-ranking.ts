/** A process that could have series of its own. */
export interface Candidate {
  /** Whether it has series of its own now. */
  readonly isOwn: boolean;
  /** Smoothed share of usage in earlier windows; NaN in the first. */
  score: number;
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly transferBytes: number;
}

/** Weight of the newest window; the earlier ones together have the same weight, so that no single window decides. */
const NEWEST_WEIGHT = 0.5;
/** A process keeps its series until another one is heavier by half. */
const INCUMBENT_FACTOR = 1.5;

/**
 * Ranks the processes of a unit, heaviest first: by their shares of the unit's CPU, memory and I/O, smoothed over
 * windows. Processes that have series get an advantage, so that series are stable. `candidates` are in a stable order
 * (oldest first), which decides ties. NaN: unknown.
 */
export function rank<C extends Candidate>(candidates: readonly C[]): C[] {
  const total = { cpu: 0, memory: 0, disk: 0, transfer: 0 };
  for (const candidate of candidates) {
    total.cpu += candidate.cpuSeconds;
    total.memory += knownOf(candidate.memoryBytes);
    total.disk += knownOf(candidate.diskBytes);
    total.transfer += knownOf(candidate.transferBytes);
  }
  for (const candidate of candidates) {
    const share =
      partOf(candidate.cpuSeconds, total.cpu) +
      partOf(candidate.memoryBytes, total.memory) +
      (partOf(candidate.diskBytes, total.disk) + partOf(candidate.transferBytes, total.transfer)) / 2;
    const before = candidate.score;
    candidate.score = Number.isNaN(before) ? share : before + NEWEST_WEIGHT * (share - before);
  }
  return candidates.toSorted((a, b) => weightOf(b) - weightOf(a) || Number(b.isOwn) - Number(a.isOwn));
}

function weightOf({ score, isOwn }: Candidate): number {
  return isOwn ? score * INCUMBENT_FACTOR : score;
}

function knownOf(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}

function partOf(value: number, total: number): number {
  return total > 0 ? knownOf(value) / total : 0;
}
