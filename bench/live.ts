import { parseArgs } from 'node:util';
import { Ledger } from '../src/ledger/ledger.ts';
import type { Usage } from '../src/ledger/measuring/usage.ts';
import { ORIGIN_BASELINE, ProcessColumns, ROW_ALIVE } from '../src/sampling/process-columns.ts';
import type { ProcessIdentity, Sample } from '../src/sampling/sample.ts';
import { LiveView } from '../src/views/live/live-view.ts';
import { LedgerFrames } from '../src/views/live/model/ledger-frames.ts';
import { Terminal, type TerminalInput, type TerminalOutput } from '../src/views/live/terminal/terminal.ts';
import { describeMachine } from './machine.ts';
import { shown, spreadOf } from './spread.ts';

const usage = `node bench/live.ts [--processes 5000] [--columns 200] [--rows 50] [--frames 200]

Measures the live view in one process, with simulated processes and the program's own code: CPU of a frame (model, drawing
and bytes for the terminal; booking of the sample is not included), bytes per frame, and the time from a key to the last
byte of its answer. Prints Markdown.`;

const options = {
  processes: { type: 'string', default: '5000' },
  columns: { type: 'string', default: '200' },
  rows: { type: 'string', default: '50' },
  frames: { type: 'string', default: '200' },
  help: { type: 'boolean' },
} as const;
const WARM_UP_FRAMES = 40;
const TICK_SECONDS = 0.5;

/** Samples of one unit, in which one process in `busyEvery` uses CPU and bytes: its own share of a tick, never the same. */
class MadeUpUnit {
  readonly #busyEvery: number;
  readonly #identities: ProcessIdentity[];
  readonly #slots: Int32Array;
  #rows: ProcessColumns;
  #other: ProcessColumns;
  #tick = -1;

  constructor(processes: number, busyEvery: number) {
    this.#busyEvery = busyEvery;
    this.#rows = new ProcessColumns(processes);
    this.#other = new ProcessColumns(processes);
    this.#slots = Int32Array.from({ length: processes }, (_, slot) => slot);
    this.#identities = Array.from({ length: processes }, (_, slot) => ({
      serial: slot + 1,
      pid: 1000 + slot,
      startTicks: slot,
      bornAtSeconds: -60,
      startedUnixMillis: 0,
      name: `worker-${slot % 37}`,
      title: null,
      executable: 'worker',
      command: null,
      subCgroup: '',
    }));
  }

  sample(): Sample {
    const tick = ++this.#tick;
    const rows = this.#other;
    this.#other = this.#rows;
    this.#rows = rows;
    rows.copyFrom(this.#other);
    for (const slot of this.#slots) {
      if (tick === 0) this.#begin(rows, slot);
      if (slot % this.#busyEvery !== 0) continue;
      rows.cpuNanos[slot]! += 1e5 * ((slot * 7919 + tick * 104_729) % 997);
      rows.memoryBytes[slot] = 1e6 + 4096 * ((slot * 31 + tick * 17) % 4001);
      rows.writeBytes[slot]! += 4096 * ((slot + tick) % 5);
      rows.readChars[slot]! += 1000 * ((slot + tick * 3) % 101);
    }
    const changed = this.#slots.filter((slot) => rows.differsFrom(this.#other, slot));
    return {
      tick,
      atSeconds: tick * TICK_SECONDS,
      unixMillis: tick * TICK_SECONDS * 1000,
      units: UNITS,
      origins: ORIGINS,
      instances: [],
      ended: [null],
      outsideParents: [],
      rows,
      slots: this.#slots,
      count: this.#slots.length,
      changed,
      changedCount: changed.length,
      identities: this.#identities,
      details: null,
    };
  }

  #begin(rows: ProcessColumns, slot: number): void {
    rows.begin(slot, slot + 1, 1000 + slot, 0);
    rows.state[slot] = ROW_ALIVE;
    rows.origin[slot] = ORIGIN_BASELINE;
    // A tree that is some levels deep.
    rows.ppid[slot] = slot === 0 ? 1 : 1000 + Math.floor((slot - 1) / 8);
    rows.memoryBytes[slot] = 1e6;
    rows.threads[slot] = 1 + (slot % 9);
    for (const column of COUNTERS) rows[column][slot] = 0;
  }
}

const UNITS = ['many.service'];
const ORIGINS = [{ serial: 1, kind: 'named', pattern: null }] as const;
const COUNTERS = [
  'cpuNanos',
  'reapedNanos',
  'readBytes',
  'writeBytes',
  'cancelledWriteBytes',
  'readChars',
  'writeChars',
] as const;

/** A terminal that takes all at once, and counts it. */
class CountingTerminal implements TerminalInput, TerminalOutput {
  written = 0;
  readonly columns: number;
  readonly rows: number;
  #type: (bytes: Uint8Array) => void = () => {};

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  write(bytes: Uint8Array): number {
    this.written += bytes.length;
    return bytes.length;
  }

  on(event: string, take: (bytes: Uint8Array) => void): void {
    if (event === 'data') this.#type = take;
  }

  type(key: string): void {
    this.#type(Buffer.from(key));
  }

  off(): void {}
  setRawMode(): void {}
  resume(): void {}
  pause(): void {}
}

interface Measured {
  readonly name: string;
  readonly cpuMillis: readonly number[];
  readonly bytes: readonly number[];
  readonly keyMillis: readonly number[];
}

/** The keys of a case are typed before it is measured; then one key is answered after each frame. */
function measure(name: string, keys: string, busyEvery: number, size: Size): Measured {
  const unit = new MadeUpUnit(size.processes, busyEvery);
  const ledger = new Ledger();
  const frames = new LedgerFrames(ledger);
  const device = new CountingTerminal(size.columns, size.rows);
  const clock = { now: () => 0, after: () => () => {} };
  const terminal: Terminal = new Terminal(device, device, {
    clock: clock as never,
    depth: 'true',
    background: 'dark',
    onInput: (inputs) => view.take(inputs),
    onChange: () => view.draw(),
    onGone: () => {},
  });
  const view = new LiveView(terminal, { onQuit: () => {}, onSuspend: () => {} });
  terminal.enter();
  const measured: Measured & { cpuMillis: number[]; bytes: number[]; keyMillis: number[] } = {
    name,
    cpuMillis: [],
    bytes: [],
    keyMillis: [],
  };
  for (let frame = 0; frame < WARM_UP_FRAMES + size.frames; frame++) {
    const usage = ledger.book(unit.sample());
    const before = device.written;
    const cpuMillis = showFrame(frames, view, usage);
    const bytes = device.written - before;
    if (frame === 0) device.type(keys);
    const startedAt = performance.now();
    device.type(KEYS_TYPED[frame % KEYS_TYPED.length]!);
    const keyMillis = performance.now() - startedAt;
    if (frame < WARM_UP_FRAMES) continue;
    measured.cpuMillis.push(cpuMillis);
    measured.bytes.push(bytes);
    measured.keyMillis.push(keyMillis);
  }
  terminal.leave();
  return measured;
}

/** Down, down, up, page down, page up: the order of rows stays as the case has it. */
const KEYS_TYPED = ['\x1b[B', '\x1b[B', '\x1b[A', '\x1b[6~', '\x1b[5~'];

function showFrame(frames: LedgerFrames, view: LiveView, usage: Usage): number {
  const before = process.cpuUsage();
  view.show(
    frames.frameOf(usage, {
      elapsedSeconds: usage.atSeconds,
      remainingSeconds: null,
      everySeconds: TICK_SECONDS,
      missedTicks: 0,
      delivery: null,
    }),
  );
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

type Size = Readonly<Record<'processes' | 'columns' | 'rows' | 'frames', number>>;

const { values } = parseArgs({ options });
if (values.help) {
  console.log(usage);
} else {
  const [processes, columns, rows, frames] = [
    values.processes,
    values.columns,
    values.rows,
    values.frames,
  ].map(Number) as [number, number, number, number];
  const size = { processes, columns, rows, frames };
  const all = [
    measure('flat, all busy', '', 1, size),
    measure('flat, one in ten busy', '', 10, size),
    measure('flat, none busy', '', Number.POSITIVE_INFINITY, size),
    measure('tree, all busy', 't', 1, size),
    measure('min/max/avg, all busy', 'm', 1, size),
    measure('filtered, all busy', '/worker-7\r', 1, size),
  ];
  console.log(`${processes} processes, ${columns} × ${rows}, ${frames} frames\n`);
  for (const [name, value] of describeMachine(undefined)) console.log(`- ${name}: ${value}`);
  console.log('\nMedian (smallest to largest):\n');
  console.log('| | CPU of a frame, ms | bytes of a frame | key to answer, ms |');
  console.log('| --- | --- | --- | --- |');
  for (const { name, cpuMillis, bytes, keyMillis } of all) {
    const cells = [shown(spreadOf(cpuMillis), 1), shown(spreadOf(bytes), 0), shown(spreadOf(keyMillis), 1)];
    console.log(`| ${[name, ...cells].join(' | ')} |`);
  }
}
