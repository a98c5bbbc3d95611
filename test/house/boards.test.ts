import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DATADOG_DASHBOARDS } from '../../scripts/boards/datadog.ts';
import { HONEYCOMB_BOARDS } from '../../scripts/boards/honeycomb.ts';
import { attributeKeys, CATALOGUE } from '../../src/telemetry/catalogue.ts';
import { datadogQueries, documentedQueries, honeycombQueries, type Question } from './board-questions.ts';

/** Of the resource: they are on every point. */
const OF_RESOURCE = ['service.instance.id', 'host.name'];
const metrics = new Map(CATALOGUE.map((metric) => [metric.name, metric]));

/** What is asked for and nobody sends. */
function unknownIn(questions: readonly Question[]): string[] {
  return questions.flatMap(({ metric, attributes }) => {
    const known = metrics.get(metric);
    if (known === undefined) return [metric];
    const keys = [...attributeKeys(known), ...OF_RESOURCE];
    return attributes.filter((key) => !keys.includes(key)).map((key) => `${key} of ${metric}`);
  });
}

for (const [backend, boards, questionsOf] of [
  ['Datadog', DATADOG_DASHBOARDS, datadogQueries],
  ['Honeycomb', HONEYCOMB_BOARDS, honeycombQueries],
] as const) {
  describe(`the boards for ${backend}`, () => {
    const questions = Object.values(boards).flatMap((board) => questionsOf(board()));

    test('ask for metrics and attributes of the catalogue, by the names that they are sent under', () => {
      assert.ok(questions.length > 50);
      assert.deepEqual(unknownIn(questions), []);
    });

    test('have as many queries as docs/backends.md says', () => {
      assert.equal(documentedQueries(backend).all, questions.length);
    });
  });
}

test('what nobody sends is found', () => {
  const question = (metric: string, ...attributes: string[]) => ({ metric, attributes });
  assert.deepEqual(
    unknownIn([
      question('unitledger.unit.cpu.booked.time', 'booking', 'host.name'),
      question('unitledger.unit.cpu.seconds'),
      question('unitledger.unit.cpu.time', 'process.pid'),
    ]),
    ['unitledger.unit.cpu.seconds', 'process.pid of unitledger.unit.cpu.time'],
  );
});
