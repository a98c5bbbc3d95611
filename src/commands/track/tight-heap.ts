import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Growth of the heap between two full collections, in percent; V8 always allows 8 MB. */
const GROWTH_PERCENT = 10;

/**
 * Collects garbage, and makes V8 do so whenever the heap has grown by a few MB. By default, V8 sizes the heap by the memory of
 * the machine: a heap of 25 MB grows to more than 80 MB before the first full collection, and by as much again while
 * V8 marks incrementally.
 *
 * Returns a function that resets the flags: V8's compiled code is valid only for the flags at the time it is written
 * (`npm run build` writes it when the program exits), and V8 would otherwise refuse it at every start.
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
