import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LaunchedCommand } from '../../../src/discovery/processes/launched-command.ts';
import { HostError } from '../../../src/host/host.ts';

test('sinks have the whole output of a command when it has exited, the last line without a line feed too', async () => {
  for (let run = 0; run < 20; run++) {
    let text = '';
    let hasEnded = false;
    const output = {
      push(bytes: Uint8Array) {
        text += Buffer.from(bytes).toString();
      },
      end() {
        hasEnded = true;
      },
    };
    const command = await LaunchedCommand.atGate(['printf', 'a\\nb'], process.env, null, {
      input: 'ignore',
      output,
      error: 2,
    });
    command.letGo(`/proc/${command.pid}`);
    assert.equal(await command.exited, 0);
    assert.deepEqual([text, hasEnded], ['a\nb', true]);
  }
});

test('a shell that cannot be run is bad input, and no defect', async () => {
  // The kernel refuses a longer argument (MAX_ARG_STRLEN), for any program.
  const argv = ['true\n', 'x'.repeat(200_000)] as const;
  await assert.rejects(
    LaunchedCommand.atGate(argv, {}, null, { input: 'ignore', output: 2, error: 2 }),
    (error: unknown) => {
      assert.ok(error instanceof HostError, String(error));
      assert.equal(
        error.message,
        '-- true\\n cannot be started: running /bin/sh failed (argument list too long, E2BIG)',
      );
      return true;
    },
  );
});
