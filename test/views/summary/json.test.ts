import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { REALISTIC, runDocument, runExited, runProcess, runUnit, statistic } from '../documents.ts';
import { anyName, UNSAFE } from '../names.ts';
import { renderJson } from './rendered.ts';

const figure = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });

test('the JSON is the document, exactly, whatever names and figures it holds', () => {
  fc.assert(
    fc.property(anyName, figure, (name, value) => {
      const row = runProcess({
        name,
        command: name,
        cpuSeconds: value,
        cpuPercent: statistic(value, value, value),
      });
      const document = runDocument({
        units: [
          runUnit({
            unit: name,
            cgroup: name,
            processes: [row],
            exited: [runExited({ name, diskBytes: value })],
          }),
        ],
      });
      const json = renderJson(document);
      assert.deepEqual(JSON.parse(json), document);
      assert.doesNotMatch(json, UNSAFE);
    }),
  );
});

test('it is indented by two spaces and ends in a line break', () => {
  assert.match(renderJson(REALISTIC), /^\{\n {2}"schema": "unitledger\.run\/1",\n.*\n\}\n$/s);
});

test('a figure that is no number is null', () => {
  const units = [
    runUnit({ processes: [runProcess({ diskBytes: Number.NaN, transferBytes: Number.NEGATIVE_INFINITY })] }),
  ];
  const row = JSON.parse(renderJson(runDocument({ units }))).units[0].processes[0];
  assert.equal(row.diskBytes, null);
  assert.equal(row.transferBytes, null);
});

test('ten thousand processes are ten thousand rows', () => {
  const processes = Array.from({ length: 10_000 }, (_, pid) => runProcess({ pid }));
  const document = runDocument({ units: [runUnit({ processes })] });
  assert.equal(JSON.parse(renderJson(document)).units[0].processes.length, 10_000);
});
