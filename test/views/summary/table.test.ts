import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import stringWidth from 'string-width';
import type { RunUnit } from '../../../src/ledger/document/run-document.ts';
import { renderTableEnd, tableBodyLines } from '../../../src/views/summary/table.ts';
import {
  NEVER_SEEN,
  REALISTIC,
  runDocument,
  runExited,
  runProcess,
  runSubCgroup,
  runUnit,
  statistic,
} from '../documents.ts';
import { anyName, UNSAFE } from '../names.ts';
import { NO_CHOICE, renderTable } from './rendered.ts';

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

test('figures of processes that the table leaves out are not read', () => {
  const read = new Set<number>();
  const processes = Array.from({ length: 100 }, (_, at) => {
    const row = runProcess({ pid: at + 1, cpuSeconds: at });
    const { memoryBytes } = row;
    const get = () => {
      read.add(row.pid);
      return memoryBytes;
    };
    return Object.defineProperty(row, 'memoryBytes', { get });
  });
  const document = runDocument({ units: [runUnit({ processes })] });
  read.clear();
  renderTable(document);
  assert.deepEqual(
    [...read].sort((a, b) => b - a),
    [100, 99, 98, 97, 96, 95, 94, 93, 92, 91, 90, 89, 88, 87, 86],
  );
  renderTable(document, { rows: 3 });
  assert.equal(read.size, 15);
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
  assert.match(table, /^ngnix\.service\n {2}not found in this run/m);
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

test('from 110 columns on the columns are those of the script, then CPU; a narrower terminal shows what fits of the figures, with units', () => {
  // Other columns come after these as far as there is room.
  for (const [columns, more] of [
    [110, []],
    [200, ['REAPED_S']],
  ] as const)
    assert.deepEqual(rowsOf(renderTable(REALISTIC, { columns }), 0)[0]!.trim().split(/ +/), [
      ...LEADING,
      'CPU_S',
      ...more,
    ]);
  for (const [columns, titles] of [
    [80, ['PID', 'NAME', 'CPU_SUM_S', 'CPU%(avg)', 'CPU%(max)', 'MEM(max)', 'DISK_TOTAL', 'XFER_TOTAL']],
    [60, ['PID', 'NAME', 'CPU_SUM_S', 'CPU%(avg)', 'CPU%(max)', 'MEM(max)']],
  ] as const) {
    const lines = linesOf(renderTable(REALISTIC, { columns }));
    assert.deepEqual(
      lines
        .find((line) => line.includes('PID'))!
        .trim()
        .split(/ +/),
      titles,
    );
    // A word of its own may be wider.
    for (const line of lines) assert.ok(stringWidth(line) <= columns || !line.trim().includes(' '), line);
  }
});

test('a terminal that gives its width as 0 is taken for one that is wide enough', () => {
  assert.equal(renderTable(REALISTIC, { columns: 0 }), renderTable(REALISTIC));
});

test('a command line is cut to what the terminal has left', () => {
  const units = [runUnit({ processes: [runProcess({ command: `nginx ${'x'.repeat(5_000)}` })] })];
  const [, row = ''] = rowsOf(renderTable(runDocument({ units }), { columns: 240 }), 1);
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
      for (const row of rows.slice(1)) assert.match(row, /^ *\d+ {2}.* {2}1 .* 0\.93$/);
      // Heading, unit, three facts; title, header and rows by name, and of processes; export line, end.
      const distinct = new Set(names).size;
      const more = 1;
      assert.equal(linesOf(table).length, 2 + 5 + (2 + distinct + 1) + (2 + names.length + more + 1) + 2);
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
        const table = renderTable(runDocument({ units: [runUnit({ processes })] }), { columns });
        assert.doesNotMatch(table, UNSAFE);
        assert.equal(
          linesOf(table).length,
          linesOf(renderTable(runDocument({ units: [runUnit({ processes: plain })] }), { columns })).length,
        );
      },
    ),
  );
});

test('ten thousand processes are ten thousand rows', () => {
  const processes = Array.from({ length: 10_000 }, (_, pid) =>
    runProcess({ pid, name: pid % 100 === 0 ? `漢${pid}` : `worker-${pid}`, cpuSeconds: pid / 1_000 }),
  );
  const rows = rowsOf(
    renderTable(runDocument({ units: [runUnit({ processes })] }), { rows: 10_000 }),
    10_000,
  );
  assert.equal(new Set(rows.map((row) => stringWidth(row))).size, 1);
  assert.match(rows[1] ?? '', /^ ?9999 /);
  assert.match(rows[10_000] ?? '', /^ +0 /);
});

test('names come first, most CPU first, and their CPU adds up to what is attributed', () => {
  const processes = [
    runProcess({ pid: 1, name: 'make', cpuSeconds: 0.5, reapedCpuSeconds: 0.25 }),
    runProcess({ pid: 2, name: 'cc1', cpuSeconds: 2, endedAt: '2026-11-22T22:52:40.000Z' }),
    runProcess({ pid: 3, name: 'cc1', cpuSeconds: 1 }),
  ];
  const exited = [runExited({ name: 'cc1', count: 20, cpuSeconds: 10 })];
  const lines = linesOf(renderTable(runDocument({ units: [runUnit({ processes, exited })] })));
  const at = lines.findIndex((line) => line.startsWith('NAME'));
  assert.match(lines[at + 1]!, /^cc1 +22 +1 +13\.00 /);
  assert.match(lines[at + 2]!, /^make +1 +1 +0\.75 /);
  assert.ok(at < lines.findIndex((line) => line.includes('PPID')));
});

test('a unit with several cgroups has a table of them after the names', () => {
  const id = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
  const pod = '/kubepods-burstable-pod0123.slice';
  const unit = runUnit({
    processes: [runProcess()],
    subCgroups: [
      runSubCgroup({ subCgroup: `${pod}/cri-containerd-${id}.scope`, count: 3, cpuSeconds: 2.5 }),
      runSubCgroup({ subCgroup: null, cpuSeconds: 0.5 }),
    ],
  });
  const tableIn = (columns: number) => {
    const lines = linesOf(renderTable(runDocument({ units: [unit] }), { columns }));
    const at = lines.findIndex((line) => line.startsWith('SUB_CGROUP'));
    assert.ok(lines.findIndex((line) => line.startsWith('NAME')) < at);
    assert.ok(at < lines.findIndex((line) => line.includes('PID')));
    return lines.slice(at, at + 3);
  };
  const [title, container, own] = tableIn(140);
  assert.match(title!, /^SUB_CGROUP +COUNT +RUNNING +CPU_S +CPU% +PEAK_MEM_MB +DISK_TOTAL +XFER_TOTAL$/);
  assert.match(
    container!,
    /^\/kubepods-burstable-pod0123\.slice\/cri-containerd-9f86d081884c…\.scope +3 +1 +2\.50 /,
  );
  assert.match(own!, /^\/ +1 +1 +0\.50 /);
  const [, narrow] = tableIn(80);
  assert.match(narrow!, /^…\/cri-cont\S* +3 /);
  for (const line of tableIn(80)) assert.ok(stringWidth(line) <= 80, line);
});

test('the last of several units is their sum, in which nested ones count once', () => {
  const cpu = (totalSeconds: number, attributedSeconds: number) => ({
    totalSeconds,
    attributedSeconds,
    unattributed: { reapedOutsideSeconds: 0, unknownSeconds: totalSeconds - attributedSeconds },
    coverage: attributedSeconds / totalSeconds,
    sharedSeconds: 0,
  });
  const units = [
    runUnit({
      unit: 'a.service',
      cgroup: '/system.slice/a.service',
      cpu: cpu(1, 0.5),
      processes: [runProcess()],
    }),
    runUnit({ unit: 'b.service', cgroup: '/system.slice/b.service', cpu: cpu(3, 3), instances: 2 }),
  ];
  const unitRows = (all: readonly RunUnit[]) => {
    const lines = linesOf(renderTable(runDocument({ units: all })));
    return lines.slice(3, 4 + all.length).map((line) => line.split(/ {2,}/));
  };
  const [b, a, total] = unitRows(units);
  assert.deepEqual([b![0], a![0]], ['b.service', 'a.service']);
  assert.deepEqual(total!.slice(0, 4), ['total', '4.00', '87.5%', '-']);
  assert.deepEqual(total!.slice(-2), ['1', '3']);
  const slice = runUnit({ unit: 'system.slice', cgroup: '/system.slice', cpu: cpu(5, 4.5) });
  assert.deepEqual(
    unitRows([...units, slice])
      .at(-1)!
      .slice(0, 3),
    ['total (nested units once)', '5.00', '90.0%'],
  );
});

test('a unit takes a screen, however many processes it had, unless more rows are asked for', () => {
  const processes = Array.from({ length: 7_390 }, (_, pid) =>
    runProcess({ pid, name: `n${pid % 50}`, cpuSeconds: pid }),
  );
  const subCgroups = Array.from({ length: 30 }, (_, at) => runSubCgroup({ subCgroup: `/run-${at}.scope` }));
  const document = runDocument({ units: [runUnit({ processes, subCgroups })] });
  const lines = linesOf(renderTable(document));
  assert.ok(lines.includes('… 22 more cgroups: --summary json'));
  assert.ok(lines.length <= 60, `${lines.length} lines`);
  assert.ok(lines.includes('… 7375 more processes: --summary-rows all, --report FILE or --summary json'));
  assert.ok(lines.includes('… 38 more names: --summary json'));
  assert.ok(
    linesOf(renderTable(document, { rows: 100 })).includes(
      '… 7290 more processes: --summary-rows all, --report FILE or --summary json',
    ),
  );
});

test('headings are bold where the terminal has that, and nothing else is', () => {
  const bold = renderTable(REALISTIC, { bold: true });
  assert.equal(stripVTControlCharacters(bold), renderTable(REALISTIC));
  assert.match(bold, /\u001b\[1mnginx\.service\u001b\[22m/);
});

test('the command’s exit code is told', () => {
  const end = (exitCode: number | null) => renderTable(runDocument({ command: { exitCode } }));
  assert.match(end(3), /^Command: exit code 3$/m);
  assert.match(end(137), /^Command: exit code 137 \(128 \+ SIGKILL\)$/m);
  assert.match(end(null), /^Command: ended by unitledger at the end of --duration$/m);
  assert.doesNotMatch(renderTable(runDocument()), /Command/);
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
  assert.match(table, /processes: peak 6 at 22:52:41 \(9\.5s in\)/);
});

test('the outcome of the export is the last line, and all else can be rendered before it is known', () => {
  const before = runDocument({ export: { delivered: 0, failed: 0, spooled: 3 } });
  const after = runDocument({ export: { delivered: 3, failed: 0, spooled: 0 } });
  assert.equal(
    [...tableBodyLines(before, {}, NO_CHOICE)].join('') + renderTableEnd(after),
    renderTable(after),
  );
  assert.match(renderTableEnd(after), /^\nExport: .*\n$/);
});

test('what became of the spans stands below the outcome of the export, where there were any', () => {
  const traces = { spans: 1, foldedProcesses: 0, delivered: 1, failed: 0, spooled: 0, rejectedSpans: 0 };
  assert.match(
    renderTableEnd(runDocument({ export: null, traces })),
    /^\nExport: nothing sent\nTraces: 1 span, delivered 1 batch, failed 0\n$/,
  );
  const all = { spans: 9, foldedProcesses: 5, delivered: 2, failed: 1, spooled: 3, rejectedSpans: 4 };
  assert.match(
    renderTableEnd(runDocument({ traces: all })),
    /\nTraces: 9 spans, 5 processes folded, delivered 2 batches, failed 1, still spooled 3, the collector rejected 4 spans\n$/,
  );
});

test('exit records that were stopped do not pass for complete', () => {
  const counts = { received: 50_000, lost: 0, stoppedAt: '2026-11-22T22:52:52.112Z' };
  assert.match(
    renderTable(runDocument({ exitRecords: counts, processEvents: counts })),
    /^Exit records: 50000 received, none lost; stopped at 22:52:52 because reading them took too much CPU: /m,
  );
});
