import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { until } from '../program/unitledger.ts';
import { bootSystemd, type SystemdLab, skipLab } from './lab.ts';
import { installBundle, NODE_INSIDE } from './programs.ts';
import { installPayload } from './units.ts';

const CHECKOUT = resolve(import.meta.dirname, '../../..');
const FILES = join(CHECKOUT, 'deploy/systemd');
const PATIENCE_SECONDS = 60;
const UNIT = 'unitledger.service';

/** The bits of CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE, capabilities(7). */
const TWO_CAPABILITIES = (1n << 2n) | (1n << 19n);

/** What a user would put there, beside the files as they are delivered. */
const ENVIRONMENT = [
  ...['UNITLEDGER_SERVICE=other', 'UNITLEDGER_INTERVAL=200ms', 'UNITLEDGER_EXPORT_INTERVAL=500ms'],
  ...['UNITLEDGER_EXPORT=otlp,prometheus', 'UNITLEDGER_LISTEN=9464', 'UNITLEDGER_SUMMARY=table'],
  ...['UNITLEDGER_SPOOL_DIR=/var/lib/unitledger', ''],
];

describe('the service file', { skip: skipLab() }, () => {
  let lab: SystemdLab;

  before(
    async () => {
      lab = await bootSystemd();
      await installPayload(lab);
      // Another user's: their I/O counters take the two capabilities.
      await lab.systemdRun('other.service', ['User=www-data'], ['/opt/lab/pulse', '2', '5000', '50000']);
      await installBundle(lab);
      const configuration = readFileSync(join(FILES, 'unitledger.yaml'));
      await lab.writeFile('/etc/unitledger/unitledger.yaml', configuration);
      await lab.writeFile('/etc/unitledger/environment', ENVIRONMENT.join('\n'), 0o600);
      await lab.writeUnit(UNIT, readFileSync(join(FILES, UNIT), 'utf8'));
    },
    { timeout: 20 * 60_000 },
  );
  after(() => lab?.stop());

  const journal = () => lab.output(['journalctl', '--unit', UNIT, '--output', 'cat', '--no-pager']);

  /** The lines of /metrics that begin so. */
  async function metrics(beginning: string): Promise<readonly string[]> {
    const script = `fetch('http://127.0.0.1:9464/metrics').then((answer) => answer.text()).then(console.log)`;
    const { stdout } = await lab.run([NODE_INSIDE, '--eval', script]);
    return stdout.split('\n').filter((line) => line.startsWith(beginning));
  }

  test('has no warnings by systemd', async () => {
    // Manual pages are not installed there.
    const verify = ['systemd-analyze', 'verify', '--man=no', `/etc/systemd/system/${UNIT}`];
    const { code, stdout, stderr } = await lab.run(verify);
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '', stderr: '' });
  });

  test('has a low exposure by systemd-analyze', async () => {
    // In tenths; 2.1 as it was written.
    const threshold = ['--threshold=22', '--no-pager'];
    const { code, stdout } = await lab.run(['systemd-analyze', 'security', ...threshold, UNIT]);
    assert.equal(code, 0, stdout);
  });

  test('runs with two capabilities and a user of its own, has the required access, and ends with its summary', async () => {
    await lab.startUnit(UNIT);
    const bytes = 'unitledger_executable_disk_io_bytes_total{';
    const cpu = 'unitledger_unit_cpu_time_seconds_total{';
    // A series begins with a point of value 0.
    const counts = async (family: string, label: string) =>
      (await metrics(family)).some((line) => line.includes(label) && Number(line.split(' ')[1]) > 0);
    await until(
      async () =>
        (await counts(cpu, 'systemd_unit_name="other.service"')) && (await metrics(bytes)).length > 0,
      () => 'CPU of other.service, and bytes',
      PATIENCE_SECONDS,
    );
    const status = readFileSync(`/proc/${await lab.mainPid(UNIT)}/status`, 'utf8');
    const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)![1]!;
    assert.equal(BigInt(`0x${field('CapEff')}`), TWO_CAPABILITIES);
    assert.equal(BigInt(`0x${field('CapBnd')}`), TWO_CAPABILITIES);
    assert.equal(field('NoNewPrivs'), '1');
    assert.notEqual(field('Uid').split('\t')[0], '0');

    await lab.stopUnit(UNIT);
    assert.equal(await lab.property(UNIT, 'Result'), 'success');
    const said = await journal();
    assert.match(said, /^other\.service$/m, said);
    assert.match(said, /^PID +NAME +PPID/m);
    assert.doesNotMatch(said, /SYS_PTRACE/);
    // Nothing listens at the collector's port: what it would have had waits in the state directory.
    const spool = join(lab.fileRoot, 'var/lib/private/unitledger');
    const kept = readdirSync(spool).filter((name) => name.endsWith('.pb'));
    assert.ok(kept.length > 0, `${readdirSync(spool)}`);
  });

  test('is not restarted repeatedly with bad input', async () => {
    await lab.writeFile('/etc/unitledger/environment', 'UNITLEDGER_INTERVAL=never\n', 0o600);
    await lab.run(['systemctl', 'start', UNIT]);
    await until(
      async () => (await lab.property(UNIT, 'ActiveState')) === 'failed',
      () => 'the unit to fail',
      PATIENCE_SECONDS,
    );
    assert.equal(await lab.property(UNIT, 'ExecMainStatus'), '2');
    assert.equal(await lab.property(UNIT, 'NRestarts'), '0');
    assert.match(await journal(), /UNITLEDGER_INTERVAL must be/);
  });
});
