import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openTaskTurnover } from '../../../src/host/proc/task-turnover.ts';

describe('the turnover of tasks', () => {
  it('changes once a process has come and gone', () => {
    const turnover = openTaskTurnover('/proc')!;
    const before = turnover.read();
    execFileSync('/bin/true');
    assert.notEqual(turnover.read(), before);
  });

  it('is unchanged while no task comes or goes', () => {
    const turnover = openTaskTurnover('/proc')!;
    // Others on the machine may start something between two of them, but not between all.
    const readings = Array.from({ length: 1000 }, () => turnover.read());
    assert.ok(readings.some((reading, at) => reading === readings[at + 1]));
  });

  it("is not read from a file that is not the kernel's", (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'unitledger-turnover-'));
    t.after(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'loadavg'), '0.00 0.00 0.00 1/80 1234\n');
    assert.equal(openTaskTurnover(folder), null);
    assert.equal(openTaskTurnover(join(folder, 'absent')), null);
  });
});
