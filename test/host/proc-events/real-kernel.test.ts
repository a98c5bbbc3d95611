import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../../src/host/clock.ts';
import { causeOwnEvents } from '../../../src/host/netlink/own-events.ts';
import { EVENT_COMM, eventOf, type ProcessEvent } from '../../../src/host/proc-events/process-event.ts';
import { ProcessEventSource } from '../../../src/host/proc-events/process-event-source.ts';
import { skipUnless } from '../../skip.ts';

/** Whether this machine gives process events, or why not. */
const given = await (async (): Promise<true | string> => {
  const source = ProcessEventSource.open(systemClock);
  if (!(source instanceof ProcessEventSource)) return `takes process events of the kernel: ${source.kind}`;
  const failure = await source.verify(() => {});
  source.close();
  return failure === null || `takes process events of the kernel: ${failure.kind}`;
})();

const SCRIPT = fileURLToPath(new URL('./say-outcome.ts', import.meta.url));

function outcomeUnder(...[tool, ...args]: [string, ...string[]]): string {
  return execFileSync(tool, [...args, process.execPath, SCRIPT], { encoding: 'utf8' }).trim();
}

const unshares = spawnSync('unshare', ['-n', 'true']).status === 0 || 'takes root and unshare';

describe("the kernel's process events", skipUnless(given), () => {
  function opened(receiveBytes?: number): ProcessEventSource {
    const source = ProcessEventSource.open(systemClock, receiveBytes === undefined ? {} : { receiveBytes });
    assert.ok(source instanceof ProcessEventSource);
    return source;
  }

  function drained(source: ProcessEventSource): ProcessEvent[] {
    const events: ProcessEvent[] = [];
    source.drain((record, buffer) => void events.push(eventOf(record, buffer)));
    return events;
  }

  it('report the birth, the exec and the end of every process, in this order, between two times of the run', () => {
    const source = opened();
    const before = systemClock.monotonicSeconds();
    const script = 'i=0; while [ $i -lt 200 ]; do /bin/true; i=$((i+1)); done; kill -9 $$';
    const { pid: shell } = spawnSync('/bin/sh', ['-c', script]);
    const after = systemClock.monotonicSeconds();
    const events = drained(source);
    source.close();
    const children = events.flatMap((event) =>
      event.kind === 'fork' && event.parentPid === shell ? [event.pid] : [],
    );
    assert.equal(children.length, 200);
    const own = new Set([shell, ...children]);
    const kinds = Map.groupBy(
      events.filter(({ pid }) => own.has(pid)),
      ({ pid }) => pid,
    );
    for (const pid of children) {
      const lives = kinds.get(pid)!;
      assert.deepEqual(
        lives.map(({ kind }) => kind),
        ['fork', 'exec', 'exit'],
      );
      const times = [before, ...lives.map(({ atSeconds }) => atSeconds), after];
      assert.deepEqual(
        times,
        [...times].sort((a, b) => a - b),
      );
    }
    const end = kinds.get(shell)!.at(-1)!;
    assert.deepEqual(end, {
      ...{ kind: 'exit', atSeconds: end.atSeconds, pid: shell, exitCode: null, signal: 9 },
      parentPid: process.pid,
    });
    assert.equal(source.lost, 0);
  });

  it('are births and ends only if no more is requested', () => {
    const source = ProcessEventSource.open(systemClock, { withPrograms: false }) as ProcessEventSource;
    const { pid } = spawnSync('/bin/sh', ['-c', 'exec /bin/true']);
    const kinds = drained(source).flatMap((event) => (event.pid === pid ? [event.kind] : []));
    source.close();
    assert.deepEqual(kinds, ['fork', 'exit']);
  });

  for (const withPrograms of [true, false]) {
    it(`report the rename of this program ${withPrograms ? 'among' : 'without'} renames of others`, async () => {
      const source = ProcessEventSource.open(systemClock, { withPrograms }) as ProcessEventSource;
      spawnSync('/usr/bin/perl', ['-e', '$0 = "renamed"']);
      causeOwnEvents();
      const renamed: number[] = [];
      const failure = await source.verify(
        ({ kind, pid }) => void (kind === EVENT_COMM && renamed.push(pid)),
        assert.fail,
      );
      source.close();
      assert.equal(failure, null);
      assert.deepEqual(withPrograms || renamed, withPrograms || [process.pid]);
    });
  }

  it('exclude threads', () => {
    const source = opened();
    const code = 'new (require("node:worker_threads").Worker)("", { eval: true })';
    const { pid } = spawnSync(process.execPath, ['-e', code]);
    const kinds = drained(source)
      .filter((event) => event.pid === pid)
      .map(({ kind }) => kind);
    source.close();
    assert.deepEqual(
      kinds.filter((kind) => kind !== 'comm'),
      ['fork', 'exec', 'exit'],
    );
  });

  it('report names with escape codes unchanged', () => {
    const source = opened();
    const { pid } = spawnSync('/usr/bin/perl', ['-e', '$0 = "\\e[2J\\n)("']);
    const names = drained(source).flatMap((event) =>
      event.kind === 'comm' && event.pid === pid ? [event.name] : [],
    );
    source.close();
    assert.deepEqual(names, ['\x1b[2J\n)(']);
  });

  it('count lost ones exactly', () => {
    const source = opened(20_000);
    spawnSync('/bin/sh', ['-c', 'i=0; while [ $i -lt 300 ]; do /bin/true; i=$((i+1)); done']);
    source.drain(() => {});
    const all = source.received + source.lost;
    source.close();
    assert.ok(source.lost > 500, `${source.lost} lost`);
    // Others on this machine come and end, too.
    assert.ok(all >= 903 && all < 3_000, `${all} events of 301 processes`);
  });

  it('are refused in another network namespace', skipUnless(unshares), () => {
    assert.equal(outcomeUnder('unshare', '-n'), 'other-namespace');
    assert.equal(outcomeUnder('env'), 'arrives');
  });

  it('never arrive in another PID namespace, which is detected', skipUnless(unshares), () => {
    assert.equal(outcomeUnder('unshare', '-p', '-f'), 'nothing-arrives');
  });
});
