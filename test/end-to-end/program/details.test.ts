import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { skipUnless } from '../../skip.ts';
import { otlpReceiverAvailable, startOtlpReceiver } from '../otlp-receiver.ts';
import { pointsOf } from '../otlp-request.ts';
import { bootSystemd, type SystemdLab, skipLab } from '../systemd/lab.ts';
import { startPostgresql } from '../systemd/services.ts';
import { documentOf, remarksOf, runUnitledger, unitOf } from './unitledger.ts';

const ALL = 'threads,faults,uptime,context-switches,descriptors,run-queue,pss';
const RUN = ['--duration', '2.2', '--interval', '0.25', '--summary', 'json'];

describe('details of the processes of a PostgreSQL', { skip: skipLab() }, () => {
  let lab: SystemdLab;
  let unit: string;

  before(
    async () => {
      lab = await bootSystemd();
      unit = await startPostgresql(lab);
    },
    { timeout: 20 * 60_000 },
  );
  after(() => lab?.stop());

  const run = (...args: string[]) =>
    runUnitledger([...RUN, '--cgroup-root', lab.cgroupRoot, '--service', unit, ...args]);

  test('match the kernel', async () => {
    const ended = await run('--process-details', ALL);
    const { processes } = unitOf(documentOf(ended), unit);
    assert.ok(processes.length >= 5);
    for (const { pid, details, startedAt } of processes) {
      const status = readFileSync(`/proc/${pid}/status`, 'latin1');
      const ofStatus = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
      assert.equal(details!.threads, ofStatus('Threads'));
      assert.equal(details!.openDescriptors, readdirSync(`/proc/${pid}/fd`).length);
      const limit = /^Max open files +(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'latin1'))?.[1];
      assert.equal(details!.descriptorLimit, Number(limit));
      assert.ok(details!.pssBytes! > 100_000 && details!.pssBytes! <= ofStatus('VmRSS') * 1024);
      assert.ok(details!.voluntaryContextSwitches! <= ofStatus('voluntary_ctxt_switches'));
      assert.ok(details!.runQueueSeconds! >= 0 && details!.runQueueSeconds! < 3);
      assert.ok(Math.abs(details!.uptimeSeconds! - (Date.now() - Date.parse(startedAt!)) / 1000) < 5);
      assert.notEqual(details!.minorFaults, null);
      assert.notEqual(details!.majorFaults, null);
    }
    assert.deepEqual(remarksOf(ended.stderr), []);
  });

  test('are absent unless requested', async () => {
    const { processes } = unitOf(documentOf(await run()), unit);
    for (const { name, details } of processes) assert.deepEqual([name, details], ['postgres', null]);
  });

  test('include titles as names, also in exports', skipUnless(otlpReceiverAvailable()), async () => {
    const receiver = await startOtlpReceiver();
    const environment = { UNITLEDGER_EXPORT: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint };
    const args = ['--cgroup-root', lab.cgroupRoot, '--service', unit];
    const asked = ['--process-names', 'title', '--process-details', 'threads'];
    const ended = await runUnitledger([...RUN, ...args, ...asked], { environment });
    await receiver.stop();
    const names = unitOf(documentOf(ended), unit).processes.map(({ name }) => name);
    assert.ok(names.includes('postgres: N/main: checkpointer'), names.join());
    assert.ok(names.includes('postgres'), 'the main process has arguments and no title');
    const points = receiver.requests.flatMap(({ body }) => pointsOf(body));
    for (const name of ['process.thread.count', 'unitledger.executable.memory.usage']) {
      const own = points.filter((point) => point.name === name);
      assert.ok(own.every(({ attributes }) => attributes['process.executable.name'] === 'postgres'));
      const titles = own.map(({ attributes }) => attributes['process.title']);
      assert.ok(titles.includes('postgres: N/main: checkpointer'), `${name}: ${titles.join()}`);
    }
    assert.ok(!points.some((point) => point.name === 'process.paging.faults'));
    assert.deepEqual(receiver.errors, []);
  });
});
