import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KernelEvents } from '../../src/commands/track/kernel-events.ts';
import type { Host } from '../../src/host/host.ts';
import type { ExitRecordsMode } from '../../src/sampling/choices.ts';
import { ExitRecords } from '../../src/sampling/exit-records.ts';
import { ProcessEvents } from '../../src/sampling/process-events.ts';
import type { Sample } from '../../src/sampling/sample.ts';
import type { Log } from '../../src/text/log.ts';

const CLOCK = { monotonicSeconds: () => 0, unixMillis: () => 0, after: () => () => {} };
const HOST = {} as Host;

/** Sources that a test counts up, of a kernel that gives both or neither. */
function told(
  mode: ExitRecordsMode,
  {
    arrives = true,
    opens = true,
    atAnyCost = false,
    seesSigns = false,
    microsOfExit = 5,
    microsOfEvent = 1.5,
  } = {},
) {
  let cpuMicros = 0;
  let [newRecords, newEvents] = [0, 0];
  const logged: string[] = [];
  const log = {
    debug: (fields: { failure?: string }) => void logged.push(`debug ${fields.failure}`),
    warn: (_: object, text: string) => void logged.push(`warn ${text}`),
  } as unknown as Log;
  const verified = arrives ? null : ({ kind: 'nothing-arrives' } as const);
  const verify = async (child: () => Promise<number>) => {
    if (!seesSigns) await child();
    return verified;
  };
  const records = Object.create(ExitRecords.prototype, {
    received: { value: 0, writable: true },
    lost: { value: 0, writable: true },
    verify: { value: verify },
    drain: {
      value: () => {
        cpuMicros += newRecords * microsOfExit;
        return { exits: [], lostShare: 0 };
      },
    },
    close: { value: () => void closed.push('records') },
  }) as { -readonly [K in 'received' | 'lost']: number } & ExitRecords;
  const events = Object.create(ProcessEvents.prototype, {
    received: { value: 0, writable: true },
    lost: { value: 0, writable: true },
    verify: { value: verify },
    drain: {
      value: () => {
        cpuMicros += newEvents * microsOfEvent;
        return { events: [], lost: events.lost };
      },
    },
    skip: { value: () => {} },
    close: { value: () => void closed.push('events') },
  }) as { -readonly [K in 'received' | 'lost']: number } & ProcessEvents;
  const closed: string[] = [];
  let [own, children] = [0, 0];
  const kernel = new KernelEvents(mode, HOST, CLOCK, log, {
    atAnyCost,
    cpuSeconds: () => cpuMicros / 1e6,
    openRecords: () => (opens ? records : { kind: 'no-capability' }),
    openEvents: () => (opens ? events : { kind: 'no-capability' }),
    causeEvents: () => void own++,
    endOfChild: () => {
      children++;
      return Promise.resolve(0);
    },
  });
  let atSeconds = 0;
  /** A sample every second, with so many more records and events. */
  const tick = (exits = 0, eventsOfExits = 0) => {
    newRecords = exits;
    newEvents = eventsOfExits;
    records.received += newRecords;
    events.received += newEvents;
    cpuMicros += 1e6;
    return { exits: kernel.drainExits(), events: kernel.drainEvents({ atSeconds: atSeconds++ } as Sample) };
  };
  const started = () => ({ own, children });
  return { kernel, records, events, logged, closed, tick, started };
}

describe('exit records and process events of a run', () => {
  it('are found to arrive by one child for both', async () => {
    const { kernel, logged, started, tick } = told('auto');
    await kernel.ready;
    tick(3, 9);
    assert.deepEqual(logged, []);
    assert.deepEqual(started(), { own: 1, children: 1 });
    assert.deepEqual(kernel.recordCounts, { received: 3, lost: 0 });
    assert.deepEqual(kernel.eventCounts, { received: 9, lost: 0 });
  });

  it('are found to arrive without a child if the events of this program do', async () => {
    const { kernel, logged, started } = told('auto', { seesSigns: true });
    await kernel.ready;
    assert.deepEqual([logged, started()], [[], { own: 1, children: 0 }]);
  });

  it('are not looked for where they are switched off', async () => {
    const { kernel, logged, started } = told('off');
    await kernel.ready;
    assert.deepEqual(started(), { own: 0, children: 0 });
    assert.deepEqual([logged, kernel.recordCounts, kernel.eventCounts], [[], null, null]);
  });

  for (const [why, kernelGives] of [
    ['refuses them', { opens: false }],
    ['sends none', { arrives: false }],
  ] as const) {
    it(`are missed in silence where the kernel ${why} and nobody asked for them`, async () => {
      const { kernel, logged } = told('auto', kernelGives);
      await kernel.ready;
      assert.equal(logged.filter((line) => line.startsWith('warn')).length, 0);
      assert.equal(logged.length, 2);
      assert.deepEqual([kernel.recordCounts, kernel.eventCounts], [null, null]);
    });

    it(`are missed with one warning where the kernel ${why} and they were asked for`, async () => {
      const { kernel, logged } = told('on', kernelGives);
      await kernel.ready;
      const warnings = logged.filter((line) => line.startsWith('warn'));
      assert.equal(warnings.length, 1);
      assert.match(warnings[0]!, /^warn --exit-records: short-lived processes have no names in this run: /);
    });
  }

  it('are stopped where reading them took more than 2% of a core over ten seconds, which is logged once', async () => {
    const { kernel, logged, closed, tick } = told('auto');
    await kernel.ready;
    tick();
    for (let i = 0; i < 9; i++) tick(5000, 15_000);
    assert.deepEqual(logged, []);
    tick(5000, 15_000);
    assert.equal(logged.length, 1);
    assert.match(
      logged[0]!,
      /^warn --exit-records=auto: reading 5000 exits a second took 4\.[78]% of a core; stopped reading: /,
    );
    assert.equal(kernel.stoppedAtSeconds, 10);
    assert.deepEqual(closed, ['records', 'events']);
    for (let i = 0; i < 20; i++) {
      const { exits, events } = tick(5000, 15_000);
      assert.deepEqual([exits.lostShare, events.lost > 0], [1, true]);
    }
    assert.equal(logged.length, 1);
    assert.deepEqual(kernel.recordCounts, { received: 50_000, lost: 0 });
    assert.deepEqual(kernel.eventCounts, { received: 150_000, lost: 0 });
  });

  it('go on over a storm that is shorter, at 500 exits a second for ever, and at any rate if they were asked for', async () => {
    for (const [mode, rates] of [
      ['auto', [0, 9000, 9000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
      ['auto', Array.from({ length: 60 }, () => 500)],
      ['on', Array.from({ length: 30 }, () => 20_000)],
    ] as const) {
      const { kernel, logged, closed, tick } = told(mode);
      await kernel.ready;
      for (const rate of rates) tick(rate, 3 * rate);
      assert.deepEqual([logged, closed, kernel.stoppedAtSeconds], [[], [], null]);
    }
  });

  it('are judged by what reading them took, not by their number', async () => {
    const cheap = told('auto', { microsOfExit: 1, microsOfEvent: 0.3 });
    const dear = told('auto', { microsOfExit: 20, microsOfEvent: 5 });
    for (const { kernel, tick } of [cheap, dear]) {
      await kernel.ready;
      for (let i = 0; i < 30; i++) tick(2000, 6000);
    }
    assert.deepEqual([cheap.kernel.stoppedAtSeconds, dear.kernel.stoppedAtSeconds], [null, 10]);
  });

  it('go on at any rate where spans are made of them', async () => {
    const { kernel, logged, closed, tick } = told('auto', { atAnyCost: true });
    await kernel.ready;
    for (let i = 0; i < 30; i++) tick(20_000, 60_000);
    assert.deepEqual([logged, closed], [[], []]);
  });

  it('that are lost are logged once each', async () => {
    const { kernel, records, events, logged, tick } = told('auto');
    await kernel.ready;
    tick();
    records.lost = 5;
    events.lost = 7;
    tick();
    tick();
    assert.equal(logged.length, 2);
    assert.match(logged[0]!, /lost 5 exit records/);
    assert.match(logged[1]!, /lost 7 process events/);
  });
});
