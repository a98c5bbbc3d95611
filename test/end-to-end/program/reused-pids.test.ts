import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { skipUnless } from '../../skip.ts';
import { countOf, hasEvents } from './kernel-events.ts';
import { documentOf, runUnitledger } from './unitledger.ts';

test(
  'unitledger distinguishes processes with one PID, and does not change names',
  skipUnless(hasEvents),
  async (t) => {
    const name = '\u001b[2J\n)( x';
    const folder = mkdtempSync(join(tmpdir(), 'unitledger-pids-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const hostile = join(folder, name);
    copyFileSync('/bin/true', hostile);
    // The kernel gives out the number after this one: to any program of the machine, so nothing else may run.
    const again = 'echo 20000 > /proc/sys/kernel/ns_last_pid';
    const script = `i=0; while [ $i -lt 100 ]; do ${again}; /bin/true; ${again}; "$0"; i=$((i+1)); done; true`;
    const ended = await runUnitledger([
      '--summary',
      'json',
      '--interval',
      '0.2',
      '--',
      'sh',
      '-c',
      script,
      hostile,
    ]);
    const [unit] = documentOf(ended).units;
    assert.equal(countOf(unit!, 'true'), 100, JSON.stringify(unit!.names));
    assert.equal(countOf(unit!, name), 100, JSON.stringify(unit!.names));
  },
);
