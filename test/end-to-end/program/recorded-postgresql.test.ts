import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { RunDocument } from '../../../src/ledger/document/run-document.ts';
import { bootSystemd, type SystemdLab, skipLab } from '../systemd/lab.ts';
import { loadPostgresql, startPostgresql } from '../systemd/services.ts';
import { runUnitledger, unitOf, until } from './unitledger.ts';

/** `RECORDED_SECONDS=120 npm test -- recorded-postgresql` is the run that docs/recording.md tells of. */
const SECONDS = Number(process.env.RECORDED_SECONDS ?? 8);
/** Each form in a run of its own, with what else may be in it. */
const FORMS: Readonly<Record<string, readonly string[]>> = {
  table: ['--summary-sort', 'memory.avg,name'],
  json: ['--process-details', 'threads,faults,context-switches', '--show-cmdline'],
  csv: ['--summary-columns', 'default,memory-p95', '--summary-rows', '2'],
  markdown: ['--process-names', 'title', '--interval', '0.25'],
};
/** Options of the summary are given to the replay, too; what is read of the host is in the recording. */
const TOLD_AGAIN = /^--summary-(?:sort|columns)$/;

describe('a recording of PostgreSQL under pgbench', { skip: skipLab() }, () => {
  let lab: SystemdLab;
  let unit: string;
  let folder: string;

  before(
    async () => {
      folder = mkdtempSync(join(tmpdir(), 'unitledger-recorded-'));
      lab = await bootSystemd();
      unit = await startPostgresql(lab);
    },
    { timeout: 20 * 60_000 },
  );
  after(async () => {
    await lab?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('has the same summary as the run itself, to the last digit and in every format', async (t) => {
    // Longer than the program may take to begin; it is ended with the runs.
    const load = await loadPostgresql(lab, SECONDS + 60);
    const loaded = once(load, 'exit');
    await until(
      async () => (await lab.processesOf(unit)).length >= 8,
      () => 'the clients',
    );
    const target = ['--cgroup-root', lab.cgroupRoot, '--service', unit, '--duration', String(SECONDS)];
    const runs = await Promise.all(
      Object.entries(FORMS).map(async ([form, more]) => {
        const recording = join(folder, `${form}.ulr`);
        const args = [...target, '--record', recording, '--summary', form, ...more];
        const live = await runUnitledger(args, { longestSeconds: SECONDS + 60 });
        return { form, more, recording, live };
      }),
    );
    load.kill();
    await loaded;
    for (const { form, more, recording, live } of runs) {
      assert.equal(live.code, 0, live.stderr);
      const options = more.flatMap((one, at) => (TOLD_AGAIN.test(one) ? [one, more[at + 1]!] : []));
      const replayed = await runUnitledger(['replay', '--summary', form, ...options, recording]);
      assert.deepEqual([replayed.code, replayed.stderr], [0, '']);
      assert.ok(live.stdout.includes(unit), live.stdout);
      assert.equal(replayed.stdout, live.stdout, form);
      t.diagnostic(
        `${form}: ${live.stdout.length} characters, recording of ${statSync(recording).size} bytes`,
      );
      assert.ok(readFileSync(recording).length > 1000);
    }
    const document = JSON.parse(runs.find(({ form }) => form === 'json')!.live.stdout) as RunDocument;
    const { totals, cpu, processes } = unitOf(document, unit);
    assert.ok(processes.length >= 8 && cpu.totalSeconds! > 0.1, JSON.stringify(cpu));
    // The peak is one of the run, of all together, and none of them has a higher one.
    const { max, maxAt, maxAfterSeconds } = totals.cpuPercent!;
    assert.ok(maxAt > document.startedAt && maxAt <= document.endedAt, maxAt);
    assert.ok(maxAfterSeconds > 0 && maxAfterSeconds <= SECONDS + 30, String(maxAfterSeconds));
    for (const { memoryBytes } of processes) {
      assert.ok((memoryBytes?.max ?? 0) <= totals.memoryBytes!.max);
    }
    t.diagnostic(
      `${processes.length} processes, CPU ${cpu.totalSeconds} s, peak ${max} % at ${maxAt}, ${document.samples} samples`,
    );
  });
});
