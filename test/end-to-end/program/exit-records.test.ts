import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { ExitRecordSource } from '../../../src/host/taskstats/exit-record-source.ts';
import { skipUnless } from '../../skip.ts';
import { documentOf, type Ended, logOf, runUnitledger } from './unitledger.ts';

const ARGS = ['--exit-records', '--summary', 'json', '--interval', '0.2'];
const STORM = [
  '--',
  'sh',
  '-c',
  'i=0; while [ $i -lt 400 ]; do /bin/true; [ $((i % 40)) = 0 ] && sh -c "exit 4"; i=$((i+1)); done; true',
];
/** Of these, what exits with 4. */
const FAILED = 10;

const WITHOUT_NET_ADMIN = ['setpriv', '--bounding-set', '-net_admin', '--inh-caps', '-net_admin'];
const OTHER_NETWORK = ['unshare', '-n'];

/** What has to be installed and allowed. */
function canRun([tool = '', ...args]: readonly string[]): true | string {
  return spawnSync(tool, [...args, 'true']).status === 0 || `takes root and ${tool}`;
}

/** Whether the kernel gives records here, or why not. */
const given = await (async (): Promise<true | string> => {
  const source = ExitRecordSource.open();
  if (!(source instanceof ExitRecordSource)) return `takes exit records of the kernel: ${source.kind}`;
  const failure = await source.verify(() => {});
  source.close();
  return failure === null || `takes exit records of the kernel: ${failure.kind}`;
})();

/** What was said of exit records. */
function saidIn(ended: Ended): string[] {
  return logOf(ended.stderr)
    .map(({ msg }) => String(msg))
    .filter((msg) => msg.startsWith('--exit-records'));
}

describe('unitledger --exit-records', () => {
  test('names and counts what ended unseen, in every form of the summary', skipUnless(given), async () => {
    const ended = await runUnitledger([...ARGS, ...STORM]);
    const document = documentOf(ended);
    assert.deepEqual(saidIn(ended), []);
    const [unit] = document.units;
    assert.ok(document.exitRecords!.received > 400);
    assert.equal(document.exitRecords!.lost, 0);
    const unseen = (name: string) => unit!.exited.find((row) => row.name === name);
    const seen = (name: string) => unit!.processes.filter((row) => row.name === name);
    assert.equal((unseen('true')?.count ?? 0) + seen('true').length, 400, JSON.stringify(unit));
    // Who was sampled while it lived has a row. One is the loop itself.
    const failedSeen = seen('sh').filter(({ exitCode }) => exitCode === 4).length;
    assert.equal(failedSeen, seen('sh').length - 1, JSON.stringify(unit));
    const failedUnseen = FAILED - failedSeen;
    assert.equal(unseen('sh')?.count, failedUnseen, JSON.stringify(unit));
    assert.deepEqual(unseen('sh')?.exitCodes, { 4: failedUnseen });

    const { stdout } = await runUnitledger(['--exit-records', '--summary', 'table', ...STORM]);
    assert.match(stdout, /^true +\d+ +~\d\.\d\d /m);
    assert.match(stdout, /^Exit records: \d+ received, none lost$/m);
  });

  for (const [title, by, says] of [
    ['without CAP_NET_ADMIN', WITHOUT_NET_ADMIN, /CAP_NET_ADMIN .*NET_ADMIN/],
    ['in another network namespace', OTHER_NETWORK, /none arrives.*hostNetwork: true/],
  ] as const) {
    test(`${title} goes on without names, and says so once`, skipUnless(canRun(by)), async () => {
      const start = { by: (command: readonly string[]) => [...by, ...command] };
      const ended = await runUnitledger([...ARGS, ...STORM], start);
      const document = documentOf(ended);
      const said = saidIn(ended);
      assert.equal(said.length, 1, said.join('\n'));
      assert.match(said[0]!, says);
      assert.equal(document.exitRecords, null);
      const [unit] = document.units;
      assert.deepEqual(unit!.exited, []);
      assert.ok(unit!.processes[0]!.reapedCpuSeconds > 0);
    });
  }
});
