import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { test } from 'node:test';
import { possibleCpus } from '../../../src/host/taskstats/exit-record-source.ts';
import { skipUnless } from '../../skip.ts';

const pinned = ['taskset', '-c', '0', process.execPath, '--input-type=module', '-e'] as const;
const hasTaskset = spawnSync(pinned[0], ['--version']).status === 0 || 'takes taskset(1)';

test(
  'without /sys, exits on all CPUs are recorded, and not only on those on which this program may run',
  skipUnless(hasTaskset),
  () => {
    const source = new URL('../../../src/host/taskstats/exit-record-source.ts', import.meta.url);
    const script = `import { possibleCpus } from '${source}'; console.log(possibleCpus('/nowhere'))`;
    const [command, ...args] = pinned;
    const { stdout } = spawnSync(command, [...args, script], { encoding: 'utf8' });
    assert.equal(stdout.trim(), `0-${cpus().length - 1}`);
    assert.equal(possibleCpus('/nowhere'), stdout.trim());
  },
);
