/** Runs the test files that its arguments name in one process (scripts/test.ts): a process for each costs more than most tests. */
import { test } from 'node:test';

for (const file of process.argv.slice(2)) {
  try {
    await import(file);
  } catch (error) {
    test(file, () => {
      throw error;
    });
  }
}
