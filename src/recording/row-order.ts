import type { ProcessIdentity } from '../sampling/sample.ts';

/**
 * The usual order of rows: those that stay as they were, and where new ones came, all by age, oldest
 * first. `slots` is put into that order; the first `kept` entries are those that stay.
 */
export function expectOrder(
  slots: number[],
  kept: number,
  identities: readonly (ProcessIdentity | undefined)[],
): void {
  if (slots.length === kept) return;
  slots.sort((a, b) => {
    const left = identities[a]!;
    const right = identities[b]!;
    return left.startTicks - right.startTicks || left.pid - right.pid;
  });
}
