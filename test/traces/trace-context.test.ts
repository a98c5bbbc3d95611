import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { newContext, readTraceParent, withTraceContext } from '../../src/traces/trace-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const VALID = `00-${TRACE}-${SPAN}-01`;

function read(environment: Record<string, string | undefined>) {
  const warnings: string[] = [];
  return { parent: readTraceParent(environment, (sentence) => warnings.push(sentence)), warnings };
}

test('a span of another program is read with its flag and its state', () => {
  assert.deepEqual(read({ TRACEPARENT: VALID, TRACESTATE: 'ci=1, vendor@x=a b' }), {
    parent: { traceId: TRACE, spanId: SPAN, isSampled: true, state: 'ci=1,vendor@x=a b' },
    warnings: [],
  });
  assert.equal(read({ TRACEPARENT: VALID.replace(/01$/, '00') }).parent?.isSampled, false);
  assert.equal(read({ TRACEPARENT: VALID.replace(/01$/, '03') }).parent?.isSampled, true);
});

test('without a variable, or with an empty one, there is no parent and no warning', () => {
  for (const environment of [{}, { TRACEPARENT: '' }, { TRACEPARENT: ' ' }, { TRACESTATE: 'a=b' }])
    assert.deepEqual(read(environment), { parent: null, warnings: [] });
});

test('a later version may have more fields, version 00 may not', () => {
  assert.equal(read({ TRACEPARENT: `01-${TRACE}-${SPAN}-01-more` }).parent?.traceId, TRACE);
  assert.equal(read({ TRACEPARENT: `${VALID}-more` }).parent, null);
});

test('a malformed TRACEPARENT is ignored with one printable warning', () => {
  for (const text of [
    'x',
    VALID.toUpperCase(),
    VALID.slice(1),
    `ff-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-0g`,
    `\u001b]0;title\u0007${VALID}`,
    'a'.repeat(100_000),
  ]) {
    const { parent, warnings } = read({ TRACEPARENT: text, TRACESTATE: 'also bad' });
    assert.equal(parent, null, text);
    assert.equal(warnings.length, 1, text);
    assert.match(warnings[0]!, /^ignoring TRACEPARENT="/);
    assert.doesNotMatch(warnings[0]!, /\p{Cc}/u);
    assert.ok(warnings[0]!.length < 700);
  }
});

test('a malformed TRACESTATE is dropped, and the parent is kept', () => {
  for (const state of [
    '=b',
    'a',
    'A=b',
    'a=\u0001',
    Array.from({ length: 33 }, (_, i) => `k${i}=v`).join(),
  ]) {
    const { parent, warnings } = read({ TRACEPARENT: VALID, TRACESTATE: state });
    assert.equal(parent?.spanId, SPAN);
    assert.equal(parent?.state, '');
    assert.equal(warnings.length, 1, state);
  }
});

test('reading never throws, whatever the variables contain', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (TRACEPARENT, TRACESTATE) => {
      read({ TRACEPARENT, TRACESTATE });
    }),
  );
});

test('a program gets the span as its parent, and no unknown state', () => {
  const { parent } = read({ TRACEPARENT: VALID, TRACESTATE: 'ci=1' });
  const child = newContext(parent);
  assert.equal(child.traceId, TRACE);
  assert.notEqual(child.spanId, SPAN);
  assert.deepEqual(withTraceContext({ PATH: '/bin', TRACEPARENT: VALID, TRACESTATE: 'old=1' }, child), {
    PATH: '/bin',
    TRACEPARENT: `00-${TRACE}-${child.spanId}-01`,
    TRACESTATE: 'ci=1',
  });
  const first = newContext(null);
  const environment = withTraceContext({ TRACESTATE: 'old=1' }, first);
  assert.deepEqual(Object.keys(environment), ['TRACEPARENT']);
  assert.deepEqual(read(environment).parent, first);
});
