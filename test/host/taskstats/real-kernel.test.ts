import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { causeOwnEvents } from '../../../src/host/netlink/own-events.ts';
import { ExitRecordSource } from '../../../src/host/taskstats/exit-record-source.ts';
import { commOfRecord, type TaskRecord } from '../../../src/host/taskstats/task-record.ts';
import { skipUnless } from '../../skip.ts';

/** Whether this machine gives exit records, or why not. */
const given = await (async (): Promise<true | string> => {
  const source = ExitRecordSource.open();
  if (!(source instanceof ExitRecordSource)) return `takes exit records of the kernel: ${source.kind}`;
  const failure = await source.verify(() => {});
  source.close();
  return failure === null || `takes exit records of the kernel: ${failure.kind}`;
})();

const SCRIPT = fileURLToPath(new URL('./say-outcome.ts', import.meta.url));

function outcomeUnder(...command: [string, ...string[]]): string {
  const [tool, ...args] = command;
  return execFileSync(tool, [...args, process.execPath, SCRIPT], { encoding: 'utf8' }).trim();
}

/** What has to be installed and allowed. */
function canRun(...command: [string, ...string[]]): true | string {
  const [tool, ...args] = command;
  return spawnSync(tool, [...args, 'true']).status === 0 || `takes root and ${tool}`;
}

const WITHOUT_NET_ADMIN = ['setpriv', '--bounding-set', '-net_admin', '--inh-caps', '-net_admin'] as const;

describe("the kernel's exit records", skipUnless(given), () => {
  function opened(receiveBytes?: number): ExitRecordSource {
    const source = ExitRecordSource.open(receiveBytes === undefined ? {} : { receiveBytes });
    assert.ok(source instanceof ExitRecordSource);
    return source;
  }

  it('report every process that ends, and its exit code', () => {
    const source = opened();
    const script = 'i=0; while [ $i -lt 500 ]; do /bin/true; i=$((i+1)); done; exit 3';
    const { pid } = spawnSync('/bin/sh', ['-c', script]);
    const children: TaskRecord[] = [];
    let shell: TaskRecord | undefined;
    source.drain((record, buffer) => {
      if (record.ppid === pid && commOfRecord(buffer, record) === 'true') children.push({ ...record });
      if (record.tgid === pid) shell = { ...record };
    });
    source.close();
    assert.equal(children.length, 500);
    assert.ok(children.every(({ isLast, pid: task, tgid }) => isLast && task === tgid));
    assert.ok(children.every(({ peakMemoryBytes }) => peakMemoryBytes > 100_000 && peakMemoryBytes < 1e8));
    assert.deepEqual([shell?.ppid, shell?.waitStatus, source.lost], [process.pid, 3 << 8, 0]);
  });

  it('report the end of a thread of this program', async () => {
    const source = opened();
    causeOwnEvents();
    let own = 0;
    const failure = await source.verify(({ pid, tgid }) => {
      if (tgid === process.pid && pid !== tgid) own++;
    }, assert.fail);
    source.close();
    assert.deepEqual([failure, own], [null, 1]);
  });

  it('report the signal that ended a process, and its I/O', () => {
    const source = opened();
    const { pid } = spawnSync('/bin/sh', ['-c', 'head -c 300000 /dev/zero; kill -9 $$']);
    const chars = new Map<string, number>();
    let status = 0;
    source.drain((record, buffer) => {
      if (record.ppid === pid) chars.set(commOfRecord(buffer, record), record.writeChars);
      if (record.tgid === pid) status = record.waitStatus;
    });
    source.close();
    assert.equal(status & 0x7f, 9);
    // Cut down to whole KiB.
    assert.equal(chars.get('head'), 299_008);
  });

  it('count lost ones exactly', () => {
    const source = opened(20_000);
    const script = 'i=0; while [ $i -lt 300 ]; do /bin/true; i=$((i+1)); done';
    for (let round = 1; round <= 2; round++) {
      const before = source.received + source.lost;
      spawnSync('/bin/sh', ['-c', script]);
      source.drain(() => {});
      const all = source.received + source.lost - before;
      assert.ok(source.lost > 100 * round, `${source.lost} lost`);
      // Others on this machine end, too.
      assert.ok(all >= 301 && all < 2_000, `${all} records of 301 processes`);
    }
    source.close();
  });

  const limits = canRun(...WITHOUT_NET_ADMIN);
  it('are refused without CAP_NET_ADMIN', skipUnless(limits), () => {
    assert.equal(outcomeUnder(...WITHOUT_NET_ADMIN), 'no-capability');
  });

  const unshares = canRun('unshare', '-n');
  it('never arrive in another network namespace, which is detected', skipUnless(unshares), () => {
    assert.equal(outcomeUnder('unshare', '-n'), 'nothing-arrives');
    assert.equal(outcomeUnder('env'), 'arrives');
  });

  it('are refused in another PID namespace', skipUnless(unshares), () => {
    assert.equal(outcomeUnder('unshare', '-p', '-f'), 'other-namespace');
  });
});
