import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { processesBelow } from '../systemd/cgroup.ts';
import { bootSystemd, type SystemdLab, skipLab } from '../systemd/lab.ts';
import { TmuxTerminal, tmuxAvailable } from './tmux.ts';

const available = tmuxAvailable();
const skip = skipLab() || (available !== true && process.env.CI !== 'true' ? available : false);
const UNITS = 12;

describe('unitledger --live, of many units', { skip }, () => {
  let lab: SystemdLab;

  before(
    async () => {
      lab = await bootSystemd();
      await lab.writeUnit('idle@.service', '[Service]\nExecStart=/bin/sleep infinity\n');
      await lab.writeUnit('busy.service', '[Service]\nExecStart=/bin/sh -c "while :; do :; done"\n');
      for (let at = 1; at <= UNITS; at++) await lab.startUnit(`idle@${at}.service`);
      await lab.startUnit('busy.service');
    },
    { timeout: 20 * 60_000 },
  );
  after(() => lab?.stop());

  test('has a row a unit, the busiest first, and counts processes of a slice once', async () => {
    using terminal = await TmuxTerminal.open({ columns: 120, rows: 50 });
    terminal.start([
      ...['--live', '--interval', '0.2', '--cgroup-root', lab.cgroupRoot],
      ...['--service', '*', '--unit', 'system.slice'],
    ]);
    const count = processesBelow(`${lab.cgroupRoot}/system.slice`).length;
    assert.ok(count > UNITS);
    const lines = await terminal.until(
      ([title = '', ...rest]) =>
        title.includes(` ${count} processes,`) &&
        rest.some((line) => /^ busy\.service ▸ .* [1-9]\d*\.\d /.test(line)),
      `${count} processes, and a busy unit`,
    );
    const unitRows = lines.filter((line) => /^ \S+\.(service|slice) /.test(line));
    // Both have used about the same, so either may lead.
    const [busy = '', slice = ''] = unitRows.slice(0, 2).sort();
    assert.match(slice, new RegExp(`^ system\\.slice ▸ ${count} processes `));
    assert.match(busy, /^ busy\.service ▸ 1 process, in system\.slice /);
    assert.equal(lines.filter((line) => /^ idle@\d+\.service ▸ /.test(line)).length, UNITS);
    // A pattern of --service is for services: no slice but the one that is named.
    assert.deepEqual(
      unitRows.filter((line) => line.includes('.slice ▸')).map((line) => line.split(' ')[1]),
      ['system.slice'],
    );

    terminal.press('a');
    await terminal.shows(/^ +\d+ {3}sleep /);
    terminal.press('a');
    await terminal.until((all) => !all.some((line) => /^ +\d+ {3}sleep /.test(line)), 'folded units');
    terminal.press('/');
    terminal.type('busy');
    // By name, the unit is above the slice.
    terminal.press('Enter', '<', '<');
    await terminal.shows(/NAME▲ /);
    terminal.press('Down', 'Right');
    await terminal.shows(/^ +\d+ {3}sh .* R$/);
    terminal.press('n');
    await terminal.shows(/^ +1 {3}sh +1 +\d/);
  });
});
