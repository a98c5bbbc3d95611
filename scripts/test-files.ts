import { run } from 'node:test';
import type { TestEvent } from 'node:test/reporters';

/** Beyond the bound of each test, for which a file may need to report those that exceeded it. */
const GRACE_SECONDS = 30;

/** Test files that run in one go, and their bounds. */
export interface TestFiles {
  readonly files: readonly string[];
  /** Arguments of the files. */
  readonly argv?: readonly string[];
  /** Only tests that match one of these run; all if empty. */
  readonly namePatterns?: readonly string[];
  /** Arguments of Node, before the file. */
  readonly execArgv?: readonly string[];
  readonly cwd: string;
  /** Longest time of one test. */
  readonly testSeconds: number;
  /** Longest time of the files together: they fail after it. A little longer than a test if not given. */
  readonly seconds?: number;
}

/**
 * Runs test files with Node's own runner, each in a process of its own, and yields the events of the runner.
 *
 * The runner's `timeout` bounds tests only. A file that ends later than its bound fails: one that blocks, one that left a
 * server running, and one that left a process that holds its output open.
 */
export async function* runTestFiles(what: TestFiles): AsyncGenerator<TestEvent> {
  const { files, argv = [], namePatterns = [], execArgv = [], cwd, testSeconds } = what;
  const { seconds = testSeconds + GRACE_SECONDS } = what;
  const tooLong = new AbortController();
  const timer = setTimeout(() => tooLong.abort(), seconds * 1000);
  try {
    yield* run({
      files: [...files],
      argv: [...argv],
      ...(namePatterns.length > 0 && { testNamePatterns: [...namePatterns] }),
      execArgv: [...execArgv],
      cwd,
      timeout: testSeconds * 1000,
      signal: tooLong.signal,
    }) as AsyncIterable<TestEvent>;
  } finally {
    clearTimeout(timer);
  }
  if (!tooLong.signal.aborted) return;
  const message = `aborted after ${seconds} s: ${files.join(' ')} ${argv.join(' ')}`.trimEnd();
  yield { type: 'test:diagnostic', data: { nesting: 0, message, level: 'error' } };
}
