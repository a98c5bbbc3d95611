import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import type { RunDocument } from '../../../src/ledger/document/run-document.ts';
import { skipUnless } from '../../skip.ts';
import { freePorts } from '../backends/loopback.ts';
import { type OtlpReceiver, otlpReceiverAvailable, startOtlpReceiver } from '../otlp-receiver.ts';
import { pointsOf } from '../otlp-request.ts';
import { destroyCgroup, unifiedMount } from '../systemd/cgroup.ts';
import { readCpuSeconds } from '../truth.ts';
import { documentOf, runUnitledger, startUnitledger, until } from './unitledger.ts';

const PARENT = `/unitledger-shared-${process.pid}`;
const NAME = `(shared in ${PARENT})`;
const BOOKED = 'unitledger.unit.cpu.booked.time';

describe('CPU of removed cgroups that may belong to either target', skipUnless(available()), () => {
  const directory = path.join(unifiedMount() ?? '/', PARENT);
  let folder: string;
  let receiver: OtlpReceiver;
  let document: RunDocument;
  let page: string;
  let truth: number;

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'unitledger-shared-'));
    mkdirSync(directory);
    receiver = await startOtlpReceiver();
    const [port] = (await freePorts(1)) as [number];
    const targets = ['a', 'b'].flatMap((name) => ['--cgroup', `${PARENT}/${name}`]);
    const out = ['--summary', 'json', '--record', path.join(folder, 'run.ulr')];
    const program = startUnitledger(
      [...targets, ...out, '--interval', '0.2', '--export-interval', '0.4', '--listen', `127.0.0.1:${port}`],
      { environment: { UNITLEDGER_EXPORT: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint } },
    );
    await program.says('following');
    // Both come and go while it cannot look.
    program.signal('SIGSTOP');
    for (const name of ['a', 'b']) await workIn(path.join(directory, name));
    truth = await readCpuSeconds(directory);
    program.signal('SIGCONT');
    page = '';
    await until(
      async () => {
        page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
        return page.includes('(shared in');
      },
      () => `a series of what is shared\n${page}\n${program.stderr()}`,
    );
    program.signal('SIGINT');
    document = documentOf(await program.ended);
  });
  after(async () => {
    await receiver?.stop();
    await destroyCgroup(directory);
    rmSync(folder, { recursive: true, force: true });
  });

  test('is in the run document once, and assigned to no target', () => {
    const [a, b, shared] = document.units;
    assert.deepEqual(
      document.units.map(({ unit }) => unit),
      [`${PARENT}/a`, `${PARENT}/b`, NAME],
    );
    assert.ok(
      Math.abs(shared!.cpu.sharedSeconds! - truth) < 0.001,
      `${shared!.cpu.sharedSeconds} of ${truth}`,
    );
    assert.equal(shared!.totals.cpuPercent, null);
    for (const unit of [a, b]) assert.ok((unit!.cpu.totalSeconds ?? 0) === 0, JSON.stringify(unit!.cpu));
  });

  test('is exported under its own name, as booking "shared"', () => {
    const last = receiver.requests
      .flatMap(({ body }) => pointsOf(body))
      .filter(({ name }) => name === BOOKED);
    const values = last
      .filter(({ attributes }) => attributes['systemd.unit.name'] === NAME && attributes.booking === 'shared')
      .map(({ value }) => value)
      .filter((value) => !Number.isNaN(value));
    assert.ok(Math.abs(values.at(-1)! - truth) < 0.001, `${values} of ${truth}`);
    const line = page
      .split('\n')
      .find((each) => each.includes('(shared in') && each.includes('booking="shared"'));
    assert.ok(line?.startsWith('unitledger_unit_cpu_booked_time_seconds_total{'), page);
  });

  for (const format of ['table', 'csv', 'markdown'] as const) {
    test(`is in the ${format} summary`, async () => {
      const { stdout } = await runUnitledger(['replay', '--summary', format, path.join(folder, 'run.ulr')]);
      assert.ok(stdout.includes(NAME), stdout);
      const seconds = format === 'csv' ? String(truth) : truth.toFixed(2);
      assert.ok(stdout.includes(seconds), `${seconds} in\n${stdout}`);
    });
  }

  test('is in the report', async () => {
    const file = path.join(folder, 'run.html');
    const { code, stderr } = await runUnitledger(['report', path.join(folder, 'run.ulr'), '--report', file]);
    assert.equal(code, 0, stderr);
    const packed = /id="model">([A-Za-z0-9+/=]*)</.exec(readFileSync(file, 'utf8'))![1]!;
    assert.ok(inflateRawSync(Buffer.from(packed, 'base64')).toString().includes('(shared in'));
  });

  test('is compared', async () => {
    const file = path.join(folder, 'run.ulr');
    const { stdout, stderr } = await runUnitledger(['compare', '--format', 'json', file, file]);
    assert.ok(stdout.includes('(shared in'), stderr + stdout);
  });
});

/** Has a shell use some CPU in a new cgroup, which is removed at once. */
async function workIn(directory: string): Promise<void> {
  mkdirSync(directory);
  const script = `echo 0 >${directory}/cgroup.procs; i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done`;
  await once(spawn('/bin/sh', ['-c', script], { stdio: 'ignore' }), 'exit');
  rmdirSync(directory);
}

function available(): true | string {
  if (process.getuid?.() !== 0) return 'root alone may make cgroups';
  if (unifiedMount() === undefined) return 'there is no cgroup v2 tree';
  return otlpReceiverAvailable();
}
