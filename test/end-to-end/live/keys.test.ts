import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { skipUnless } from '../../skip.ts';
import { Family } from './family.ts';
import { conditionOf, TmuxTerminal, tmuxAvailable } from './tmux.ts';

describe('unitledger --live, by its keys', skipUnless(tmuxAvailable()), () => {
  let family: Family;
  let terminal: TmuxTerminal;

  beforeEach(async () => {
    family = await Family.start(['quiet-one', 'quiet-two']);
    terminal = await TmuxTerminal.open();
  });
  afterEach(() => {
    terminal[Symbol.dispose]();
    family[Symbol.dispose]();
  });

  const start = async () => {
    terminal.start(['--live', '--interval', '0.2', '--pid', `${family.pid}`]);
    return await terminal.shows(/quiet-two .* 0\.0 /);
  };

  test('shows a header, a row of each process, and the keys', async () => {
    const lines = await start();
    assert.match(lines[0]!, /running, 1 instance, \d processes, .*every 0.2s, \d+ (ticks? )?missed/);
    for (const [at, title] of ['CPU', 'Memory', 'Disk', 'Transfer', 'Export'].entries())
      assert.match(lines[at + 1]!, new RegExp(`^ ${title} `));
    assert.match(lines[6]!, /PID NAME +PPID +▼CPU% +REAPED% +MEMORY +DISK +TRANSFER +THR +UPTIME S$/);
    const quiet = new RegExp(`^ +\\d+ quiet-one +${family.pid} +0\\.0 .*[KM]iB .* 1 +\\d+`);
    assert.ok(
      lines.some((line) => quiet.test(line)),
      lines.join('\n'),
    );
    assert.match(lines.at(-1)!, /q Quit {2}\? Help/);
    assert.equal(terminal.ask('#{alternate_on} #{cursor_flag}'), '1 0');
    await terminal.shows(/^ +\d+ sh .* [1-9]\d*s [A-Z]$/);
  });

  test('sorts, draws the tree, filters and shows minimum and maximum', async () => {
    await start();
    terminal.press('s');
    await terminal.shows('▼REAPED%');
    terminal.press('<');
    await terminal.shows('▼CPU%');
    terminal.press('r');
    await terminal.shows('▲CPU%');

    terminal.press('t');
    await terminal.shows(/^ +\d+ +sh /);
    await terminal.shows(/─ quiet-one/);
    terminal.press('t');
    await terminal.hides('─ quiet-one');

    terminal.press('/');
    terminal.type('two');
    terminal.press('Enter');
    await terminal.hides('quiet-one');
    await terminal.shows('quiet-two');
    await terminal.shows('/two 1 row');
    terminal.press('Escape');
    await terminal.shows('quiet-one');

    terminal.press('m');
    await terminal.shows('▲CPU%(min/max/avg)');
    await terminal.shows(/quiet-one .* 0\.0\/\d+\.\d\/\d+\.\d /);
    terminal.press('m');
    await terminal.hides('(min/max/avg)');
  });

  test('switches between rows by process, by name and by unit', async () => {
    await start();
    terminal.press('n');
    const lines = await terminal.shows(/COUNT NAME +RUNNING +▼CPU% +CPU_S/);
    const units = lines.filter((line) => line.startsWith(` pid:${family.pid} `));
    assert.match(units[1]!, / \d+\.\d +\d+\.\d\d /);
    const rowOf = (name: string) => lines.find((line) => line.includes(`  ${name} `));
    assert.match(rowOf('quiet-one')!, /^ +1 +quiet-one +1 +0\.0 +0\.0\d /);
    assert.match(rowOf('sh')!, /^ +1 +sh .* 1 +\d+\.\d /);
    // Children that live too shortly to be seen are in the row of the shell that waits for them.
    await terminal.shows(/ sh incl\. \d+\.\d\ds of ended children +1 /);
    terminal.press('n');
    await terminal.shows(/^ NAME +RUNNING +▼CPU%/);
    await terminal.hides('quiet-one');
    terminal.press('n');
    await terminal.shows(/PID NAME/);
    await terminal.shows('quiet-one');
  });

  test('filters while the filter is typed', async () => {
    await start();
    terminal.press('/');
    terminal.type('two');
    await terminal.hides('quiet-one');
    await terminal.shows(/Filter: two +1 row; Enter: keep/);
    terminal.press('Escape');
    await terminal.shows('quiet-one');
  });

  test('freezes while it is paused, and continues', async () => {
    await start();
    terminal.press('p');
    const [first] = await terminal.shows('PAUSED');
    // A key is answered, and nothing else has changed.
    terminal.press('?');
    await terminal.shows('end the run, and print its summary');
    terminal.press('Escape');
    const [later] = await terminal.shows('quiet-one');
    assert.equal(later, first);
    terminal.press('p');
    await terminal.hides('PAUSED');
    await terminal.until((lines) => lines[0] !== first, 'time that goes on');
  });

  test('shows the history of one process, and the help', async () => {
    await start();
    terminal.press('/');
    terminal.type('two');
    terminal.press('Enter');
    await terminal.hides('quiet-one');
    terminal.press('Down', 'Enter');
    await terminal.shows(new RegExp(`^ quiet-two {2}PID \\d+, PPID ${family.pid}, up `));
    await terminal.shows(/^ Memory .* avg .*iB .* peak .*iB/);
    await terminal.shows(/now ┘$/);
    await terminal.shows('█');
    terminal.press('Escape');
    await terminal.hides(', PPID ');
    terminal.press('?');
    await terminal.shows('end the run, and print its summary');
    terminal.press('?');
    await terminal.shows('▼CPU%');
  });

  test('fits the terminal whenever its size changes', async () => {
    await start();
    for (const [columns, rows] of [
      [60, 15],
      [40, 10],
      [200, 50],
      [120, 34],
    ] as const) {
      terminal.resize(columns, rows);
      const lines = await terminal.until(
        (all) => all.length === rows && /q Quit/.test(all.at(-1)!) && all.some((line) => /▼CPU%/.test(line)),
        `a screen of ${columns} × ${rows}`,
      );
      const heading = lines.find((line) => line.includes('▼CPU%'))!;
      assert.equal(heading.includes('TRANSFER'), columns >= 120, heading);
      assert.ok(lines.every((line) => line.length <= columns));
    }
  });

  test('restores the screen on q and on Ctrl+C, and prints the summary', async () => {
    // High enough for what was typed and the summary.
    terminal.resize(120, 50);
    const before = await conditionOf(terminal);
    for (const key of ['q', 'C-c']) {
      await start();
      terminal.press(key);
      const lines = await terminal.shows(/^Export: /);
      assert.ok(lines.some((line) => line.startsWith('unitledger run ')));
      // The screen of the shell is there again, with what was typed.
      assert.ok(lines.join('').includes('--live'), lines.join('\n'));
      assert.deepEqual(await conditionOf(terminal), before);
      assert.equal(await terminal.outputOf('echo $?'), '0\n');
      terminal.typeLine('clear');
      await terminal.hides('Export:');
    }
  });
});
