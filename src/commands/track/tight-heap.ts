import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** How much the heap may grow between two full collections, in percent; V8 lets it grow by 8 MB in any case. */
const GROWTH_PERCENT = 10;

/**
 * Collects garbage, and has V8 do so from now on whenever the heap has grown by a few MB. By default V8 sizes the heap by the memory of
 * the machine and lets a heap of 25 MB grow to more than 80 MB before the first full collection, and by as much again while
 * it marks in steps.
 *
 * Returns what sets the flags back: what V8 compiles is good for the flags that hold when it is written (`npm run build` does so
 * as the program exits), and would otherwise be refused at every start.
 */
export function keepHeapTight(): () => void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
  setFlagsFromString('--no-incremental-marking');
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  collect();
  return () => {
    setFlagsFromString('--heap-growing-percent=0');
    setFlagsFromString('--incremental-marking');
  };
}
