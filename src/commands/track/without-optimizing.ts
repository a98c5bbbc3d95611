import { setFlagsFromString } from 'node:v8';

/** Bytes of bytecode up to which V8 optimizes a function, as V8 has it by default. */
const MOST_OPTIMIZED_BYTES = 60 * 1024;

/**
 * Does what is done once, and is to be done soon, without optimizing what it calls: what has run a thousand times would be
 * compiled meanwhile, for longer than that saves. It is compiled when it is next called as often.
 */
export function withoutOptimizing(task: () => void): void {
  setFlagsFromString('--max-optimized-bytecode-size=0');
  try {
    task();
  } finally {
    setFlagsFromString(`--max-optimized-bytecode-size=${MOST_OPTIMIZED_BYTES}`);
  }
}
