import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { skipUnless } from '../../skip.ts';
import {
  blackHole,
  drip,
  type Fault,
  FaultProxy,
  loseAnswer,
  type ProxiedRequest,
  partialSuccess,
  pass,
  reset,
  slow,
  status,
} from '../fault-proxy.ts';
import {
  type OtlpReceiver,
  otlpReceiverAvailable,
  type ReceivedRequest,
  startOtlpReceiver,
} from '../otlp-receiver.ts';
import { pointsOf } from '../otlp-request.ts';
import { documentOf, logOf, type Running, startUnitledger, until } from './unitledger.ts';

const EXPORT_SECONDS = 0.25;
/** Longer than a collector on a busy machine takes to answer. */
const TIMEOUT_SECONDS = 3;

describe('delivery to a collector that fails', skipUnless(otlpReceiverAvailable()), () => {
  let receiver: OtlpReceiver;
  let proxy: FaultProxy;
  let spool: string;

  beforeEach(async () => {
    receiver = await startOtlpReceiver();
    proxy = await FaultProxy.start(receiver.endpoint);
    spool = mkdtempSync(join(tmpdir(), 'unitledger-spool-'));
  });

  afterEach(async () => {
    await proxy.close();
    await receiver.stop();
    rmSync(spool, { recursive: true, force: true });
  });

  const waiting = () => readdirSync(spool).filter((name) => name.endsWith('.json'));

  function start(...args: readonly string[]): Running {
    const times = ['--interval', '0.1', '--export-interval', `${EXPORT_SECONDS}`];
    const bounds = ['--export-timeout', `${TIMEOUT_SECONDS}`, '--shutdown-timeout', '20'];
    const environment = {
      UNITLEDGER_EXPORT: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: proxy.endpoint,
      // Windows in the spool are lines that the tests can read.
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    };
    const what = ['--pid', String(process.pid), '--summary', 'json', '--spool-dir', spool];
    return startUnitledger([...what, ...times, ...bounds, ...args], { environment, longestSeconds: 300 });
  }

  /** Waits for so many more requests to the proxy. */
  async function requests(more: number): Promise<void> {
    const wanted = proxy.requests.length + more;
    await until(
      () => proxy.requests.length >= wanted,
      () => `${more} requests`,
      40,
    );
  }

  /** Waits until all that was produced has been taken. */
  async function drained(): Promise<void> {
    await until(
      () => waiting().length === 0,
      () => `an empty spool: ${waiting().length} windows`,
      40,
    );
  }

  /** Fails for a while, then does not: with the first success the pauses between tries are short again. */
  async function fails(fault: Fault, tries: number): Promise<void> {
    proxy.fault = fault;
    await requests(tries);
    proxy.fault = pass;
    await drained();
    await requests(1);
  }

  test('every window arrives in order, once unless an answer was lost, over faults, restarts and SIGKILL', async () => {
    const received: ReceivedRequest[] = [];
    const first = start();
    await requests(3);

    await proxy.close();
    await until(
      () => waiting().length >= 6,
      () => 'windows in the spool',
    );
    await proxy.open();
    await drained();

    await fails(reset, 2);
    await fails(status(503), 2);
    await fails(status(429, { 'retry-after': '1' }), 1);
    await fails(status(500), 2);
    await fails(loseAnswer, 2);
    await fails(slow(2 * EXPORT_SECONDS * 1000), 2);
    await fails(partialSuccess(2, 'stale'), 2);
    await fails(drip, 1);

    // The collector restarts: what comes meanwhile finds nobody. Before that, all that it took has been told.
    proxy.fault = status(503);
    await requests(1);
    received.push(...(await receiver.waitFor(takenBy(proxy).length)));
    await receiver.stop();
    proxy.fault = pass;
    await requests(2);
    receiver = await startOtlpReceiver();
    proxy.leadTo(receiver.endpoint);
    await drained();

    // The program is killed while windows wait and one is on its way.
    proxy.fault = blackHole;
    await requests(1);
    await until(
      () => waiting().length >= 4,
      () => 'windows in the spool',
    );
    first.signal('SIGKILL');
    await first.ended;
    const left = waiting().map((name) => readFileSync(join(spool, name), 'utf8'));
    proxy.fault = pass;

    const before = acknowledgedBy(proxy);
    const second = start();
    await until(
      () => acknowledgedBy(proxy) >= before + left.length + 3,
      () => 'what was left, and more',
      40,
    );
    second.signal('SIGINT');
    const ended = await second.ended;
    const { delivered, failed, spooled } = documentOf(ended).export!;
    assert.deepEqual([failed, spooled], [0, 0]);
    assert.deepEqual(waiting(), []);

    const taken = takenBy(proxy);
    received.push(...(await receiver.waitFor(taken.length - received.length)));
    assert.equal(received.length, taken.length);
    assert.ok(delivered >= left.length + 3);

    // What was in the spool has come as the bytes that stood there.
    const bodies = new Set(taken.map(({ body }) => `${body}\n`));
    for (const window of left) assert.ok(bodies.has(window));

    // Twice only where the answer was lost, and then the same bytes, one right after the other.
    const once = taken.filter(({ digest }, place) => digest !== taken[place - 1]?.digest);
    assert.equal(new Set(once.map(({ digest }) => digest)).size, once.length);
    for (const { digest } of once) {
      const same = taken.filter((other) => other.digest === digest);
      const told = same.map((request) => [proxy.requests.indexOf(request), request.acknowledged]);
      assert.ok(
        same.slice(0, -1).every(({ acknowledged }) => !acknowledged),
        JSON.stringify(told),
      );
    }
    assert.ok(taken.length - once.length >= 2);

    // Each window begins where the one before ended: none is missing but between two lives of the program.
    const windows = received
      .filter((_, place) => taken[place]!.digest !== taken[place - 1]?.digest)
      .map(({ body }) => timesOf(body));
    const breaks = windows.filter(
      ({ start: begin }, place) => place > 0 && begin !== windows[place - 1]!.end,
    );
    assert.equal(breaks.length, 1, JSON.stringify(windows));
    const ends = windows.map(({ end }) => end);
    assert.deepEqual(
      ends,
      ends.toSorted((a, b) => a - b),
    );
    assert.ok(windows.length >= 40, `${windows.length} windows`);
  });

  test('windows that a collector rejects are quarantined unchanged, and do not delay others', async () => {
    const program = start();
    proxy.fault = status(400, {}, 'not \x1b this one');
    await requests(1);
    proxy.fault = pass;
    await requests(2);
    program.signal('SIGINT');
    const ended = await program.ended;
    const refused = proxy.requests.filter(({ taken }) => !taken).map(({ body }) => `${body}\n`);
    const aside = readdirSync(join(spool, 'set-aside')).sort();
    assert.deepEqual(
      aside.map((name) => readFileSync(join(spool, 'set-aside', name), 'utf8')),
      refused,
    );
    const { delivered, failed, spooled } = documentOf(ended).export!;
    assert.deepEqual([delivered, failed, spooled], [takenBy(proxy).length, refused.length, 0]);
    const lost = logOf(ended.stderr).filter(({ level }) => level === 'warn');
    assert.deepEqual(
      lost.map(({ msg }) => msg),
      [
        `collector ${proxy.endpoint}/v1/metrics rejected 1 window: HTTP 400: not \\x1b this one; kept in set-aside/ of the spool`,
      ],
    );
  });

  test(
    'a spool that fills its disk loses nothing: windows are buffered in memory, which is logged once',
    skipUnless(mayMount()),
    async () => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'unitledger', spool]);
      try {
        proxy.fault = status(503);
        const program = start();
        await program.says('spool directory not writable: ENOSPC; buffering metrics in memory');
        await requests(1);
        proxy.fault = pass;
        await program.says('accepts metrics again');
        await program.says('spool directory writable again');
        // Until then the windows that were buffered in memory may fill the disk again.
        await drained();
        program.signal('SIGINT');
        const ended = await program.ended;
        const { delivered, failed, spooled } = documentOf(ended).export!;
        assert.deepEqual([delivered, failed, spooled], [takenBy(proxy).length, 0, 0]);
        const windows = (await receiver.waitFor(delivered)).map(({ body }) => timesOf(body));
        const chained = windows.every(
          ({ start: begin }, place) => place === 0 || begin === windows[place - 1]!.end,
        );
        assert.ok(chained, JSON.stringify(windows));
        const full = logOf(ended.stderr).filter(({ msg }) => msg.includes('not writable'));
        assert.equal(full.length, 1);
        assert.equal(full[0]!.reason, 'ENOSPC');
      } finally {
        execFileSync('umount', ['--lazy', spool]);
      }
    },
  );

  test('an unusable spool is rejected in one sentence, and so is one that is in use', async () => {
    const file = join(spool, 'file');
    writeFileSync(file, '');
    const refused = await start('--spool-dir', file).ended;
    assert.equal(refused.code, 2);
    assert.equal(
      refused.stderr,
      `unitledger: --spool-dir "${file}" cannot be used: it is not a directory.\n`,
    );

    const first = start();
    await first.watches(process.pid);
    await requests(1);
    const second = await start().ended;
    assert.equal(second.code, 2);
    assert.equal(
      second.stderr,
      `unitledger: --spool-dir "${spool}" is in use by another unitledger; each needs a directory of its own.\n`,
    );
    first.signal('SIGINT');
    const ended = await first.ended;
    assert.equal(documentOf(ended).export!.failed, 0);
    // What is not the program's is left alone, and said.
    assert.ok(logOf(ended.stderr).some(({ msg }) => msg === `ignored foreign files in ${spool}: file`));
    assert.ok(readdirSync(spool).includes('file'));
  });
});

/** Whether this process may mount a file system of its own. */
function mayMount(): true | string {
  const place = mkdtempSync(join(tmpdir(), 'unitledger-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'unitledger', place], { stdio: 'ignore' });
    execFileSync('umount', [place]);
    return true;
  } catch {
    return 'a disk of its own needs root and the right to mount';
  } finally {
    rmSync(place, { recursive: true });
  }
}

/** What the collectors behind a proxy took, in order. */
function takenBy({ requests }: FaultProxy): ProxiedRequest[] {
  return requests.filter(({ taken }) => taken);
}

/** How many of those the program was told of. */
function acknowledgedBy(proxy: FaultProxy): number {
  return takenBy(proxy).filter(({ acknowledged }) => acknowledged).length;
}

/** When the window of a request began and ended. */
function timesOf(body: ReceivedRequest['body']): { readonly start: number; readonly end: number } {
  const points = pointsOf(body);
  const ends = new Set(points.map(({ unixMillis }) => unixMillis));
  assert.equal(ends.size, 1, 'one time a window');
  const gauge = points.find(({ name }) => name === 'unitledger.unit.process.count');
  assert.ok(gauge);
  return { start: gauge.startUnixMillis, end: gauge.unixMillis };
}
