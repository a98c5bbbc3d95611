/** A process that could have series of its own. */
export interface Candidate {
  /** It has them now. */
  readonly isOwn: boolean;
  /** Share of what it used, as of the windows before; NaN at the first. */
  score: number;
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly transferBytes: number;
}

/** A window's share weighs as much as all those before together: one quiet or loud window does not decide. */
const NEWEST_WEIGHT = 0.5;
/** Who has series keeps them until another is heavier by half. */
const INCUMBENT_FACTOR = 1.5;

/**
 * Ranks the processes of a unit, heaviest first: by what share of the unit's CPU, memory and I/O each has, smoothed over
 * windows, with an advantage for those that have series already, so that series do not come and go. `candidates` are in a
 * lasting order (oldest first), which decides between equals. NaN is not known.
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
