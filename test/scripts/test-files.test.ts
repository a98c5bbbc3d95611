import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

let directory: string;
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'unitledger-test-files-'));
});
after(() => rmSync(directory, { recursive: true }));

/** Runs a file with one test with this body, and returns the outcomes and messages of the runner in order. */
async function outcomesOf(body: string): Promise<string[]> {
  const file = join(directory, 'some.test.mjs');
  const imports = "import { test } from 'node:test';\nimport { spawn } from 'node:child_process';\n";
  writeFileSync(file, `${imports}test('the test', async () => {\n${body}\n});\n`);
  const runner = join(directory, 'runner.mjs');
  const script = `
    import { runTestFiles } from '${new URL('../../scripts/test-files.ts', import.meta.url)}';
    const what = { files: ['${file}'], cwd: '${directory}', testSeconds: 600, seconds: 2 };
    for await (const { type, data } of runTestFiles(what))
      if (type === 'test:pass' || type === 'test:fail') console.log(type, data.name);
      else if (data.level === 'error') console.log(data.message);
    process.exit();`;
  writeFileSync(runner, script);
  // The runner skips files where it is itself run by a test.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, [runner], { env });
  return stdout.replaceAll(file, 'FILE').trim().split('\n');
}

const aborted = ['test:fail FILE', 'aborted after 2 s: FILE'];

test('a file ends with its last test, whatever it has loaded', async () => {
  assert.deepEqual(await outcomesOf("await import('node:http');"), ['test:pass the test']);
});

test('a file that left a server fails after its bound', async () => {
  const outcomes = await outcomesOf("(await import('node:http')).createServer().listen(0);");
  assert.deepEqual(outcomes, ['test:pass the test', ...aborted]);
});

test('a file that blocks fails after its bound', async () => {
  assert.deepEqual(await outcomesOf('for (;;);'), aborted);
});

test('a file fails after its bound if a process that it left holds its output open', async () => {
  const outcomes = await outcomesOf(`
    const left = spawn('sleep', ['4'], { stdio: 'inherit', detached: true });
    left.unref();`);
  assert.deepEqual(outcomes, ['test:pass the test', ...aborted]);
});
