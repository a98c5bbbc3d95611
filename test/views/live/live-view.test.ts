import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NO_TEXT } from '../../../src/views/live/draw/source-text.ts';
import { openFakeView } from './fake-screen.ts';
import { busyFrame, liveFrame, liveName, liveProcess, liveRun, liveUnit, nginxFrame } from './frames.ts';

/** Lines that hold a row of a process, by its PID, in order. */
function pidsOn(lines: readonly string[]): number[] {
  return lines.flatMap((line) => (/^ *\d+ /.exec(line)?.[0].length === 8 ? [Number.parseInt(line, 10)] : []));
}

const many = (count: number) =>
  liveFrame({
    processes: Array.from({ length: count }, (_, at) =>
      liveProcess({ pid: at + 1, cpuPercent: count - at, name: `worker-${at + 1}` }),
    ),
  });

describe('the order of the rows', () => {
  const shown = (...keys: string[]) => {
    const { view, screen, press } = openFakeView(140, 30);
    view.show(busyFrame());
    press('u', ...keys);
    return screen;
  };

  test('is by own and reaped CPU at first, what is not known last', () => {
    assert.deepEqual(pidsOn(shown().lines), [1000, 1002, 2000, 1004, 1005, 1001, 1003, 2001, 999]);
  });

  test('is by the next column with > and s, by the one before with <, and turned round with r', () => {
    assert.equal(pidsOn(shown('>').lines)[0], 1000);
    assert.match(shown('>').lines.join('\n'), /▼REAPED%/);
    assert.match(shown('s', 's').lines.join('\n'), /▼MEMORY/);
    assert.equal(pidsOn(shown('s', 's').lines)[0], 1002);
    assert.match(shown('s', 's', 'r').lines.join('\n'), /▲MEMORY/);
    assert.match(shown('<').lines.join('\n'), /▲PPID/);
    assert.deepEqual(
      pidsOn(shown('<', '<', '<').lines),
      [999, 1000, 1001, 1002, 1003, 1004, 1005, 2000, 2001],
    );
  });

  test('has the column that it is by on the screen, however narrow that is', () => {
    const { view, screen, press } = openFakeView(40, 12);
    view.show(busyFrame());
    press('s', 's', 's', 's', 's');
    assert.match(screen.lines.join('\n'), /▼THR/);
    press('s');
    assert.match(screen.lines.join('\n'), /▼UPTIME/);
  });

  test('is by a column whose title is clicked, and turned round by another click', () => {
    const { view, screen } = openFakeView(120, 30);
    view.show(busyFrame());
    const row = screen.lines.findIndex((line) => line.includes('MEMORY'));
    const click = { kind: 'click', row, column: screen.lines[row]!.indexOf('MEMORY') } as const;
    view.take([click]);
    assert.match(screen.lines[row]!, /▼MEMORY/);
    view.take([click]);
    assert.match(screen.lines[row]!, /▲MEMORY/);
  });
});

describe('the selection', () => {
  test('stays with its process while rows move', () => {
    const { view, screen, press } = openFakeView(80, 24);
    view.show(many(5));
    press('down', 'down');
    assert.equal(screen.styleOf('worker-2'), 'selected');
    const frame = many(5);
    view.show({ ...frame, processes: frame.processes.map((each) => ({ ...each, cpuPercent: each.pid })) });
    assert.equal(screen.styleOf('worker-2'), 'selected');
    assert.deepEqual(pidsOn(screen.lines), [5, 4, 3, 2, 1]);
  });

  test('goes to the row that takes the place of one that has gone', () => {
    const { view, screen, press } = openFakeView(80, 24);
    view.show(many(5));
    press('down', 'down');
    const frame = many(5);
    view.show({ ...frame, processes: frame.processes.filter(({ pid }) => pid !== 2) });
    assert.equal(screen.styleOf('worker-3'), 'selected');
  });

  test('is scrolled to, by rows, pages and to both ends', () => {
    const { view, screen, press } = openFakeView(80, 24);
    view.show(many(100));
    press('page-down', 'page-down');
    assert.equal(pidsOn(screen.lines).includes(30), true);
    press('end');
    assert.equal(screen.styleOf('worker-100'), 'selected');
    assert.equal(pidsOn(screen.lines).at(-1), 100);
    press('up');
    assert.equal(screen.styleOf('worker-99'), 'selected');
    press('home');
    assert.equal(pidsOn(screen.lines)[0], 1);
    view.take([{ kind: 'wheel', steps: 2 }]);
    assert.equal(screen.styleOf('worker-6'), 'selected');
  });

  test('of a row that is clicked opens it when it is clicked again', () => {
    const { view, screen } = openFakeView(80, 24);
    view.show(many(5));
    const row = screen.lines.findIndex((line) => line.includes('worker-4'));
    view.take([{ kind: 'click', row, column: 20 }]);
    assert.equal(screen.styleOf('worker-4'), 'selected');
    view.take([{ kind: 'click', row, column: 20 }]);
    assert.match(screen.lines.join('\n'), /worker-4 {2}PID 4, PPID 1/);
  });
});

describe('the filter', () => {
  test('shows rows with its text in their names, PIDs or commands while it is typed in any case', () => {
    const { view, screen, press } = openFakeView(120, 30);
    view.show(busyFrame());
    press('/', 'R', 'U', 'S', 'T');
    assert.match(screen.lines.at(-1)!, /Filter: RUST/);
    press('enter');
    assert.deepEqual(pidsOn(screen.lines), [1002]);
    assert.match(screen.lines.at(-1)!, /\/RUST 2 rows/);
    press('escape');
    assert.equal(pidsOn(screen.lines).length, 9);
  });

  test('takes keys as text, and Escape back to what it was', () => {
    const { view, screen, press, asked } = openFakeView(120, 30);
    view.show(busyFrame());
    press('/', 'q', 'p', 'backspace', 'escape');
    assert.deepEqual(asked, []);
    assert.equal(pidsOn(screen.lines).length, 9);
  });

  test('shows ancestors of what matches in a tree', () => {
    const { view, screen, press } = openFakeView(120, 30);
    view.show(busyFrame());
    press('t', '/', 'r', 'u', 's', 't', 'enter');
    assert.deepEqual(pidsOn(screen.lines), [1000, 1001, 1002]);
    assert.equal(screen.styleOf('make'), 'faint');
  });

  test('that nothing matches says so', () => {
    const { view, screen, press } = openFakeView(80, 24);
    view.show(nginxFrame(3));
    press('/', 'z', 'enter');
    assert.match(screen.lines.join('\n'), /No row matches the filter/);
  });
});

describe('the tree', () => {
  test('folds what is below a row into it, and its figures with it', () => {
    const { view, screen, press } = openFakeView(120, 30);
    view.show(busyFrame());
    press('t', 'down', 'down', ' ');
    assert.deepEqual(pidsOn(screen.lines), [1000, 2000, 2001]);
    assert.match(screen.lines.find((line) => line.includes('make'))!, /▸ and 6 below .* 107\.9 {4}181\.2/);
    press('right');
    assert.equal(pidsOn(screen.lines).length, 9);
  });

  test('of a chain of thousands of processes is drawn', () => {
    const { view, screen, press } = openFakeView(80, 24);
    const processes = Array.from({ length: 20_000 }, (_, at) => liveProcess({ pid: at + 2, ppid: at + 1 }));
    view.show(liveFrame({ processes }));
    press('t', 'end');
    assert.equal(pidsOn(screen.lines).at(-1), 20_001);
  });

  test('takes no younger process for a parent that had its PID before', () => {
    const { view, screen, press } = openFakeView(120, 30);
    view.show(
      liveFrame({
        processes: [
          liveProcess({ pid: 10, ppid: 30, name: 'old' }),
          liveProcess({ pid: 30, ppid: 10, name: 'new' }),
        ],
      }),
    );
    press('t');
    assert.match(screen.lines.join('\n'), /10 old[\s\S]*30 └─ new/);
  });
});

describe('units', () => {
  test('are folded away by themselves', () => {
    const { view, screen, press } = openFakeView(120, 30);
    view.show(busyFrame());
    press('down', 'left');
    assert.deepEqual(pidsOn(screen.lines), [2000, 2001]);
    assert.match(screen.lines.join('\n'), /build\.service ▸ 6 processes/);
  });

  test('that are not seen yet are shown, and none of their figures', () => {
    const { view, screen } = openFakeView(120, 30);
    view.show(busyFrame());
    assert.match(screen.lines.find((line) => line.includes('absent'))!, /not seen yet( +-){6}$/);
  });

  test('alone are said to be there, gone, or waited for', () => {
    const said = (unit: Parameters<typeof liveUnit>[0]) => {
      const { view, screen } = openFakeView(120, 30);
      view.show(liveFrame({ units: [liveUnit(unit)] }));
      return screen.lines[0]!;
    };
    assert.match(said({}), /nginx\.service {2}running, 1 instance/);
    assert.match(said({ present: false, instances: 2 }), /gone, 2 instances/);
    assert.match(said({ present: false, instances: 0 }), /not seen yet/);
  });
});

describe('processes that have ended', () => {
  const exit = () => {
    const opened = openFakeView(120, 30);
    const ended = liveProcess({ pid: 77, name: 'short', cpuPercent: null, memoryBytes: null });
    opened.view.show(liveFrame({ atSeconds: 0, processes: [liveProcess({ pid: 1 })], ended: [ended] }));
    const later = (atSeconds: number) =>
      opened.view.show(liveFrame({ atSeconds, processes: [liveProcess({ pid: 1 })] }));
    return { ...opened, later };
  };

  test('fade for some ticks, without rates, and go', () => {
    const { screen, later } = exit();
    later(1);
    const line = screen.lines.find((each) => each.includes('short'))!;
    assert.match(line, /^ +77 short exited 1s ago, 1\.25s CPU +1$/);
    screen.columns = 80;
    later(1.1);
    assert.match(screen.lines.join('\n'), /^ +77 short exited$/m);
    screen.columns = 120;
    assert.equal(screen.styleOf('short'), 'fading');
    later(2.5);
    assert.match(screen.lines.join('\n'), /short/);
    later(3);
    assert.doesNotMatch(screen.lines.join('\n'), /short/);
  });

  test('are kept on a key, and have their page', () => {
    const { screen, later, press } = exit();
    press('e');
    later(100);
    assert.match(screen.lines.join('\n'), /short exited 1m40s ago/);
    press('end', 'enter');
    assert.match(screen.lines.join('\n'), /short {2}PID 77, PPID 1, exited 1m40s ago/);
  });

  test('unseen stand there by name, with what they use now', () => {
    const { view, screen } = openFakeView(120, 30);
    const exited = {
      name: 'cc1',
      count: 10,
      cpuSeconds: 5,
      diskBytes: null,
      transferBytes: null,
      cancelledWriteBytes: null,
      peakMemoryBytes: null,
      apportioned: true,
      exitCodes: {},
    };
    view.show(liveFrame({ atSeconds: 0, units: [liveUnit({ exited: [exited] })] }));
    assert.match(screen.lines.find((line) => line.includes('cc1'))!, /×10 cc1 exited, ~5\.00s CPU +-$/);
    view.show(
      liveFrame({
        atSeconds: 0.5,
        units: [liveUnit({ exited: [{ ...exited, count: 12, cpuSeconds: 5.25 }] })],
      }),
    );
    assert.match(screen.lines.find((line) => line.includes('cc1'))!, /×12 cc1 exited, ~5\.25s CPU +50\.0$/);
  });
});

describe('a pause', () => {
  test('holds the screen still while frames go on, and ends with the newest', () => {
    const { view, screen, press } = openFakeView(120, 30);
    view.show(nginxFrame(1));
    press('p');
    const held = screen.lines;
    view.show(nginxFrame(2));
    view.show(nginxFrame(9));
    assert.deepEqual(
      screen.lines
        .filter((line) => /nginx|^ CPU {3,}/.test(line))
        .map((line) => line.replaceAll(/[▁-█]/g, ' ')),
      held.filter((line) => /nginx|^ CPU {3,}/.test(line)).map((line) => line.replaceAll(/[▁-█]/g, ' ')),
    );
    assert.match(screen.lines.at(-1)!, /PAUSED/);
    press('p');
    assert.match(screen.lines[0]!, /4s, 59m56s left/);
  });
});

describe('a page over time', () => {
  test('is drawn to the end of the process, and Escape leads back to its row', () => {
    const { view, screen, press } = openFakeView(100, 30);
    for (let tick = 0; tick < 20; tick++) view.show(nginxFrame(tick));
    press('down', 'enter');
    assert.match(
      screen.lines.join('\n'),
      /the last 10\.0s \(z: all\)\n nginx {2}PID 112[\s\S]*CPU, own [\s\S]*▁[\s\S]*now ┘/,
    );
    press('z');
    assert.match(screen.lines.join('\n'), /all 10\.0s \(z: the last minutes\)/);
    press('escape');
    assert.equal(screen.styleOf('112'), 'selected');
  });

  test('has no mark of the filter, which is for the table', () => {
    const { view, screen, press } = openFakeView(100, 30);
    view.show(nginxFrame(0));
    press('/', 'n', 'enter', 'down');
    assert.match(screen.lines.at(-1)!, /\/n 3 rows/);
    press('enter');
    assert.match(screen.lines.at(-1)!, /^ Esc Back/);
  });

  test('without a selection says how to get one', () => {
    const { view, screen, press } = openFakeView(100, 30);
    view.show(nginxFrame(0));
    press('enter');
    assert.match(screen.lines.at(-1)!, /select a process first/);
  });
});

describe('what is asked of the world', () => {
  test('is to quit with q and Ctrl+C, from any page, and to stop with Ctrl+Z', () => {
    const { view, asked, press } = openFakeView(80, 24);
    press('q');
    view.show(nginxFrame(0));
    press('?', 'q', 'ctrl-c', 'ctrl-z', '/', 'ctrl-c');
    assert.deepEqual(asked, ['quit', 'quit', 'quit', 'suspend', 'quit']);
  });

  test('goes to the source of the frames first, which has a word on the screen', () => {
    const taken: unknown[] = [];
    const { view, screen, press } = openFakeView(80, 24, {
      takesInput: (input) => input.kind === 'text' && input.text === ' ' && taken.push(input) > 0,
      source: () => ({
        ...NO_TEXT,
        note: 'paused at 3 of 9',
        help: [['Space', 'play']],
        footer: ['Space Play'],
      }),
    });
    view.show(nginxFrame(0));
    press(' ', '?');
    assert.equal(taken.length, 1);
    assert.match(screen.lines[0]!, /paused at 3 of 9/);
    assert.match(screen.lines.join('\n'), /Space {7}play/);
    assert.match(screen.lines.at(-1)!, /Space Play/);
  });
});

describe('frames of another time', () => {
  test('begin anew after a reset', () => {
    const { view, screen, press } = openFakeView(100, 30);
    for (let tick = 0; tick < 20; tick++) view.show(nginxFrame(tick));
    view.reset();
    view.add(nginxFrame(3));
    view.show(nginxFrame(4));
    press('down', 'enter');
    assert.match(screen.lines.join('\n'), /the last 1\.0s/);
  });
});

describe('any size', () => {
  test('has a screen, down to one cell', () => {
    const { view, screen, press } = openFakeView(1, 1);
    for (const [columns, rows] of [
      [1, 1],
      [2, 3],
      [10, 4],
      [1, 40],
      [2, 40],
      [20, 5],
      [39, 9],
      [300, 100],
    ] as const) {
      screen.columns = columns;
      screen.rows = rows;
      const pages = [['?'], ['?', 'l'], ['l', 'down', 'enter'], ['escape', 'down', 'enter'], ['z']];
      for (const keys of [[], ['t'], ['m'], ['c'], ...pages, ['escape']]) {
        press(...keys);
        view.show(busyFrame());
        assert.equal(screen.grid!.texts.length, columns * rows);
      }
    }
  });
});

test('a number that is too long for its column is rounded, not cut', () => {
  const { view, screen, press } = openFakeView(150, 20);
  const named = liveName({ name: 'sh', count: 123_456_789, cpuSeconds: 24_192_000.12, threads: 123_456 });
  view.show(liveFrame({ units: [liveUnit({ names: [named] })] }));
  press('n');
  const row = screen.lines.find((line) => / sh /.test(line))!;
  assert.match(row, /^123457k +sh .* 24192000 .* 123k$/);
});

test('what is bad is loud: delivery that fails, OOM kills, ticks that were missed', () => {
  const { view, screen } = openFakeView(120, 30);
  view.show(busyFrame());
  assert.equal(screen.styleOf('failing:'), 'bad');
  assert.equal(screen.styleOf('2 OOM kills'), 'bad');
  assert.equal(screen.styleOf('3 missed'), 'warn');
  assert.equal(screen.styleOf('throttled'), 'warn');
});

test('a small screen has room for what is bad', () => {
  const { view, screen } = openFakeView(60, 10);
  view.show({ ...busyFrame(), run: liveRun({ delivery: { state: 'failing', text: 'failing: refused' } }) });
  assert.match(screen.lines[1]!, /2 OOM kills, failing: refused/);
});
