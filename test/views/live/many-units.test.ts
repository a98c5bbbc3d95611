import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openFakeView } from './fake-screen.ts';
import { busyFrame, liveFrame, liveProcess, liveUnit } from './frames.ts';

/** So many units with one process each; `cpu`: percent of each. */
function unitsFrame(count: number, cpu: (at: number) => number, atSeconds = 0) {
  const keys = Array.from({ length: count }, (_, at) => at + 1);
  return liveFrame({
    atSeconds,
    units: keys.map((key) =>
      liveUnit({
        key,
        name: `u${key}.service`,
        cgroup: `/system.slice/u${key}.service`,
        processCount: 1,
        cpuPercent: cpu(key),
      }),
    ),
    processes: keys.map((key) => liveProcess({ pid: 100 + key, unitKey: key, name: `worker-${key}` })),
  });
}

const unitsOn = (lines: readonly string[]) =>
  lines.flatMap((line) => /^ ?(u\d+)\.service/.exec(line)?.[1] ?? []);
/** All but the last line, on which the filter stands. */
const workersOn = (lines: readonly string[]) =>
  lines.slice(0, -1).flatMap((line) => /worker-\d+/.exec(line)?.[0] ?? []);

describe('many units', () => {
  test('are one row each at first, the heaviest on top', () => {
    const { view, screen } = openFakeView(120, 30);
    view.show(unitsFrame(12, (at) => at));
    assert.deepEqual(unitsOn(screen.lines).slice(0, 3), ['u12', 'u11', 'u10']);
    assert.deepEqual(workersOn(screen.lines), []);
    assert.match(screen.lines.find((line) => line.includes('u12'))!, /▸ 1 process/);
  });

  test('that are few are not folded', () => {
    const { view, screen } = openFakeView(120, 30);
    view.show(unitsFrame(3, (at) => at));
    assert.deepEqual(workersOn(screen.lines), ['worker-3', 'worker-2', 'worker-1']);
  });

  test('are all unfolded by a, and folded by another, and one alone by its arrows', () => {
    const { view, screen, press } = openFakeView(120, 60);
    view.show(unitsFrame(12, (at) => at));
    press('a');
    assert.equal(workersOn(screen.lines).length, 12);
    press('a');
    assert.deepEqual(workersOn(screen.lines), []);
    press('down', 'down', 'right');
    assert.deepEqual(workersOn(screen.lines), ['worker-11']);
    press('right');
    assert.deepEqual(workersOn(screen.lines), ['worker-11']);
    press('left');
    assert.deepEqual(workersOn(screen.lines), []);
  });

  test('stay folded when there are fewer of them', () => {
    const { view, screen } = openFakeView(120, 60);
    view.show(unitsFrame(12, (at) => at));
    view.show(unitsFrame(3, (at) => at, 1));
    assert.deepEqual(workersOn(screen.lines), []);
  });

  test('are a row each by themselves, which unfolds into its processes', () => {
    const { view, screen, press } = openFakeView(120, 60);
    view.show(unitsFrame(3, (at) => at));
    press('n', 'n');
    assert.deepEqual([unitsOn(screen.lines), workersOn(screen.lines)], [['u3', 'u2', 'u1'], []]);
    press('down', 'down', 'right');
    assert.deepEqual(workersOn(screen.lines), ['worker-2']);
  });

  test('that are folded are searched by the filter', () => {
    const { view, screen, press } = openFakeView(120, 30);
    view.show(unitsFrame(12, (at) => at));
    press('/', 'worker-7');
    assert.deepEqual([unitsOn(screen.lines), workersOn(screen.lines)], [['u7'], ['worker-7']]);
  });

  test('move only when one clearly leads, whatever single ticks say', () => {
    const { view, screen } = openFakeView(120, 30);
    for (let tick = 0; tick < 20; tick++) {
      // The second is higher in every other tick.
      view.show(unitsFrame(2, (at) => (at === 1 ? 50 : tick % 2 === 0 ? 47 : 53), tick / 2));
      assert.deepEqual(unitsOn(screen.lines), ['u1', 'u2']);
    }
    for (let tick = 20; tick < 40; tick++) view.show(unitsFrame(2, (at) => 50 * at, tick / 2));
    assert.deepEqual(unitsOn(screen.lines), ['u2', 'u1']);
  });
});

describe('units that lie in one another', () => {
  const slice = liveUnit({
    key: 1,
    name: 'system.slice',
    cgroup: '/system.slice',
    processCount: 14,
    cpuPercent: 80,
    totalCpuSeconds: 10,
  });
  const web = liveUnit({
    key: 2,
    name: 'web.service',
    cgroup: '/system.slice/web.service',
    processCount: 5,
    cpuPercent: 30,
    totalCpuSeconds: 4,
  });
  const twice = [1, 2].map((unitKey) => liveProcess({ key: unitKey, pid: 7, unitKey, name: 'web' }));

  test('are counted once in the header, in figures as in processes', () => {
    const { view, screen } = openFakeView(140, 30);
    view.show(liveFrame({ units: [slice, web], processes: twice }));
    assert.match(screen.lines[0]!, /2 units {2}2 of 2 running, 14 processes/);
    assert.match(screen.lines[1]!, /CPU +80\.0%/);
  });

  test('say in which other unit they are', () => {
    const { view, screen } = openFakeView(140, 30);
    view.show(liveFrame({ units: [slice, web], processes: twice }));
    assert.match(screen.lines.join('\n'), /^ system\.slice 14 processes +80\.0/m);
    assert.match(screen.lines.join('\n'), /^ web\.service 5 processes, in system\.slice +30\.0/m);
  });

  test('have each process once in one table of all', () => {
    const { view, screen, press } = openFakeView(140, 30);
    view.show(liveFrame({ units: [slice, web], processes: twice }));
    press('u');
    assert.equal(screen.lines.filter((line) => /^ +7 web /.test(line)).length, 1);
  });
});

describe('lines of the log below the table', () => {
  test('disappear after a while, warnings later, and stay on the page of the log', () => {
    const { view, screen, press } = openFakeView(120, 30);
    view.addLine({ text: 'following build.service', style: 'quiet' });
    view.addLine({ text: 'warning: io is denied', style: 'warn' });
    const at = (atSeconds: number) => view.show({ ...busyFrame(), atSeconds });
    const isShown = (text: string) => screen.lines.join('\n').includes(text);
    at(100);
    assert.deepEqual([isShown('following'), isShown('io is denied')], [true, true]);
    at(116);
    assert.deepEqual([isShown('following'), isShown('io is denied')], [false, true]);
    at(161);
    assert.deepEqual([isShown('following'), isShown('io is denied')], [false, false]);
    press('l');
    assert.deepEqual([isShown('following'), isShown('io is denied')], [true, true]);
  });
});

test('a wide screen shows command lines unasked where they are read, and totals', () => {
  const { view, screen, press } = openFakeView(200, 30);
  view.show(busyFrame());
  assert.match(screen.lines[6]!, /UPTIME +CPU_S +PEAK COMMAND/);
  assert.match(screen.lines.join('\n'), /make -j8 all/);
  press('c');
  assert.doesNotMatch(screen.lines.join('\n'), /make -j8 all/);
  const narrow = openFakeView(120, 30);
  narrow.view.show(busyFrame());
  assert.doesNotMatch(narrow.screen.lines.join('\n'), /make -j8 all|CPU_S/);
});

test('a wide screen shows user and state where they can be known, of processes that are there', () => {
  const asked: number[] = [];
  const process = (pid: number) =>
    liveProcess({
      pid,
      status: () => {
        asked.push(pid);
        return { user: '\x1b[2Jwww-data-of-the-web', state: 'D' };
      },
    });
  const frame = liveFrame({
    processes: Array.from({ length: 50 }, (_, at) => process(at + 1)),
    hasStatus: true,
  });
  const { view, screen } = openFakeView(200, 20);
  view.show(frame);
  assert.match(screen.lines[6]!, /UPTIME S +USER +CPU_S +PEAK$/);
  assert.match(screen.lines[7]!, /D \\x1b\[2Jw… /);
  // Only of rows that are on the screen.
  assert.equal(new Set(asked).size, 12);
  view.show({ ...frame, hasStatus: false });
  assert.match(screen.lines[6]!, /UPTIME +CPU_S +PEAK$/);
});
