import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { compareRuns } from '../../src/comparison/compare-runs.ts';
import type { Comparison } from '../../src/comparison/comparison.ts';
import { type Judgement, judge } from '../../src/comparison/conditions.ts';
import { METRIC_NAMES } from '../../src/comparison/metrics.ts';
import { readCondition } from '../../src/config/read-condition.ts';
import { renderComparison } from '../../src/views/comparison/render-comparison.ts';
import { compared, runOf, runsWith, unitOf } from '../comparison/runs.ts';
import { HOSTILE, REALISTIC, runUnit } from './documents.ts';
import { anyName, UNSAFE } from './names.ts';

const schema = JSON.parse(
  readFileSync(new URL('../../docs/comparison.schema.json', import.meta.url), 'utf8'),
);
const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);
const FORMS = ['table', 'json', 'markdown', 'html'] as const;
const PLAIN = { hasColours: false };

const HEAVIER = compareRuns(runsWith(10, 10.2, 9.8), runsWith(12, 12.3, 11.9), 0.95);
const COMPARISONS: Readonly<Record<string, Comparison>> = {
  'a heavier run': HEAVIER,
  'single runs': compareRuns([compared(REALISTIC)], [compared(REALISTIC)], 0.95),
  'hostile names': compareRuns([compared(HOSTILE)], [compared(REALISTIC)], 0.99),
  'no unit in common': compareRuns(
    [compared(runOf([unitOf(1, { unit: 'a.service' })]))],
    [compared(runOf([unitOf(1), runUnit({ unit: 'never.service', instances: 0 })], 60))],
    0.95,
  ),
};

function judgements(comparison: Comparison, ...texts: string[]): Judgement[] {
  return texts.map((text) => {
    const condition = readCondition(text);
    assert.ok(!('problem' in condition), JSON.stringify(condition));
    return judge(condition, comparison);
  });
}

/** Elements of a page, by their names. */
function tagsOf(html: string): Set<string> {
  return new Set(Array.from(html.matchAll(/<([a-z0-9]+)/gi), ([, tag]) => tag!));
}

for (const [what, comparison] of Object.entries(COMPARISONS)) {
  test(`the JSON of ${what} is valid by the schema`, () => {
    const judged = judgements(comparison, 'cpu.avg>+10%', 'name:* exits<5', 'unit:none processes>1');
    assert.ok(
      validate(JSON.parse(renderComparison(comparison, judged, 'json', PLAIN))),
      JSON.stringify(validate.errors),
    );
  });
}

test('the schema describes every field, and names every metric', () => {
  for (const [name, object] of Object.entries({ '': schema, ...schema.$defs } as Record<
    string,
    Record<string, unknown>
  >)) {
    assert.ok('description' in object, name);
    assert.equal(object.additionalProperties, false, name);
    for (const [field, value] of Object.entries(object.properties as Record<string, object>))
      assert.ok('description' in value, `${name}/${field}`);
  }
  assert.deepEqual(schema.$defs.figure.properties.metric.enum, METRIC_NAMES);
});

test('the table says what is heavier, by how much, and how sure that is', () => {
  const table = renderComparison(
    HEAVIER,
    judgements(HEAVIER, 'cpu.avg>+10%', 'memory.max>+1%'),
    'table',
    PLAIN,
  );
  assert.match(table, /^unitledger compare: heavier\nbefore {2}3 runs of 30\.0s: run-10-0, run-10\.2-1/);
  assert.match(
    table,
    /\n {4}cpu\.seconds +10\.00s +12\.07s +\+2\.07s +\+20\.7% +\+16\.\d%\.\.\+2\d\.\d% {2}higher\n/,
  );
  assert.match(table, /\n {4}memory\.max +1\.0MiB +1\.0MiB +0B +0\.0% +0\.0%\.\.0\.0% {2}same\n/);
  assert.match(
    table,
    /\n--fail-if cpu\.avg>\+10%: met in 1 of 1\n {2}regression \(cpu\.avg>\+10%\): nginx\.service, cpu\.avg 33\.3% before, 40\.2% after: \+6\.9pp, \+20\.7%/,
  );
  assert.match(table, /\n--fail-if memory\.max>\+1%: not met\n/);
});

const ONE_EACH = compareRuns(runsWith(10), runsWith(12), 0.95);

test('with one run each a difference is higher or lower, unconfirmed, in every form for people', () => {
  const table = renderComparison(ONE_EACH, judgements(ONE_EACH, 'cpu.avg>+10%'), 'table', PLAIN);
  assert.match(table, /^unitledger compare: higher, unconfirmed\n/);
  assert.match(table, /cpu\.avg 33\.3% → 40\.0%, \+20\.0%, unconfirmed;/);
  assert.match(table, /\n {4}cpu\.seconds .* {2}higher, unconfirmed\n/);
  assert.match(table, /\n {4}memory\.max .*0\.0%\n/);
  assert.match(table, /regression \(cpu\.avg>\+10%\): .*\+20\.0%, unconfirmed\n/);
  const lower = compareRuns(runsWith(12), runsWith(10), 0.95);
  assert.match(
    renderComparison(lower, [], 'table', PLAIN),
    /: lower, unconfirmed\n.* {2}lower, unconfirmed\n/s,
  );
  const severalBefore = compareRuns(runsWith(10, 10.1), runsWith(12), 0.95);
  for (const comparison of [ONE_EACH, lower, severalBefore])
    for (const form of ['table', 'markdown', 'html'] as const)
      assert.doesNotMatch(renderComparison(comparison, [], form, PLAIN), /heavier|lighter/, form);
  const coloured = renderComparison(ONE_EACH, [], 'table', { hasColours: true });
  assert.doesNotMatch(coloured, /\u001b\[3[12]m/, 'only confirmed verdicts have colours');
});

test('a change below 5% of single runs is no difference', () => {
  const table = renderComparison(compareRuns(runsWith(10), runsWith(10.4), 0.95), [], 'table', PLAIN);
  assert.match(table, /^unitledger compare: no difference of 5% or more\n/);
  assert.doesNotMatch(table, /higher/);
});

test('intervals of the page share an axis with labels, and one that does not fit ends in an arrow', () => {
  const html = renderComparison(HEAVIER, [], 'html', PLAIN);
  // +20.7% with an interval of up to 25%: the axis reaches to 50%.
  assert.match(html, />-50%<\/text>.*>0<\/text>.*>\+50%<\/text>/);
  assert.doesNotMatch(html, /class="arrow"/);
  const scattered = compareRuns(runsWith(10, 1), runsWith(12, 30), 0.95);
  const clipped = renderComparison(scattered, [], 'html', PLAIN);
  assert.match(clipped, />-100%<\/text>.*>\+100%<\/text>/);
  const plot = /cpu\.seconds.*?(<svg.*?<\/svg>)/.exec(clipped)![1]!;
  assert.equal(plot.split('class="arrow"').length - 1, 2, 'both ends continue');
  assert.match(clipped, /an arrow marks an interval that continues beyond the axis/);
});

test('only a terminal gets colours', () => {
  assert.doesNotMatch(renderComparison(HEAVIER, [], 'table', PLAIN), /\u001b/);
  const coloured = renderComparison(HEAVIER, [], 'table', { hasColours: true });
  assert.match(coloured, /\u001b\[31mhigher\u001b\[0m\n/);
  assert.equal(coloured.replaceAll(/\u001b\[\d+m/g, ''), renderComparison(HEAVIER, [], 'table', PLAIN));
});

test('Markdown has the answer on top and the figures folded, and fits into a comment', () => {
  const markdown = renderComparison(HEAVIER, judgements(HEAVIER, 'cpu.avg>+10%'), 'markdown', PLAIN);
  const [top, folded] = markdown.split('<details><summary>All metrics</summary>\n\n') as [string, string];
  assert.match(top, /^### unitledger: 1 regression :x:\n/);
  assert.match(top, /\*\*`nginx\.service`\*\* cpu\.avg 33\.3% → 40\.2%, \+20\.7%/);
  assert.ok(top.length < 1500, top);
  assert.match(folded, /\| cpu\.seconds \| 10\.00s \| 12\.07s \|/);
  assert.match(folded, /\n<\/details>\n$/);
  const many = runOf(Array.from({ length: 500 }, (_, index) => unitOf(1, { unit: `u${index}.service` })));
  const large = renderComparison(
    compareRuns([compared(many)], [compared(many)], 0.95),
    [],
    'markdown',
    PLAIN,
  );
  assert.ok(large.length < 65_536, String(large.length));
  assert.match(large, /more units did not fit/);
  assert.match(large, /\n<\/details>\n$/);
});

test('Markdown fits into a comment also with many conditions that are met, and many remarks', () => {
  const units = (cpuSeconds: number) =>
    Array.from({ length: 40 }, (_, index) =>
      unitOf(cpuSeconds, { unit: `${'u'.repeat(80)}${index}.service` }),
    );
  const missing = Array.from({ length: 400 }, (_, index) => `something is missing (${index})`);
  const [before, after] = [1, 2].map((seconds) => ({ ...compared(runOf(units(seconds))), missing }));
  const comparison = compareRuns([before!], [after!], 0.95);
  const met = judgements(comparison, ...Array.from({ length: 30 }, (_, at) => `cpu.avg>+${at}%`));
  const markdown = renderComparison(comparison, met, 'markdown', PLAIN);
  assert.ok(markdown.length < 65_536, String(markdown.length));
  assert.match(markdown, /^### unitledger: 1200 regressions :x:\n/);
  assert.equal(markdown.match(/\n- and 38 more\n/g)?.length, 30);
  assert.match(markdown, /\n> and \d+ more: `--format json` has all\n/);
});

test('the page asks for nothing, runs nothing, and names its style by its hash', () => {
  for (const comparison of Object.values(COMPARISONS)) {
    const html = renderComparison(comparison, judgements(comparison, 'cpu.avg>+10%'), 'html', PLAIN);
    const style = /<style>(.*?)<\/style>/s.exec(html)![1]!;
    const hash = createHash('sha256').update(style).digest('base64');
    assert.ok(
      html.includes(
        `content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`,
      ),
    );
    for (const tag of ['script', 'link', 'img', 'iframe', 'a', 'form', 'object'])
      assert.ok(!tagsOf(html).has(tag), tag);
    const bare = html.replace(style, '').replaceAll(/"[^"]*"/g, '""');
    assert.doesNotMatch(bare, /<[^>]*\s(?:style|on[a-z]+|src|href)=/);
    assert.doesNotMatch(style, /url\(|@import/);
  }
});

test('whatever units, processes, files and conditions are called, no form is harmed', () => {
  const wanted = tagsOf(
    renderComparison(COMPARISONS['hostile names']!, judgements(HEAVIER, 'cpu.avg>+1%'), 'html', PLAIN),
  );
  fc.assert(
    fc.property(anyName, anyName, anyName, (unit, name, file) => {
      const before = compared(runOf([unitOf(1, { unit, name })]), file);
      const after = compared(runOf([unitOf(2, { unit, name: `${name}2` })]), file);
      const comparison = compareRuns([{ ...before, missing: ['it has no end'] }], [after], 0.95);
      const condition = { ...judgements(comparison, 'cpu.avg>+1%')[0]!.condition, text: name };
      for (const form of FORMS) {
        const text = renderComparison(comparison, [judge(condition, comparison)], form, PLAIN);
        assert.doesNotMatch(text, UNSAFE, form);
        if (form === 'json') assert.equal(JSON.parse(text).units[0].unit, unit);
        if (form !== 'html') continue;
        for (const tag of tagsOf(text)) assert.ok(wanted.has(tag), tag);
        assert.equal(text.split('<h2').length, 2);
      }
    }),
    { numRuns: 100 },
  );
});
