import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareRuns } from '../../src/comparison/compare-runs.ts';
import type { ComparedFigure } from '../../src/comparison/compared-figures.ts';
import type { Comparison } from '../../src/comparison/comparison.ts';
import { readRunDocument } from '../../src/comparison/document-reader.ts';
import type { MetricName } from '../../src/comparison/metrics.ts';
import { renameUnits } from '../../src/comparison/unit-pairs.ts';
import type { RunDocument, RunUnit, RunUnitTotals } from '../../src/ledger/document/run-document.ts';
import { runProcess, runResources, runUnit, statistic } from '../views/documents.ts';
import { renderJson } from '../views/summary/rendered.ts';
import { compared, runOf, runsWith, unitOf } from './runs.ts';

function figure({ units }: Comparison, metric: MetricName, name?: string): ComparedFigure {
  const unit = units[0]!;
  const figures = name === undefined ? unit.figures : unit.names.find((each) => each.name === name)!.figures;
  return figures.find((each) => each.metric === metric)!;
}

const exited = (name: string, count: number, cpuSeconds: number) => ({
  name,
  count,
  cpuSeconds,
  diskBytes: 0,
  transferBytes: 10,
  cancelledWriteBytes: 0,
  peakMemoryBytes: null,
  apportioned: false,
  exitCodes: null,
});

test('repeated runs tell a difference from noise', () => {
  const more = compareRuns(runsWith(10, 10.2, 9.8), runsWith(12, 12.3, 11.9), 0.95);
  assert.equal(figure(more, 'cpu.seconds').verdict, 'more');
  assert.equal(figure(more, 'cpu.avg', 'nginx').verdict, 'more');
  assert.ok(Math.abs(figure(more, 'cpu.avg').before!.mean - 100 / 3) < 1e-9);
  assert.equal(
    figure(compareRuns(runsWith(12, 12.3), runsWith(10, 10.1), 0.95), 'cpu.seconds').verdict,
    'less',
  );
  assert.equal(
    figure(compareRuns(runsWith(8, 12, 10), runsWith(11, 9, 13), 0.95), 'cpu.avg').verdict,
    'same',
  );
});

test('one run each gives differences, no confidence, and says so', () => {
  const comparison = compareRuns(runsWith(10), runsWith(12), 0.95);
  const { difference, ratio, interval, verdict } = figure(comparison, 'cpu.seconds');
  assert.deepEqual([difference, ratio, interval, verdict], [2, 0.2, null, null]);
  assert.match(comparison.remarks.join('\n'), /One run each: differences are unconfirmed/);
  assert.match(
    compareRuns(runsWith(10), runsWith(12, 13), 0.95).remarks.join(),
    /One run before: differences are unconfirmed/,
  );
  assert.match(
    compareRuns(runsWith(10, 11), runsWith(12, 13), 0.95).remarks.join(),
    /Few runs \(2 before, 2 after\)/,
  );
});

test('a service that is watched for longer is compared by rates, and that is said', () => {
  const [short, long] = [runOf([unitOf(10)], 30), runOf([unitOf(20, { seconds: 60 })], 60)].map((run) =>
    compared(run),
  );
  const comparison = compareRuns([short!, short!], [long!, long!], 0.95);
  assert.ok(comparison.lengthsDiffer && !comparison.units[0]!.isFinished);
  assert.equal(figure(comparison, 'cpu.avg').verdict, 'same');
  assert.equal(figure(comparison, 'cpu.seconds').verdict, null);
  assert.ok(!figure(comparison, 'cpu.seconds').isComparable);
  assert.match(
    comparison.remarks.join('\n'),
    /differ in length \(before 30\.0s, after 60\.0s\), and are compared by rates/,
  );
});

test('a command that the end of --duration ended is compared by rates, from either kind of file', () => {
  const ended = { endedAt: '2026-11-22T22:52:40.000Z' };
  const runs = [runOf([unitOf(10, ended)], 30), runOf([unitOf(20, { ...ended, seconds: 60 })], 60)];
  for (const exitCode of [null, 0]) {
    const cut = runs.map((run) => ({ ...run, command: { exitCode } }));
    for (const read of [
      compared,
      (run: RunDocument) => readRunDocument('a', [Buffer.from(renderJson(run))]),
    ]) {
      const [short, long] = cut.map((run) => read(run));
      const [unit] = compareRuns([short!], [long!], 0.95).units;
      assert.equal(unit!.isFinished, exitCode === 0);
    }
  }
});

test('work that ran to its end is compared by totals, however long it took', () => {
  const ended = { endedAt: '2026-11-22T22:52:40.000Z' };
  const [short, long] = [runOf([unitOf(10, ended)], 30), runOf([unitOf(20, ended)], 60)].map((run) =>
    compared(run),
  );
  const comparison = compareRuns([short!, short!], [long!, long!], 0.95);
  assert.equal(figure(comparison, 'cpu.seconds').verdict, 'more');
  assert.ok(!figure(comparison, 'cpu.avg').isComparable);
  assert.match(comparison.remarks.join('\n'), /compared by totals/);
});

test('the figures of names add up to those of their unit', () => {
  const unit = runUnit({
    processes: [
      runProcess({ name: 'a', cpuSeconds: 1, reapedCpuSeconds: 0.5 }),
      runProcess({ name: 'a', pid: 9, cpuSeconds: 2 }),
      runProcess({ name: 'b', pid: 10, cpuSeconds: 4, endedAt: '2026-11-22T22:52:40.000Z' }),
    ],
    exited: [exited('b', 7, 1), exited('c', 3, 0.5)],
    cpu: {
      ...unitOf(9.5).cpu,
      attributedSeconds: 9,
      unattributed: { reapedOutsideSeconds: 0.5, unknownSeconds: 0 },
    },
  });
  const run = compared(runOf([unit]));
  const { figures, names } = run.units.get('nginx.service')!;
  const sum = (metric: MetricName) => [...names.values()].reduce((all, each) => all + (each[metric] ?? 0), 0);
  assert.equal(sum('cpu.seconds') + figures['cpu.unattributed']!, figures['cpu.seconds']);
  for (const metric of ['processes', 'exits', 'disk.bytes', 'transfer.bytes'] as const)
    assert.equal(sum(metric), figures[metric], metric);
  assert.equal(figures.processes, 13);
  assert.equal(figures.exits, 11);
  assert.equal(names.get('a')!['memory.avg'], 2 * 6 * 2 ** 20);
});

/** Where the run document holds each metric of a unit; exits are in its rows alone. */
const HELD_BY_DOCUMENT: Readonly<
  Record<Exclude<MetricName, 'exits' | 'exits.rate'>, (unit: RunUnit) => number | null>
> = {
  'cpu.avg': ({ totals }) => totals.cpuPercent!.avg,
  'cpu.seconds': ({ cpu }) => cpu.totalSeconds,
  'cpu.unattributed': ({ cpu }) => cpu.unattributed!.reapedOutsideSeconds! + cpu.unattributed!.unknownSeconds,
  'cpu.max': ({ totals }) => totals.cpuPercent!.max,
  'memory.avg': ({ totals }) => totals.memoryBytes!.avg,
  'memory.max': ({ totals }) => totals.memoryBytes!.max,
  'memory.peak': ({ resources }) => resources!.memoryPeakBytes,
  'disk.rate': ({ totals }) => totals.diskBytesPerSecond!.avg,
  'disk.bytes': ({ totals }) => totals.diskBytes,
  'transfer.rate': ({ totals }) => totals.transferBytesPerSecond!.avg,
  'transfer.bytes': ({ totals }) => totals.transferBytes,
  processes: ({ totals }) => totals.processesSeen,
  'processes.max': ({ totals }) => totals.processesAlive!.max,
  restarts: ({ instances }) => instances - 1,
  throttled: ({ resources }) => resources!.throttledSeconds,
  'oom.kills': ({ resources }) => resources!.memoryEvents.oomKill,
};

/** No metric of it follows from the rows or from others. */
const PECULIAR = runUnit({
  instances: 4,
  cpu: {
    totalSeconds: 11,
    attributedSeconds: 7,
    unattributed: { reapedOutsideSeconds: 2.5, unknownSeconds: 0.5 },
    coverage: 7 / 11,
    sharedSeconds: 1,
  },
  totals: {
    processesSeen: 21,
    processesAlive: statistic(1, 5, 2),
    cpuPercent: statistic(0, 150, 71),
    memoryBytes: statistic(1, 90e6, 60e6),
    diskBytesPerSecond: statistic(0, 900, 301),
    transferBytesPerSecond: statistic(0, 800, 302),
    diskBytes: 9001,
    transferBytes: 9002,
  },
  resources: runResources({
    memoryPeakBytes: 99e6,
    memoryEvents: { low: 0, high: 0, max: 0, oom: 1, oomKill: 3 },
    throttledSeconds: 0.7,
  }),
});

test('every metric of a unit is what the document holds, with rows and with all of them folded', () => {
  const rows = { processes: [runProcess(), runProcess({ pid: 9, name: 'b' })], exited: [] };
  const folded = { processes: [], exited: [exited('nginx', 1, 1), exited('b', 1, 1)] };
  for (const unit of [
    { ...PECULIAR, ...rows },
    { ...PECULIAR, ...folded },
  ]) {
    const { figures } = compared(runOf([unit])).units.get('nginx.service')!;
    for (const [metric, held] of Object.entries(HELD_BY_DOCUMENT))
      assert.equal(figures[metric as MetricName], held(unit), metric);
  }
});

test('what the document does not hold of units that were folded into one is computed where it can be', () => {
  const { figures } = compared(
    runOf([unitTogether({ diskBytes: 600, transferBytes: 900, processesSeen: 4 })], 30),
  ).units.get('nginx.service')!;
  assert.deepEqual(
    (['cpu.avg', 'disk.rate', 'transfer.rate', 'memory.avg', 'cpu.max', 'restarts'] as const).map(
      (metric) => figures[metric],
    ),
    [100 * (3 / 30), 20, 30, null, null, null],
  );
});

function unitTogether(totals: Partial<RunUnitTotals>): RunUnit {
  return { ...runUnit({ foldedUnits: 3, totals }), cpu: unitOf(3).cpu };
}

test('a name some of whose processes were folded has no average and no CPU peak: rows that are left are not all', () => {
  const ofName = (...rows: RunUnit['exited']) =>
    compared(runOf([{ ...unitOf(3), exited: rows }]))
      .units.get('nginx.service')!
      .names.get('nginx')!;
  const [folded, unseen] = [
    ofName(exited('nginx', 7, 1)),
    ofName({ ...exited('nginx', 7, 1), apportioned: true }),
  ];
  assert.deepEqual([folded['memory.avg'], folded['cpu.max'], folded['memory.max']], [null, null, 2 ** 20]);
  // What ended between two samples has no statistics that could be missing.
  assert.deepEqual([unseen['memory.avg'], unseen['cpu.max']], [2 ** 19, 12.5]);
});

test('a name that is new used nothing before, and had no memory', () => {
  const after = compared(runOf([{ ...unitOf(12), exited: [exited('gzip', 4, 2)] }]));
  const comparison = compareRuns(runsWith(10), [after], 0.95);
  const gzip = comparison.units[0]!.names.find(({ name }) => name === 'gzip')!;
  assert.equal(gzip.presence, 'after');
  const cpu = gzip.figures.find(({ metric }) => metric === 'cpu.seconds')!;
  assert.deepEqual([cpu.before!.mean, cpu.difference, cpu.ratio], [0, 2, null]);
  assert.equal(
    gzip.figures.find(({ metric }) => metric === 'memory.max'),
    undefined,
  );
});

test('absent is not 0: what could not be read on a side has no difference', () => {
  const before = compared(runOf([unitOf(1, { diskBytes: null, transferBytes: null })]));
  const comparison = compareRuns([before], runsWith(1), 0.95);
  const disk = figure(comparison, 'disk.bytes');
  assert.deepEqual([disk.before, disk.difference, disk.ratio], [null, null, null]);
  assert.equal(disk.after!.mean, 8192);
  assert.match(comparison.remarks.join('\n'), /Disk and transfer of some processes could not be read/);
});

test('units that are on one side alone, or never seen, are told apart; none in common is said', () => {
  const never = runUnit({
    unit: 'never.service',
    instances: 0,
    cpu: { ...runUnit().cpu, totalSeconds: null },
  });
  const before = compared(runOf([unitOf(1, { unit: 'old\u001b.service' }), never]));
  const after = compared(runOf([unitOf(1, { unit: 'new.service' }), never]));
  const comparison = compareRuns([before], [after], 0.95);
  assert.deepEqual(
    comparison.units.map(({ presence }) => presence),
    ['before', 'neither', 'after'],
  );
  assert.match(
    comparison.remarks[0]!,
    /^No unit was seen both before and after: before has old\\x1b\.service, after has new\.service\. .*--unit-map/,
  );
});

test('units of different names are one where that is asked for', () => {
  const [before, after] = [[compared(runOf([unitOf(1, { unit: 'a=b' })]))], runsWith(2)];
  const renamed = renameUnits(before, after, ['a=b=nginx.service']);
  assert.ok(!('pair' in renamed));
  assert.equal(figure(compareRuns(renamed, after, 0.95), 'cpu.seconds').difference, 1);
  assert.deepEqual(renameUnits(before, after, ['x=nginx.service']), { pair: 'x=nginx.service' });
  assert.deepEqual(renameUnits(before, after, []), before);
});

test('no unit is left out where several get one name, or a unit had that name before', () => {
  const units = ['a', 'x', 'b'].map((unit) => unitOf(1, { unit }));
  const [before, after] = [[compared(runOf(units))], [compared(runOf([unitOf(2, { unit: 'x' })]))]];
  const namesFor = (...pairs: string[]) => {
    const renamed = renameUnits(before, after, pairs);
    assert.ok(!('pair' in renamed));
    return [...renamed[0]!.units.keys()];
  };
  assert.deepEqual(namesFor('a=x'), ['x', 'x (2)', 'b']);
  assert.deepEqual(namesFor('a=x', 'b=x'), ['x', 'x (2)', 'x (3)']);
});

test('what makes runs unlike each other is said', () => {
  const run = compared(runOf([unitOf(1)]), 'a');
  const said = (other: typeof run) => compareRuns([run], [other], 0.95).remarks.join('\n');
  assert.match(said({ ...run, intervalSeconds: 2 }), /different intervals/);
  assert.match(said({ ...run, hasExitRecords: !run.hasExitRecords }), /exit records/);
  assert.match(
    said({ ...run, file: 'b\n', missing: ['it has no end'] }),
    /b\\n is incomplete: it has no end/,
  );
  assert.match(
    compareRuns([run, { ...run, file: 'b' }], [run], 0.95).remarks.join(),
    /a and b may be the same run/,
  );
});
