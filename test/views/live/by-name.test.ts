import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LiveFrame, LiveName } from '../../../src/views/live/model/frame.ts';
import { openFakeView } from './fake-screen.ts';
import { busyFrame, liveFrame, liveName, liveProcess, liveUnit } from './frames.ts';

/** The lines of the table. */
function tableOf(lines: readonly string[]): readonly string[] {
  const heading = lines.findIndex((line) => line.includes('CPU%'));
  return lines.slice(heading + 1, -1).filter((line) => line !== '');
}

/** The first word of each row of the table that is no figure. */
function namesOn(lines: readonly string[]): string[] {
  return tableOf(lines).map((line) => /[a-z(][^ ]*/.exec(line)![0]);
}

function named(...names: LiveName[]): LiveFrame {
  return liveFrame({
    units: [liveUnit({ totalCpuSeconds: 10, attributedCpuSeconds: 9, unattributedCpuSeconds: 1, names })],
    processes: [liveProcess({ pid: 1, name: 'make' }), liveProcess({ pid: 2, name: 'cc1' })],
  });
}

const MAKE = liveName({ name: 'make', count: 1, running: 1, cpuPercent: 2, cpuSeconds: 1 });
const CC1 = liveName({ name: 'cc1', count: 24, running: 2, cpuPercent: 180, cpuSeconds: 8 });

describe('rows by name', () => {
  test('come with n, the heaviest first, below their unit, and with what no name has', () => {
    const { view, screen, press } = openFakeView(120, 30);
    view.show(named(MAKE, CC1));
    press('n');
    assert.match(screen.lines[6]!, /COUNT NAME +RUNNING +▼CPU% +CPU_S +MEMORY +PEAK +DISK +TRANSFER +THR/);
    const [unit, cc1, make, rest, ...more] = tableOf(screen.lines);
    assert.match(unit!, /nginx\.service +3 +45\.2 +10\.00 /);
    assert.match(cc1!, /^ +24 +cc1 +2 +180\.0 +8\.00 /);
    assert.match(make!, /^ +1 +make +1 +2\.0 +1\.00 /);
    assert.match(rest!, /^ +\(unattributed\) +1\.00$/);
    assert.deepEqual(more, []);
  });

  test('give way to units with another n, and to processes with a third', () => {
    const { view, screen, press } = openFakeView(120, 30);
    view.show(named(MAKE, CC1));
    press('n', 'n');
    assert.match(screen.lines[6]!, /NAME +RUNNING +▼CPU% +CPU_S +REAPED%/);
    assert.deepEqual(namesOn(screen.lines), ['nginx.service']);
    press('n');
    assert.match(screen.lines[6]!, /PID NAME/);
    assert.deepEqual(namesOn(screen.lines), ['make', 'cc1']);
  });

  test('are sorted by their own columns, and by CPU where the column is one of processes alone', () => {
    const { view, screen, press } = openFakeView(120, 30);
    view.show(named(MAKE, CC1));
    press('<', 'n');
    assert.match(screen.lines[6]!, /▼CPU%/);
    press('>');
    assert.match(screen.lines[6]!, /▼CPU_S/);
    press('<', '<', '<');
    assert.match(screen.lines[6]!, /NAME▲/);
    assert.deepEqual(namesOn(screen.lines).slice(1, 3), ['cc1', 'make']);
  });

  test('lead to the processes of that name with Enter', () => {
    const { view, screen, press } = openFakeView(120, 30);
    view.show(named(MAKE, CC1));
    press('n', 'down', 'down', 'enter');
    assert.deepEqual(namesOn(screen.lines), ['cc1']);
    assert.match(screen.lines.at(-1)!, /\/cc1 1 row/);
  });

  test('of several units are one a name when units are not told apart', () => {
    const { view, screen, press } = openFakeView(120, 30);
    const units = [1, 2].map((key) => liveUnit({ key, name: `${key}.service`, names: [MAKE, CC1] }));
    view.show(liveFrame({ units }));
    press('n', 'u');
    const [cc1, make, ...more] = tableOf(screen.lines);
    assert.match(cc1!, /^ +48 +cc1 +4 +360\.0 +16\.00 /);
    assert.match(make!, /^ +2 +make /);
    assert.deepEqual(more, []);
  });

  test('say how much is of children whose names are not known', () => {
    const { view, screen, press } = openFakeView(120, 30);
    const shell = liveName({ name: 'sh', cpuSeconds: 2, reapedCpuSeconds: 1.5 });
    view.show(named(shell, liveName({ name: 'make', cpuSeconds: 2, reapedCpuSeconds: 0.1 })));
    press('n');
    assert.match(screen.lines.join('\n'), / sh incl\. 1\.50s of ended children +1 /);
    assert.match(screen.lines.join('\n'), / make +1 /);
    screen.columns = 80;
    view.draw();
    assert.match(screen.lines.join('\n'), / sh incl\. children /);
  });

  test('say so where a key is for processes alone', () => {
    const { view, screen, press } = openFakeView(120, 30);
    view.show(named(MAKE));
    press('n', 'm');
    assert.match(screen.lines.at(-1)!, /only processes have min, max and avg/);
    press('t');
    assert.match(screen.lines[6]!, /PID NAME/);
  });

  test('keep their places while their figures differ little from tick to tick', () => {
    const { view, screen, press } = openFakeView(120, 30);
    const show = (tick: number, one: number, other: number) =>
      view.show({
        ...named(liveName({ name: 'one', cpuPercent: one }), liveName({ name: 'other', cpuPercent: other })),
        atSeconds: tick / 2,
      });
    show(0, 50, 48);
    press('n');
    for (let tick = 1; tick < 10; tick++) {
      show(tick, tick % 2 === 0 ? 50 : 46, 48);
      assert.deepEqual(namesOn(screen.lines).slice(1, 3), ['one', 'other']);
    }
    for (let tick = 10; tick < 30; tick++) show(tick, 20, 48);
    assert.deepEqual(namesOn(screen.lines).slice(1, 3), ['other', 'one']);
  });
});

describe('rows by cgroup', () => {
  const WEB = liveName({ name: '/web.service', count: 3, running: 2, cpuPercent: 40, cpuSeconds: 6 });
  const OWN = liveName({ name: '', count: 1, cpuPercent: 5, cpuSeconds: 3 });
  const several = () =>
    liveFrame({
      units: [
        liveUnit({
          totalCpuSeconds: 10,
          attributedCpuSeconds: 9,
          unattributedCpuSeconds: 1,
          names: [MAKE],
          subCgroups: [OWN, WEB],
        }),
      ],
      processes: [
        liveProcess({ pid: 1, name: 'systemd' }),
        liveProcess({ pid: 2, name: 'nginx', subCgroup: '/web.service' }),
      ],
    });

  test('follow those by name where a unit has several, the heaviest first', () => {
    const { view, screen, press } = openFakeView(120, 30);
    view.show(several());
    press('n');
    assert.match(screen.lines.at(-1)!, /n By cgroup/);
    press('n');
    assert.match(screen.lines[6]!, /COUNT CGROUP +RUNNING +▼CPU%/);
    const [unit, web, own, rest] = tableOf(screen.lines);
    assert.match(unit!, /nginx\.service/);
    assert.match(web!, /^ +3 +\/web\.service +2 +40\.0 +6\.00 /);
    assert.match(own!, /^ +1 +\/ +1 +5\.0 +3\.00 /);
    assert.match(rest!, /\(unattributed\) +1\.00$/);
    press('n');
    assert.match(screen.lines[6]!, /NAME +RUNNING/);
  });

  test('lead to the processes of that cgroup with Enter', () => {
    const { view, screen, press } = openFakeView(120, 30);
    view.show(several());
    press('n', 'n', 'down', 'down', 'enter');
    assert.deepEqual(namesOn(screen.lines), ['nginx']);
  });
});

test('the filter is in force while it is typed, and says how many rows there are', () => {
  const { view, screen, press } = openFakeView(120, 30);
  view.show(busyFrame());
  press('/', 'r', 'u');
  assert.deepEqual(namesOn(screen.lines), ['build.service', 'rustc']);
  assert.match(screen.lines.at(-1)!, /Filter: ru +2 rows; Enter: keep, Esc: previous/);
  press('backspace', 'backspace', 'n', 'o', 'd');
  assert.deepEqual(namesOn(screen.lines), ['web@blue.service', 'node', 'node']);
  press('escape');
  assert.equal(namesOn(screen.lines).length, 13);
});
