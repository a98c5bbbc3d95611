import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { skipUnless } from '../../skip.ts';
import { unifiedMount } from '../systemd/cgroup.ts';
import { startUnitledger, until } from './unitledger.ts';

test('a program whose output a remaining process holds open fails its test in bounded time', async (t) => {
  const program = startUnitledger([], {
    by: () => ['sh', '-c', 'sleep 1000 & echo $! >&2'],
    pipeSeconds: 0.2,
  });
  await program.says('\n');
  const pid = Number(program.stderr());
  t.after(() => process.kill(pid, 'SIGKILL'));
  await assert.rejects(program.ended, /the program has ended, but a process holds its output open\n\d+/);
});

test('a program that ends before it closes its output is awaited', async () => {
  const program = startUnitledger([], { by: () => ['sh', '-c', '(sleep 0.3; echo last) & exit 3'] });
  const { code, stdout } = await program.ended;
  assert.deepEqual([code, stdout], [3, 'last\n']);
});

const hasCgroups = process.getuid?.() === 0 && unifiedMount() !== undefined;

test(
  'a run that takes too long is killed with its command and all descendants',
  skipUnless(hasCgroups || 'takes root and cgroup v2'),
  async () => {
    const script = '(setsid sleep 1001 & echo $! >&2); exec sleep 1002';
    const program = startUnitledger(['--interval', '0.2', '--', 'sh', '-c', script], { longestSeconds: 3 });
    const { code, stderr } = await program.ended;
    assert.equal(code, null);
    const left = Number(/^\d+$/m.exec(stderr)![0]);
    await until(
      () => !existsSync(`/proc/${left}/exe`),
      () => `the end of PID ${left}`,
    );
  },
);
