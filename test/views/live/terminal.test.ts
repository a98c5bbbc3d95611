import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Terminal,
  type TerminalInput,
  type TerminalOutput,
} from '../../../src/views/live/terminal/terminal.ts';
import { ManualClock } from '../../sampling/manual-clock.ts';

/** A terminal that takes so many bytes; more may be added. */
class Output implements TerminalOutput {
  readonly columns = 80;
  readonly rows = 24;
  room: number;
  tries = 0;

  constructor(room: number) {
    this.room = room;
  }

  write(bytes: Uint8Array): number {
    this.tries++;
    const taken = Math.min(this.room, bytes.length);
    this.room -= taken;
    return taken;
  }

  on(): void {}
  off(): void {}
}

const INPUT: TerminalInput = { setRawMode() {}, on() {}, off() {}, resume() {}, pause() {} };

function open(room: number) {
  const [clock, output] = [new ManualClock(), new Output(room)];
  let gone = 0;
  const terminal = new Terminal(INPUT, output, {
    clock,
    depth: 'none',
    background: 'dark',
    onInput() {},
    onChange() {},
    onGone: () => gone++,
  });
  terminal.enter();
  return { clock, output, gone: () => gone };
}

test('a terminal that takes nothing for half a minute is gone, which is reported once', () => {
  const { clock, output, gone } = open(3);
  clock.advance(29);
  assert.equal(gone(), 0);
  clock.advance(10);
  assert.equal(gone(), 1);
  // It was not asked all the time: 50 times a second would be 1,500.
  assert.ok(output.tries < 50, `${output.tries} tries`);
  clock.advance(120);
  assert.equal(gone(), 1);
});

test('a terminal that takes a byte now and then is slow, not gone', () => {
  const { clock, output, gone } = open(3);
  for (let minute = 0; minute < 10; minute++) {
    clock.advance(20);
    output.room = 1;
    clock.advance(5);
  }
  assert.equal(gone(), 0);
});
