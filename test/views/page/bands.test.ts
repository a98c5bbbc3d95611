import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bandsOf, groupsOf } from '../../../src/views/page/client/run/bands.ts';
import { RunData } from '../../../src/views/page/client/run/run-data.ts';
import { namesOf, selectionOf } from '../../../src/views/page/client/run/selection.ts';
import { type Grouping, ViewState } from '../../../src/views/page/client/run/view-state.ts';
import { fitModel } from '../../../src/views/page/fit-model.ts';
import { simulatedRun } from './simulated-run.ts';

const GROUPINGS: readonly Grouping[] = ['name', 'process', 'unit'];
const NAMES = ['main', ...Array.from({ length: 15 }, (_, at) => `worker${at}`)];

/** A run of 150 processes with these names, most of which are folded. */
async function folded(names: readonly string[]): Promise<RunData> {
  const plan = { processes: 150, samples: 600, names, busy: 0.7 };
  const { document, history } = simulatedRun(plan, 40, { points: 100, lives: 30, numbers: 1e6 });
  const data = new RunData();
  const facts = { program: '0', hostName: null, goesOn: false, missing: [] };
  const { model } = await fitModel(document, history, facts);
  data.take(JSON.parse(JSON.stringify(model)));
  return data;
}

const data = await folded(NAMES);

describe('what plots stack', () => {
  const state = new ViewState();

  function stackOf(grouping: Grouping, figure: 'cpu' | 'memory' | 'disk'): number[] {
    const selection = selectionOf(data, state);
    const bands = bandsOf(data, selection, groupsOf(data, selection, grouping), figure);
    return data.seconds.map((_, point) => bands.reduce((sum, { values }) => sum + (values[point] || 0), 0));
  }

  test('is as high as the line of the unit at every moment, by name, by process and by unit', () => {
    const [unit] = data.units.values();
    for (const grouping of GROUPINGS)
      for (const [point, height] of stackOf(grouping, 'cpu').entries()) {
        const line = unit!.values.cpu?.[point] || 0;
        assert.ok(
          Math.abs(height - line) <= 0.004 * line + 0.02,
          `${grouping} ${point}: ${height}, not ${line}`,
        );
      }
  });

  test('is as high by name as by process and by unit, in memory and in disk', () => {
    for (const figure of ['memory', 'disk'] as const) {
      const [name, process, unit] = GROUPINGS.map((grouping) => stackOf(grouping, figure));
      assert.ok(Math.max(...name!) > 0);
      for (const [point, height] of name!.entries())
        for (const other of [process![point]!, unit![point]!])
          assert.ok(Math.abs(height - other) <= 1e-6 * height, `${figure} ${point}: ${height} and ${other}`);
    }
  });

  test('has a colour for the ten names that used most, and one for all others', () => {
    const groups = groupsOf(data, selectionOf(data, state), 'name');
    assert.equal(groups.filter(({ colour }) => colour !== null).length, 10);
    assert.equal(groups.at(-1)!.label, `${NAMES.length - 10} others`);
    for (const { label } of groups.slice(0, 10)) assert.match(label, /^(main|worker\d+ ×\d+)$/);
  });

  test('has no colour twice if one name is beyond the ten, which keeps its name', async () => {
    const eleven = await folded(NAMES.slice(0, 11));
    const groups = groupsOf(eleven, selectionOf(eleven, state), 'name');
    assert.deepEqual(
      groups.map(({ colour }) => colour),
      [...Array.from({ length: 10 }, (_, at) => at), null],
    );
    assert.match(groups.at(-1)!.label, /^(main|worker\d+) ×\d+$/);
  });

  test('is all of a name where it is shown alone, those without series of their own too', () => {
    const name = 'worker3';
    const shown = new ViewState();
    shown.toggleName(name);
    const selection = selectionOf(data, shown);
    const [group, ...more] = groupsOf(data, selection, 'name');
    assert.deepEqual(more, []);
    assert.ok(group!.others.length > 0, 'some of it is folded');
    const [band] = bandsOf(data, selection, [group!], 'cpu');
    const drawn = data.seconds.reduce((sum, seconds, point) => sum + (band!.values[point] || 0) * seconds, 0);
    const row = namesOf([...data.units.values()]).find((each) => each.name === name)!;
    assert.ok(drawn > 0 && drawn <= row.cpuSeconds * 1.01, `${drawn} of ${row.cpuSeconds}`);
    assert.ok(drawn >= 0.9 * row.cpuSeconds, `${drawn} of ${row.cpuSeconds}`);
  });
});
