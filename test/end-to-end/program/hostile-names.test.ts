import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { RunDocument } from '../../../src/ledger/document/run-document.ts';
import { skipUnless } from '../../skip.ts';
import { otlpReceiverAvailable, startOtlpReceiver } from '../otlp-receiver.ts';
import { pointsOf } from '../otlp-request.ts';
import { bootSystemd, type SystemdLab, skipLab } from '../systemd/lab.ts';
import { HOSTILE_NAMES, hostileNames, installPayload, startPrepared } from '../systemd/units.ts';
import { readUnit } from '../truth.ts';
import { documentOf, type Ended, logOf, runUnitledger, until } from './unitledger.ts';

/** What a terminal would obey: C0 but the line feed, DEL, C1. */
const CONTROL = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/;
/** What it would obey by the direction of its text, or break lines at. */
const FORMAT = /[\p{Cf}\p{Zl}\p{Zp}]/u;

describe('unitledger with hostile process names', { skip: skipLab() }, () => {
  let lab: SystemdLab;
  let args: readonly string[];

  before(
    async () => {
      lab = await bootSystemd();
      await installPayload(lab);
      await startPrepared(lab, hostileNames);
      const cgroup = (await lab.cgroupOf(hostileNames.name))!;
      const wanted = new Set(HOSTILE_NAMES.map((name) => name.toString('latin1')));
      await until(
        async () => {
          const found = [...(await readUnit(cgroup)).processes.values()];
          return new Set(found.map(({ comm }) => comm.toString('latin1'))).isSupersetOf(wanted);
        },
        () => 'all names',
      );
      const times = ['--interval', '0.2', '--duration', '0.7'];
      const shown = ['--show-cmdline', '--summary-rows', 'all', '--log-summary', 'processes'];
      args = ['--cgroup-root', lab.cgroupRoot, '--service', hostileNames.name, ...shown, ...times];
    },
    { timeout: 20 * 60_000 },
  );
  after(() => lab?.stop());

  const track = (format: string) => runUnitledger([...args, '--summary', format]);

  function assertHarmless({ stdout, stderr }: Ended): void {
    for (const text of [stdout, stderr]) {
      for (const line of text.split('\n')) {
        assert.doesNotMatch(line, CONTROL);
        assert.doesNotMatch(line, FORMAT);
      }
    }
  }

  test('has their exact names in the JSON summary', async () => {
    const ended = await track('json');
    assertHarmless(ended);
    const [unit] = documentOf(ended).units;
    const wanted = HOSTILE_NAMES.map((name) => name.toString('utf8'));
    assert.deepEqual(unit!.processes.map(({ name }) => name).sort(), ['names', ...wanted].sort());
    const main = (await lab.mainPid(hostileNames.name))!;
    for (const row of unit!.processes.filter(({ name }) => name !== 'names')) {
      assert.equal(row.ppid, main, JSON.stringify(row.name));
      assert.ok(row.samples > 1 && row.memoryBytes !== null, JSON.stringify(row.name));
      assert.equal(row.endedAt, null);
    }
  });

  for (const format of ['table', 'csv', 'markdown'] as const) {
    test(`prints no control character in the ${format} summary`, async () => {
      const ended = await track(format);
      assert.equal(ended.code, 0, ended.stderr);
      assertHarmless(ended);
      assert.match(ended.stdout, /\\x1b\[31mred\\x1b\]0;x\\x07/);
      assert.match(ended.stdout, /two\\nlines\\r\\tx/);
      assert.match(ended.stdout, /😀😀😀/);
      // One line a process, whatever it is called; that of the parent is named in all of them.
      const main = (await lab.mainPid(hostileNames.name))!;
      const lines = ended.stdout.split('\n');
      for (const pid of await lab.processesOf(hostileNames.name)) {
        const named = lines.filter((line) => new RegExp(`(?<![\\w.])${pid}(?![\\w.])`).test(line));
        assert.equal(named.length, pid === main ? HOSTILE_NAMES.length + 1 : 1, ended.stdout);
      }
    });
  }

  test('logs valid JSON, one line a process', async () => {
    const { stderr } = await track('none');
    const lines = logOf(stderr);
    const rows = lines.filter(({ event }) => event === 'summary.process');
    assert.equal(rows.length, HOSTILE_NAMES.length + 1);
    const names = rows.map((line) => (line.process as RunDocument['units'][0]['processes'][0]).name);
    // Harmless also to whoever decodes the JSON and prints it.
    for (const name of names) assert.doesNotMatch(name, CONTROL);
    assert.ok(names.includes('\\x1b[31mred\\x1b]0;x\\x07'), names.join(' '));
    for (const line of stderr.split('\n')) assert.ok(Buffer.byteLength(line) < 16 * 1024);
  });

  test('sends data that a collector accepts', skipUnless(otlpReceiverAvailable()), async () => {
    const receiver = await startOtlpReceiver();
    const environment = { UNITLEDGER_EXPORT: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint };
    const ended = await runUnitledger([...args, '--summary', 'json'], { environment });
    await receiver.stop();
    assert.deepEqual(documentOf(ended).export, { delivered: 1, failed: 0, spooled: 0 });
    assert.deepEqual(receiver.errors, []);
    const points = pointsOf(receiver.requests[0]!.body);
    const pids = points.flatMap(({ attributes }) => attributes['process.pid'] ?? []);
    assert.equal(new Set(pids).size, HOSTILE_NAMES.length + 1);
  });
});
