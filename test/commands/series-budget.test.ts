import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FoldAdvice } from '../../src/commands/track/advice.ts';
import { openSeriesBudget } from '../../src/commands/track/run-parts.ts';
import { configIn } from '../config/loading.ts';
import { RecordedLog } from '../telemetry/recorded-log.ts';

test('a budget of series with no room for what was asked for by name is refused, with what it takes', () => {
  const config = (...argv: string[]) => configIn({}, argv);
  openSeriesBudget(config('--service', 'a', '--series-budget', '200'));
  assert.throws(
    () =>
      openSeriesBudget(config('--service', 'a', '--service', 'b', '--pid', '1', '--series-budget', '200')),
    { message: /^--series-budget must be at least \d+ for 3 targets, not "200"$/ },
  );
});

test('what is folded for want of room is said once of each kind, with the option that makes more', () => {
  const log = new RecordedLog();
  const advice = new FoldAdvice({ seriesBudget: 5000, exporters: ['otlp'] }, log);
  const none = { units: 0, namedOther: 0, processes: 400, processesOverBudget: 0 };
  advice.say(none);
  assert.deepEqual(log.said, []);
  for (let i = 0; i < 3; i++) advice.say({ ...none, units: 7, processesOverBudget: 12 });
  assert.equal(log.said.length, 2);
  assert.match(log.said[0]!, /^warn: .*7 units of patterns .*--series-budget \(5000\)/);
  advice.say({ ...none, namedOther: 3 });
  assert.match(log.said[2]!, /3 processes have the executable name "other"/);
});

test('where nothing is exported, nothing is said of series', () => {
  const log = new RecordedLog();
  new FoldAdvice({ seriesBudget: 5000, exporters: [] }, log).say({
    units: 1,
    namedOther: 1,
    processes: 1,
    processesOverBudget: 1,
  });
  assert.deepEqual(log.said, []);
});
