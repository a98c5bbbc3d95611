import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { RunDocument } from '../../../src/ledger/document/run-document.ts';
import { skipUnless } from '../../skip.ts';
import { type ExportRequest, pointsOf } from '../otlp-request.ts';
import { documentOf, runUnitledger } from './unitledger.ts';

const MIB = 2 ** 20;
const WRITTEN = 48 * MIB;
/** `f_type` of statfs(2). */
const TMPFS = 0x01021994;

function onDisk(): true | string {
  if (process.getuid?.() !== 0) return 'to read the io of the command takes root';
  return statfsSync(tmpdir()).type !== TMPFS || 'needs a temporary directory on a disk';
}

describe('disk bytes', skipUnless(onDisk()), () => {
  let folder: string;
  let recording: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'unitledger-disk-'));
    recording = join(folder, 'run.ulr');
    // Truncated before most of it is written back: the kernel counts that as cancelled by the process that truncates.
    const script = `dd if=/dev/zero of=${folder}/data bs=1M count=48 2>/dev/null; exec perl -e 'truncate "${folder}/data", 0; sleep 1'`;
    const run = await runUnitledger([
      ...['--summary', 'none', '--interval', '0.1', '--record', recording],
      ...['--', 'sh', '-c', script],
    ]);
    assert.equal(run.code, 0, run.stderr);
  });
  after(() => rmSync(folder, { recursive: true }));

  const replay = (...args: string[]) => runUnitledger(['replay', ...args, recording]);

  test('count submitted bytes, and show cancelled ones separately', async () => {
    const [unit] = documentOf(await replay('--summary', 'json')).units;
    const { diskBytes, cancelledWriteBytes } = unit!.totals;
    assert.ok(diskBytes! >= WRITTEN, `${diskBytes} bytes`);
    assert.ok(
      cancelledWriteBytes! > WRITTEN / 2 && cancelledWriteBytes! <= WRITTEN,
      `${cancelledWriteBytes}`,
    );
    const { stdout } = await replay();
    assert.match(stdout, /disk 4\d\.\dMiB .*, cancelled writes [234]\d\.\dMiB, transfer/);
    assert.match(stdout, / CANCELLED\b/);
  });

  test('show cancelled ones also for processes that are folded by name', async () => {
    const file = join(folder, 'folded.json');
    const { code, stderr } = await replay('--summary', 'json', '--summary-rows', '0', '--summary-file', file);
    assert.equal(code, 0, stderr);
    const [unit] = (JSON.parse(readFileSync(file, 'utf8')) as RunDocument).units;
    const cancelled = unit!.exited.reduce((sum, row) => sum + (row.cancelledWriteBytes ?? 0), 0);
    assert.equal(unit!.processes.length, 0);
    assert.equal(cancelled, unit!.totals.cancelledWriteBytes);
    assert.ok(cancelled > WRITTEN / 2, `${cancelled}`);
  });

  test('have a metric of cancelled ones for processes and units, if requested', async () => {
    const NAMES = ['unitledger.process.disk.cancelled', 'unitledger.unit.disk.cancelled'];
    const points = async (...args: string[]) => {
      const { code, stdout, stderr } = await replay('--to', 'otlpjson', ...args);
      assert.equal(code, 0, stderr);
      return stdout
        .trimEnd()
        .split('\n')
        .flatMap((line) => pointsOf(JSON.parse(line) as ExportRequest))
        .filter(({ name }) => NAMES.includes(name));
    };
    assert.deepEqual(await points(), []);
    const asked = await points('--metrics', NAMES.join(','));
    const most = Math.max(...asked.filter(({ name }) => name === NAMES[1]).map(({ value }) => Number(value)));
    assert.ok(most > WRITTEN / 2 && most <= WRITTEN, `${most} of ${asked.length} points`);
    assert.ok(asked.some(({ name }) => name === NAMES[0]));
  });
});
