import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunDocument } from '../../../src/ledger/document/run-document.ts';
import { allPointsOf, type ExportRequest } from '../otlp-request.ts';
import { documentOf, logOf, rowOf, runUnitledger, startUnitledger, unitOf } from './unitledger.ts';

const folder = mkdtempSync(join(tmpdir(), 'unitledger-times-'));
after(() => rmSync(folder, { recursive: true }));

const own = String(process.pid);

function lengthOf({ startedAt, endedAt }: RunDocument): number {
  return (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
}

/** Of a run of so many seconds, every sample that was due was taken or is counted as missed, and the last ended it. */
function assertSamples(document: RunDocument, expected: number, seconds: number): void {
  assert.equal(
    document.samples + document.missedSamples,
    expected,
    JSON.stringify({ ...document, units: [] }),
  );
  // Timers fire up to 1 ms early, and late on a busy machine.
  const length = lengthOf(document);
  assert.ok(length >= seconds - 0.005 && length < seconds + 1, `${length} s`);
}

/** A module that has the wall clock of the program jump, a second after it started. */
function jumpBy(seconds: number): (command: readonly string[]) => readonly string[] {
  const file = join(folder, `jump${seconds}.mjs`);
  writeFileSync(
    file,
    `const now = Date.now; const started = performance.now();
    Date.now = () => now() + (performance.now() - started > 1500 ? ${seconds * 1000} : 0);\n`,
  );
  return ([node, ...rest]) => [node!, '--import', file, ...rest];
}

describe('the times of a run', () => {
  for (const { interval, duration, samples } of [
    { interval: 0.2, duration: 0.6, samples: 4 },
    { interval: 0.5, duration: 1.2, samples: 4 },
    { interval: 5, duration: 0.3, samples: 2 },
    { interval: 0.02, duration: 1, samples: 51 },
  ]) {
    test(`contain ${samples} samples of ${duration} s every ${interval} s, the last at the end`, async () => {
      const times = ['--interval', String(interval), '--duration', String(duration)];
      const document = documentOf(await runUnitledger([...times, '--pid', own, '--summary', 'json']));
      assertSamples(document, samples, duration);
    });
  }

  test('count the samples missed by a stop of the program', async () => {
    const times = ['--interval', '0.1', '--duration', '3'];
    const run = startUnitledger([...times, '--pid', own, '--summary', 'json']);
    await run.watches(process.pid);
    await sleep(700);
    run.signal('SIGSTOP');
    await sleep(1000);
    run.signal('SIGCONT');
    const document = documentOf(await run.ended);
    assertSamples(document, 31, 3);
    assert.ok(document.missedSamples >= 8, `${document.missedSamples} missed`);
  });

  test('agree in two runs on the start of a process, and on its duration', async () => {
    const args = ['--interval', '0.1', '--duration', '0.2', '--pid', own, '--summary', 'json'];
    const documents = [documentOf(await runUnitledger(args))];
    await sleep(300);
    documents.push(documentOf(await runUnitledger(args)));
    const [first, second] = documents.map((each) => rowOf(unitOf(each, `pid:${own}`), process.pid));
    assert.equal(first!.startedAt, second!.startedAt);
    const apart = second!.livedSeconds! - first!.livedSeconds!;
    const wanted = (Date.parse(documents[1]!.endedAt) - Date.parse(documents[0]!.endedAt)) / 1000;
    assert.ok(Math.abs(apart - wanted) < 0.05, `${apart} s, and ${wanted} s between the runs`);
  });

  for (const seconds of [-3600, 86_400]) {
    test(`are correct when the wall clock jumps by ${seconds} s`, async () => {
      const file = join(folder, `jump${seconds}.ulr`);
      const times = ['--interval', '0.1', '--export-interval', '0.3', '--duration', '2.5'];
      const args = [...times, '--record', file, '--pid', own, '--summary', 'json'];
      const ended = await runUnitledger(args, { by: jumpBy(seconds) });
      const document = documentOf(ended);
      assertSamples(document, 26, 2.5);
      const size = Math.abs(seconds).toFixed(1);
      const jumps = logOf(ended.stderr).filter(({ msg }) => msg.includes(`${size} s`));
      assert.equal(jumps.length, 1, ended.stderr);
      const replay = await runUnitledger(['replay', '--to', 'otlpjson', file]);
      const requests = replay.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as ExportRequest);
      const latest = new Map<string, bigint>();
      let points = 0;
      for (const request of requests) {
        for (const { name, raw, attributes, value: measured } of allPointsOf(request)) {
          const start = BigInt(raw.startTimeUnixNano ?? 0);
          const time = BigInt(raw.timeUnixNano);
          const series = `${name} ${JSON.stringify(attributes)}`;
          const value = JSON.stringify(raw);
          assert.ok(measured > 0 ? start < time : start <= time, `${series}: ${value}`);
          assert.ok(time >= (latest.get(series) ?? 0n), `${series} went back: ${value}`);
          latest.set(series, time);
          points++;
        }
      }
      assert.ok(requests.length >= 5 && points > 100, `${requests.length} windows, ${points} points`);
      const again = await runUnitledger(['replay', '--summary', 'json', file]);
      assert.equal(again.stdout, ended.stdout);
    });
  }
});
