import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Input } from '../../../src/views/live/terminal/keys.ts';
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

function open(room: number) {
  const [clock, output] = [new ManualClock(), new Output(room)];
  let gone = 0;
  const inputs: Input[] = [];
  let take = (_bytes: Uint8Array) => {};
  const input: TerminalInput = {
    setRawMode() {},
    on(event: string, listener: (bytes: Uint8Array) => void) {
      if (event === 'data') take = listener;
    },
    off() {},
    resume() {},
    pause() {},
  };
  const terminal = new Terminal(input, output, {
    clock,
    depth: 'none',
    background: 'dark',
    onInput: (read) => inputs.push(...read),
    onChange() {},
    onGone: () => gone++,
  });
  terminal.enter();
  return { clock, output, inputs, gone: () => gone, send: (text: string) => take(Buffer.from(text)) };
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

test('a terminal that answered, and answers no more, is gone within 50 s though all is read', () => {
  const { clock, gone, send } = open(Number.POSITIVE_INFINITY);
  for (let asked = 0; asked < 20; asked++) {
    clock.advance(15);
    send('\x1b[0n');
  }
  assert.equal(gone(), 0);
  clock.advance(30);
  assert.equal(gone(), 0);
  clock.advance(20);
  assert.equal(gone(), 1);
  clock.advance(300);
  assert.equal(gone(), 1);
});

test('a terminal that never answers is left alone, and so is one whose answers are late', () => {
  const silent = open(Number.POSITIVE_INFINITY);
  silent.clock.advance(3600);
  assert.equal(silent.gone(), 0);
  const late = open(Number.POSITIVE_INFINITY);
  for (let asked = 0; asked < 20; asked++) {
    late.clock.advance(25);
    late.send('\x1b[0n');
  }
  assert.equal(late.gone(), 0);
});

test('a paste may have pauses, and what is in it is no key', () => {
  const { clock, inputs, send } = open(Number.POSITIVE_INFINITY);
  send('\x1b[200~a ');
  clock.advance(1);
  send('quit\x1b[201~');
  clock.advance(10);
  assert.deepEqual(inputs, [{ kind: 'paste', text: 'a quit' }]);
});

test('a click or an answer may come in two pieces, and what comes late is no key', () => {
  const { clock, inputs, send } = open(Number.POSITIVE_INFINITY);
  for (const [first, rest] of [
    ['\x1b[<0;10', ';5m'],
    ['\x1b[0', 'n'],
    ['\x1b]11;rgb:', 'ffff/ffff/ffff\x07'],
  ] as const) {
    send(first);
    clock.advance(1);
    send(rest);
    clock.advance(10);
  }
  assert.deepEqual(inputs, []);
  send('\x1b');
  clock.advance(0.1);
  assert.deepEqual(inputs, [{ kind: 'key', key: 'escape' }]);
});
