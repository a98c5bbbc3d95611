import { setTimeout } from 'node:timers/promises';

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => interruption.abort());
}

/** Rejects with an `AbortError` when the program is interrupted, so that whoever waits cleans up. */
export async function wait(seconds: number): Promise<void> {
  interruption.signal.throwIfAborted();
  await setTimeout(seconds * 1000, undefined, { signal: interruption.signal });
}
