import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { renderTable, renderTableBody, renderTableEnd } from '../../../src/views/summary/table.ts';
import {
  NEVER_SEEN,
  REALISTIC,
  runDocument,
  runExited,
  runProcess,
  runUnit,
  statistic,
} from '../documents.ts';
import { anyName, UNSAFE } from '../names.ts';

const LEADING =
  'PID NAME PPID CPU%(min/max/avg) MEM_MB(min/max/avg) DISK_Bps(min/max/avg) XFER_Bps(min/max/avg)'.split(
    ' ',
  );

function linesOf(table: string): string[] {
  return table.split('\n');
}

/** The header line of the process rows and as many lines after it as there are rows. */
function rowsOf(table: string, count: number): string[] {
  const lines = linesOf(table);
  const header = lines.findIndex((line) => line.includes('PPID'));
  return lines.slice(header, header + 1 + count);
}

test('the rows start with the columns of the script that this grew from', () => {
  const [header = '', row = ''] = rowsOf(renderTable(REALISTIC), 1);
  assert.deepEqual(header.trim().split(/ +/).slice(0, 7), LEADING);
  assert.deepEqual(row.trim().split(/ +/).slice(0, 7), [
    '812',
    'nginx',
    '811',
    '4.0/61.3/27.0',
    '21.0/38.4/33.3',
    '0/4194304/1153433',
    '40112/93002342/21943221',
  ]);
});

test('the heaviest CPU, own and reaped together, comes first; equals by PID', () => {
  const processes = [
    runProcess({ pid: 1, cpuSeconds: 1, reapedCpuSeconds: 0 }),
    runProcess({ pid: 2, cpuSeconds: 0, reapedCpuSeconds: 3 }),
    runProcess({ pid: 4, cpuSeconds: 2, reapedCpuSeconds: 0 }),
    runProcess({ pid: 3, cpuSeconds: 1, reapedCpuSeconds: 1 }),
  ];
  const rows = rowsOf(renderTable(runDocument({ units: [runUnit({ processes })] })), 4);
  assert.deepEqual(
    rows.slice(1).map((row) => Number.parseInt(row, 10)),
    [2, 3, 4, 1],
  );
});

test('memory is RSS / 1,048,576', () => {
  const units = [
    runUnit({ processes: [runProcess({ memoryBytes: statistic(1_048_576, 3_145_728, 2_097_152) })] }),
  ];
  assert.match(renderTable(runDocument({ units })), / 1\.0\/3\.0\/2\.0 /);
});

test('a unit that was never seen has a line that says so, and no rows', () => {
  const table = renderTable(NEVER_SEEN);
  assert.match(table, /^ngnix\.service\n {2}never seen in this run/m);
  assert.doesNotMatch(table, /PPID|coverage/);
});

test('missed samples are mentioned only if there were any', () => {
  assert.match(renderTable(runDocument({ missedSamples: 2 })), /, 2 missed\n/);
  const stretched = runDocument({ missedSamples: 2, stretchedSamples: 30 });
  assert.match(renderTable(stretched), /, 2 missed, 30 left out for the CPU budget\n/);
  assert.doesNotMatch(renderTable(runDocument()), /missed/);
});

test('the export line tells windows by outcome, and the spool only where something is in it', () => {
  assert.match(renderTable(runDocument()), /^Export: delivered 3 windows, failed 0\n$/m);
  const spooled = { delivered: 1, failed: 2, spooled: 4 };
  assert.match(
    renderTable(runDocument({ export: spooled })),
    /^Export: delivered 1 window, failed 2, still spooled 4\n$/m,
  );
});

test('what is unattributed is told with its cause', () => {
  const told = (reapedOutsideSeconds: number | null, unknownSeconds: number) =>
    /unattributed .*/.exec(
      renderTable(
        runDocument({
          units: [
            runUnit({
              cpu: {
                totalSeconds: 10,
                attributedSeconds: 9,
                unattributed: { reapedOutsideSeconds, unknownSeconds },
                coverage: 0.9,
                sharedSeconds: 0,
              },
            }),
          ],
        }),
      ),
    )?.[0];
  assert.equal(
    told(0.7, 0.3),
    'unattributed 1.00s (0.70s reaped outside the unit, 0.30s auto-reaped or unknown)',
  );
  assert.equal(told(0, 1), 'unattributed 1.00s (1.00s auto-reaped or unknown)');
  assert.equal(told(1, 0.001), 'unattributed 1.00s (1.00s reaped outside the unit)');
  assert.equal(told(null, 1), 'unattributed 1.00s (auto-reaped, reaped outside the unit, or unknown)');
  assert.equal(told(0, -0.001), 'unattributed 0.00s');
});

test('command lines have a column only if the run has any, and an unknown one is a dash', () => {
  const table = (commands: (string | null)[]) =>
    renderTable(
      runDocument({
        units: [runUnit({ processes: commands.map((command, pid) => runProcess({ pid, command })) })],
      }),
    );
  assert.doesNotMatch(table([null, null]), /COMMAND/);
  const [header = '', first = '', second = ''] = rowsOf(table(['nginx -g "x"', null]), 2);
  assert.match(header, / {2}COMMAND$/);
  assert.match(first, / {2}nginx -g "x"$/);
  assert.match(second, / {2}-$/);
});

test('on a terminal that is wide enough the rows are one table, on a narrower one two with the same rows', () => {
  // Sentences may be wider: a terminal breaks them.
  const rows = linesOf(renderTable(REALISTIC)).filter((line) => /^ *(PID|\d+) {2}/.test(line));
  const whole = Math.max(...rows.map((line) => stringWidth(line)));
  assert.equal(renderTable(REALISTIC, whole), renderTable(REALISTIC));
  const folded = renderTable(REALISTIC, whole - 1);
  assert.match(folded, /the same rows, continued/);
  const pids = [...folded.matchAll(/^ *(\d+) {2}nginx /gm)].map((match) => match[1]);
  assert.deepEqual(pids.slice(0, 6), pids.slice(6));
  assert.equal(pids.length, 12);
});

test('a terminal that gives its width as 0 is taken for one that is wide enough', () => {
  assert.equal(renderTable(REALISTIC, 0), renderTable(REALISTIC));
});

test('a command line is cut to what the terminal has left', () => {
  const units = [runUnit({ processes: [runProcess({ command: `nginx ${'x'.repeat(5_000)}` })] })];
  const [, row = ''] = rowsOf(renderTable(runDocument({ units }), 240), 1);
  assert.equal(stringWidth(row), 240);
  assert.ok(row.endsWith('x…'));
});

test('whatever processes call themselves, the columns are straight and nothing reaches the terminal but text', () => {
  fc.assert(
    fc.property(fc.array(anyName, { minLength: 1, maxLength: 6 }), (names) => {
      const processes = names.map((name, pid) => runProcess({ pid, name }));
      const exited = names.map((name) => runExited({ name }));
      const [unit = ''] = names;
      const table = renderTable(runDocument({ units: [runUnit({ unit, cgroup: unit, processes, exited })] }));
      assert.doesNotMatch(table, UNSAFE);
      const rows = rowsOf(table, names.length);
      assert.equal(new Set(rows.map((row) => stringWidth(row))).size, 1);
      for (const row of rows.slice(1)) assert.match(row, /^ *\d+ {2}.* {2}1 .* running$/);
      // Heading, unit, four facts, header, rows, blank, title, header, rows, blank, export line, end.
      assert.equal(linesOf(table).length, 2 + 5 + 1 + names.length + 3 + names.length + 3);
    }),
  );
});

test('whatever command lines hold, each row stays one line of plain text', () => {
  fc.assert(
    fc.property(
      fc.array(anyName, { minLength: 1, maxLength: 4 }),
      fc.option(fc.nat(300), { nil: undefined }),
      (commands, columns) => {
        const processes = commands.map((command, pid) => runProcess({ pid, command }));
        const plain = processes.map((row) => ({ ...row, command: 'x' }));
        const table = renderTable(runDocument({ units: [runUnit({ processes })] }), columns);
        assert.doesNotMatch(table, UNSAFE);
        assert.equal(
          linesOf(table).length,
          linesOf(renderTable(runDocument({ units: [runUnit({ processes: plain })] }), columns)).length,
        );
      },
    ),
  );
});

test('ten thousand processes are ten thousand rows', () => {
  const processes = Array.from({ length: 10_000 }, (_, pid) =>
    runProcess({ pid, name: pid % 100 === 0 ? `漢${pid}` : `worker-${pid}`, cpuSeconds: pid / 1_000 }),
  );
  const rows = rowsOf(renderTable(runDocument({ units: [runUnit({ processes })] })), 10_000);
  assert.equal(new Set(rows.map((row) => stringWidth(row))).size, 1);
  assert.match(rows[1] ?? '', /^ ?9999 /);
  assert.match(rows[10_000] ?? '', /^ +0 /);
});

test('columns that do not fit follow in further tables, each with whom it is about, and none is lost', () => {
  const lines = linesOf(renderTable(REALISTIC, 60));
  const headers = lines.filter((line) => /^ *PID {2}NAME /.test(line));
  const titles = headers.flatMap((line) => line.trim().split(/ +/));
  const whole = linesOf(renderTable(REALISTIC)).find((line) => / PID /.test(` ${line}`))!;
  for (const title of whole.trim().split(/ +/)) assert.ok(titles.includes(title), title);
  // No table has more columns than fit, but for those of one column that is wider.
  for (const header of headers)
    assert.ok(stringWidth(header) <= 60 || header.trim().split(/ +/).length === 3);
});

test('several units stand side by side before all else; one by itself does not', () => {
  assert.match(
    renderTable(REALISTIC),
    /^UNIT +CPU_S .*\nnginx\.service +31\.48 .*\npostgresql@15-main\.service +12\.12 /m,
  );
  assert.doesNotMatch(renderTable(runDocument({ units: [runUnit()] })), /^UNIT/m);
});

test('what a unit came to has its peaks, and when they were', () => {
  const table = renderTable(REALISTIC);
  assert.match(table, /CPU 104\.9% on average · peak 214\.3% at 22:52:43 \(11\.0s in\)/);
  assert.match(table, /memory \(RSS\) 139\.0MiB on average · peak 171\.9MiB at 22:53:01 \(29\.5s in\)/);
  assert.match(table, /disk 125\.0MiB · peak 16\.0MiB\/s at 22:52:36 \(4\.5s in\)/);
  assert.match(table, /most processes 6 at 22:52:41 \(9\.5s in\)/);
});

test('the outcome of the export is the last line, and all else can be rendered before it is known', () => {
  const before = runDocument({ export: { delivered: 0, failed: 0, spooled: 3 } });
  const after = runDocument({ export: { delivered: 3, failed: 0, spooled: 0 } });
  assert.equal(renderTableBody(before) + renderTableEnd(after), renderTable(after));
  assert.match(renderTableEnd(after), /^\nExport: .*\n$/);
});
