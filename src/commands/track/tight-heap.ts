import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Growth of the heap between two full collections, in percent; V8 always allows 16 MB. */
const GROWTH_PERCENT = 10;

/** Free memory in the heap that is worth the time to return it to the kernel. */
const MUCH_FREE_BYTES = 8 * 1024 * 1024;

/** V8's `gc`. `last-resort` also returns free memory to the kernel, and drops compiled code, which V8 compiles again. */
type Collect = (options: { readonly type: 'major'; readonly flavor: 'regular' | 'last-resort' }) => void;

let collect: Collect | undefined;

/**
 * Collects all garbage, after which V8 sizes the heap by what is left. Before the first full collection, V8 sizes it by the memory
 * of the machine or the cgroup: with a limit of 128 MiB, the heap may grow to all of it.
 */
export function collectGarbage(flavor: 'regular' | 'last-resort' = 'regular'): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as Collect;
    setFlagsFromString('--no-expose-gc');
  }
  collect({ type: 'major', flavor });
}

/**
 * Whether V8 optimises functions with TurboFan, whose code and working memory are 7 MiB, or only with Maglev. Not a flag of the start:
 * V8 would refuse Node's own compiled code, which costs 20 ms. Has to be reset, for the reason given at `keepHeapTight`.
 */
export function useTurbofan(uses: boolean): void {
  setFlagsFromString(uses ? '--turbofan' : '--no-turbofan');
}

/**
 * Collects garbage, and returns much free memory to the kernel. From now on V8 collects whenever the heap has grown by some MB,
 * and in one step: the heap grows while V8 marks incrementally.
 *
 * Returns a function that resets the flags: V8's compiled code is valid only for the flags at the time it is written
 * (`npm run build` writes it when the program exits), and V8 would otherwise refuse it at every start.
 */
export function keepHeapTight(): () => void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
  setFlagsFromString('--no-incremental-marking');
  collectGarbage();
  const { heapTotal, heapUsed } = process.memoryUsage();
  if (heapTotal - heapUsed > MUCH_FREE_BYTES) collectGarbage('last-resort');
  return () => {
    setFlagsFromString('--heap-growing-percent=0');
    setFlagsFromString('--incremental-marking');
  };
}
