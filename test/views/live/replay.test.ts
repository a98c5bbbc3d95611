import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { LiveFrame } from '../../../src/views/live/model/frame.ts';
import type { FrameSource } from '../../../src/views/live/replay/frame-buffer.ts';
import { type Place, readPlace } from '../../../src/views/live/replay/place.ts';
import { Player } from '../../../src/views/live/replay/player.ts';
import { elapsedText } from '../../../src/views/live/replay/replay-text.ts';
import { ManualClock } from '../../sampling/manual-clock.ts';
import { openFakeView } from './fake-screen.ts';
import { liveFrame, liveProcess, liveRun, liveUnit } from './frames.ts';

/** 2026-11-24 02:00:00 UTC. */
const START_MILLIS = 1_795_485_600_000;
const EVERY = 0.5;

interface Plan {
  readonly ticks: number;
  /** Seconds from the first tick, by its number. */
  readonly secondsAt?: (tick: number) => number;
  readonly processes?: number;
  /** Throws in the place of this tick. */
  readonly brokenAt?: number;
  /** What reading one frame takes. */
  readonly readSeconds?: number;
}

/** A recording in which the process `main` uses as much CPU percent as its tick has a number, and totals count on. */
class MadeUpRecording implements FrameSource {
  /** Frames that were read, of all passes. */
  read = 0;
  passes = 0;
  readonly #plan: Plan;
  readonly #clock: ManualClock;

  constructor(plan: Plan, clock: ManualClock) {
    this.#plan = plan;
    this.#clock = clock;
  }

  *frames(): Generator<LiveFrame> {
    const { ticks, processes = 3, brokenAt, readSeconds = 0 } = this.#plan;
    const books = { samples: 0 };
    this.passes++;
    for (let tick = 0; tick < ticks; tick++) {
      if (tick === brokenAt) throw new Error('broken');
      this.read++;
      this.#clock.spend(readSeconds);
      books.samples++;
      yield this.#frame(tick, processes, books);
    }
  }

  *lastSeconds(): Generator<void, number> {
    for (let tick = 0; tick < this.#plan.ticks; tick++) yield;
    return this.#at(this.#plan.ticks - 1);
  }

  #at(tick: number): number {
    return this.#plan.secondsAt?.(tick) ?? tick * EVERY;
  }

  #frame(tick: number, processes: number, books: { samples: number }): LiveFrame {
    const elapsedSeconds = this.#at(tick);
    const { totals: plain } = liveProcess({ pid: 1 });
    return liveFrame({
      atSeconds: 1000 + elapsedSeconds,
      unixMillis: START_MILLIS + 1000 * elapsedSeconds,
      intervalSeconds: tick === 0 ? 0 : elapsedSeconds - this.#at(tick - 1),
      run: liveRun({ elapsedSeconds, everySeconds: EVERY }),
      units: [liveUnit({ cpuPercent: tick % 100 })],
      processes: Array.from({ length: processes }, (_, at) => {
        let settled: number | undefined;
        return liveProcess({
          pid: 100 + at,
          name: at === 0 ? 'main' : 'other',
          cpuPercent: at === 0 ? tick : 0,
          settle: () => {
            settled ??= books.samples;
          },
          totals: () => ({ ...plain(), samples: settled ?? books.samples }),
        });
      }),
    });
  }
}

function play(plan: Plan, columns = 140) {
  const clock = new ManualClock();
  const recording = new MadeUpRecording(plan, clock);
  const defects: unknown[] = [];
  const { view, screen, asked, press } = openFakeView(columns, 24, {
    lookBack: 240,
    source: () => player.source(),
    takesInput: (input) => player.takesInput(input),
  });
  const player = new Player(view, recording, clock, (error) => defects.push(error));
  player.load();
  player.start();
  // How long it is is found out first.
  clock.advance(0);
  /** The number of the tick that is shown. */
  const shown = () => Number(/main +\d+ +([\d.]+)/.exec(screen.lines.join('\n'))![1]);
  /** Lets all be read that is to be read, without time for playing. */
  const settle = () => {
    for (let pieces = 0; pieces < 5000 && foot().includes('SEEKING'); pieces++) clock.advance(0);
  };
  const foot = () => screen.lines.at(-1)!;
  return { clock, recording, defects, view, screen, asked, press, player, shown, settle, foot };
}

describe('a replay', () => {
  test('plays ticks at the times they were of, says where it is, and stays at its end', () => {
    const { clock, shown, foot, screen, asked } = play({ ticks: 9 });
    assert.equal(shown(), 0);
    clock.advance(0.4);
    assert.equal(shown(), 0);
    clock.advance(0.2);
    assert.equal(shown(), 1);
    clock.advance(1);
    assert.equal(shown(), 3);
    assert.match(foot(), /^ PLAYING 1\.5s of 4\.0s {3}1× .*Space Pause/);
    assert.match(screen.lines[0]!, /2026-11-24 02:00:01 UTC, 1s$/);
    clock.advance(60);
    assert.equal(shown(), 8);
    assert.match(foot(), /^ END 4\.0s of 4\.0s /);
    assert.deepEqual(asked, []);
  });

  test('pauses on Space and p, and goes on where it was', () => {
    const { clock, shown, foot, press } = play({ ticks: 100 });
    for (const key of [' ', 'p']) {
      clock.advance(1.01);
      press(key);
      const before = shown();
      clock.advance(5);
      assert.equal(shown(), before);
      assert.match(foot(), /^ PAUSED .*Space Play/);
      press(key);
      clock.advance(1.01);
      assert.equal(shown(), before + 2);
    }
  });

  test('is faster and slower by + and -, and as it was by 1', () => {
    const { clock, shown, foot, press } = play({ ticks: 5000 });
    press('+', '+');
    clock.advance(10);
    assert.equal(shown(), 80);
    assert.match(foot(), /PLAYING 40\.0s .* 4× /);
    press('1', '-');
    clock.advance(10.01);
    assert.equal(shown(), 90);
    assert.match(foot(), / 0\.5× /);
    press('-');
    assert.match(foot(), / 0\.5× /);
    press(...Array.from({ length: 12 }, () => '+'));
    assert.match(foot(), / max /);
  });

  test('at its highest speed is as fast as frames can be read, and what it is too slow for is not made up for', () => {
    const { clock, shown, press } = play({ ticks: 20_000, readSeconds: 0.004 });
    press(...Array.from({ length: 8 }, () => '+'));
    clock.advance(2);
    assert.ok(shown() > 100 && shown() < 500, String(shown()));
    press('1');
    const before = shown();
    clock.advance(1.01);
    assert.ok(shown() - before <= 3, `${shown()} after ${before}`);
  });

  test('waits as long as samples were apart, but not for a gap', () => {
    const secondsAt = (tick: number) => (tick < 10 ? 2 * tick : 3600 + 2 * tick);
    const { clock, shown } = play({ ticks: 20, secondsAt });
    clock.advance(2.6);
    assert.equal(shown(), 2);
    clock.advance(16);
    assert.equal(shown(), 10);
    clock.advance(0.5);
    assert.equal(shown(), 11);
    clock.advance(1.5);
    assert.equal(shown(), 11);
    clock.advance(1);
    assert.equal(shown(), 12);
  });

  test('steps by one sample, and stands still then', () => {
    const { clock, shown, foot, press } = play({ ticks: 30 });
    clock.advance(5.01);
    press(',');
    assert.equal(shown(), 9);
    press(',', ',', '.');
    assert.equal(shown(), 8);
    clock.advance(9);
    assert.equal(shown(), 8);
    press('.', '.', '.');
    clock.advance(0);
    assert.equal(shown(), 11);
    assert.match(foot(), /^ PAUSED 5\.5s/);
    press('0', ',');
    assert.match(foot(), /this is the start/);
  });

  test('seeks by 10 s and by a minute, to the start and to the end', () => {
    const { shown, settle, press, foot } = play({ ticks: 1000 });
    press(' ', 'F');
    settle();
    assert.equal(shown(), 120);
    press('f', 'f');
    settle();
    assert.equal(shown(), 160);
    press('b');
    assert.equal(shown(), 140);
    press('B', 'B');
    settle();
    assert.equal(shown(), 0);
    press('G');
    settle();
    assert.equal(shown(), 999);
    assert.match(foot(), /^ END 8m19\.5s of 8m19\.5s/);
    press(' ');
    assert.match(foot(), /this is the end; 0 goes back to the start/);
    press('f');
    settle();
    assert.equal(shown(), 999);
    press('0');
    settle();
    assert.equal(shown(), 0);
  });

  test('goes back among the frames that are kept without reading any', () => {
    const { shown, settle, press, recording } = play({ ticks: 1000 });
    press(' ', 'G');
    settle();
    const { read, passes } = recording;
    press('B', 'b', ',', 'f');
    assert.equal(shown(), 999 - 120 - 1);
    assert.deepEqual([recording.read, recording.passes], [read, passes]);
    press('B', 'B');
    settle();
    assert.equal(shown(), 999 - 120 - 1 - 240);
    assert.deepEqual([recording.read - read, recording.passes], [639, passes + 1]);
  });

  test('answers keys while it seeks, and goes to the last place that was asked for', () => {
    const { clock, foot, press, screen, settle, shown } = play({ ticks: 10_000, readSeconds: 0.001 });
    press(' ', 'G');
    clock.advance(0.1);
    assert.match(foot(), /^ SEEKING \d+\.\ds of 1h23m19\.5s/);
    assert.equal(shown(), 0);
    press('m');
    assert.match(screen.lines.join('\n'), /min\/max\/avg/);
    press('m', 'g', '2', 'm', 'enter');
    settle();
    assert.equal(shown(), 240);
    assert.match(foot(), /^ PAUSED 2m00\.0s/);
  });

  test('shows totals and history as they were then, also after it went back', () => {
    const { press, settle, screen, view } = play({ ticks: 1000 }, 100);
    const page = () => screen.lines.slice(6, -1).join('\n');
    press(' ', 'g', '5', '0', 's', 'enter');
    settle();
    press('down', 'enter');
    const first = page();
    assert.match(first, /101 samples/);
    assert.match(first, /the last 50\.5s/);
    press('f', 'f');
    settle();
    assert.match(page(), /the last 1m1\ds[\s\S]*141 samples/);
    press('b', 'b');
    assert.equal(page(), first);
    press('G');
    settle();
    press('g', '5', '0', 's', 'enter');
    settle();
    assert.equal(page(), first);
    press('z');
    assert.match(page(), /all 50\.5s/);
    view.draw();
  });

  test('keeps fewer frames of many processes, and steps back all the same', () => {
    const { press, settle, shown, recording } = play({ ticks: 5, processes: 20_001 });
    press(' ', 'G');
    settle();
    press(',');
    assert.equal(shown(), 3);
    assert.equal(recording.passes, 1);
    press(',');
    settle();
    assert.equal(shown(), 2);
    assert.equal(recording.passes, 2);
  });

  test('takes no key of a filter that is typed, and leaves the others to the view', () => {
    const { press, foot, asked } = play({ ticks: 9 });
    press(' ', '/', 'f', '0', '.', 'enter');
    assert.match(foot(), /\/f0\. 0 rows/);
    press('escape', 'q');
    assert.deepEqual(asked, ['quit']);
  });

  test('says what it understands where a place is none', () => {
    const { press, foot, shown } = play({ ticks: 9 });
    press(' ', 'g', 'x', 'y', 'backspace');
    assert.match(foot(), /^ Go to \(14:03:20 \(UTC\).*\): x/);
    press('enter');
    assert.match(foot(), /not a time: type 14:03:20/);
    press('g', 'e', 'n', 'd', 'escape', 'g', 'ctrl-u', 'enter');
    assert.equal(shown(), 0);
    assert.doesNotMatch(foot(), /Go to \(/);
  });

  test('lists its keys in place of those of a run', () => {
    const { press, screen } = play({ ticks: 9 });
    screen.rows = 40;
    press('?');
    const page = screen.lines.join('\n');
    assert.match(page, /Space {2}p +play, or pause/);
    assert.match(page, /← → +fold what is below a row/);
    assert.doesNotMatch(page, /print its summary|sampling goes on/);
  });

  test('hands what goes wrong in reading on, and stops', () => {
    const { clock, defects } = play({ ticks: 9, brokenAt: 3 });
    clock.advance(60);
    assert.deepEqual(defects.map(String), ['Error: broken']);
  });

  test('comes to the same frame by whatever way', () => {
    const keys = fc.constantFrom(' ', ',', '.', 'f', 'b', 'F', 'B', '0', 'G', '+', '-', 'wait');
    fc.assert(
      fc.property(fc.array(keys, { maxLength: 40 }), fc.integer({ min: 1, max: 898 }), (way, tick) => {
        const { clock, press, settle, shown, screen } = play({ ticks: 900 });
        for (const key of way) {
          if (key === 'wait') clock.advance(0.3);
          else press(key);
        }
        press('g', ...elapsedText(tick * EVERY), 'enter', '.', ',');
        settle();
        press('.', ',');
        settle();
        press('down', 'enter');
        assert.match(screen.lines.join('\n'), new RegExp(`; ${tick + 1} samples?$`, 'm'));
        press('escape');
        assert.equal(shown(), tick);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a place that is typed', () => {
  const frame = liveFrame({
    unixMillis: START_MILLIS + 60_000,
    run: liveRun({ elapsedSeconds: 60 }),
  });
  const read = (text: string) => readPlace(text, { frame, firstSeconds: 0, lastSeconds: 7200 });
  const elapsed = (value: number): Place => ({ by: 'elapsed', value });
  const clock = (iso: string): Place => ({ by: 'clock', value: Date.parse(iso) });

  test('is a span from the start, or from here with a sign', () => {
    assert.deepEqual(read('90'), elapsed(90));
    assert.deepEqual(read('1h02m03.5s'), elapsed(3723.5));
    assert.deepEqual(read(' 2m '), elapsed(120));
    assert.deepEqual(read('1h 5m'), elapsed(3900));
    assert.deepEqual(read('+1m'), elapsed(120));
    assert.deepEqual(read('-30s'), elapsed(30));
    assert.deepEqual(read('50%'), elapsed(3600));
    assert.deepEqual(read('200%'), elapsed(7200));
  });

  test('is a time in UTC: of the nearest day, or of the one that is named', () => {
    assert.deepEqual(read('02:03:20'), clock('2026-11-24T02:03:20Z'));
    assert.deepEqual(read('2:04'), clock('2026-11-24T02:04:00Z'));
    assert.deepEqual(read('23:59:30.5'), clock('2026-11-23T23:59:30.5Z'));
    assert.deepEqual(read('2026-11-25 01:00'), clock('2026-11-25T01:00:00Z'));
    assert.deepEqual(read('2026-11-25T01:00:00Z'), clock('2026-11-25T01:00:00Z'));
  });

  test('is nothing else', () => {
    for (const text of [
      '',
      ' ',
      '+',
      's',
      'h',
      '25:00',
      '12:60',
      '12:00:60',
      'now',
      '1d',
      '%',
      '2026-13-01 00:00',
    ])
      assert.equal(read(text), null, text);
    assert.equal(readPlace('50%', { frame, firstSeconds: 0, lastSeconds: null }), null);
  });

  test('is read as it is shown', () => {
    fc.assert(
      fc.property(fc.nat(10_000_000), (tenths) => {
        assert.deepEqual(read(elapsedText(tenths / 10)), elapsed(tenths / 10));
      }),
    );
  });
});
