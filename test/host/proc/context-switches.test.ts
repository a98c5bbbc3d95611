import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ParseError } from '../../../src/host/parse-error.ts';
import { ContextSwitches, parseContextSwitches } from '../../../src/host/proc/status.ts';

function parse(text: string | Uint8Array, length?: number): ContextSwitches {
  const buffer = Buffer.from(text as string);
  const switches = new ContextSwitches();
  parseContextSwitches(buffer, length ?? buffer.length, switches);
  return switches;
}

const STATUS =
  'Name:\tsh\nUmask:\t0022\nMems_allowed_list:\t0\nvoluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t345\n';

describe('context switches in /proc/PID/status', () => {
  it('are the voluntary and the involuntary ones', () => {
    assert.deepEqual({ ...parse(STATUS) }, { voluntary: 12, involuntary: 345 });
  });

  it('are found if newer kernels have more lines after them', () => {
    assert.equal(parse(`${STATUS}x86_Thread_features:\t\nx86_Thread_features_locked:\t\n`).involuntary, 345);
  });

  it('are read for this process', () => {
    assert.ok(parse(readFileSync('/proc/self/status')).voluntary > 0);
  });

  it('are not read from beyond the valid part of the buffer', () => {
    assert.throws(() => parse(STATUS, STATUS.length - 1), ParseError);
  });

  for (const text of ['', 'Name:\tsh\n', 'voluntary_ctxt_switches:\t1\n', STATUS.replace('12', '-1')]) {
    it(`are rejected in ${JSON.stringify(text)}`, () => {
      assert.throws(() => parse(text), ParseError);
    });
  }

  it('are the numbers that were written, whatever the lines before', () => {
    const number = fc.integer({ min: 0, max: 2 ** 40 });
    fc.assert(
      fc.property(fc.string(), number, number, (before, voluntary, involuntary) => {
        const text = `${before}\nvoluntary_ctxt_switches:\t${voluntary}\nnonvoluntary_ctxt_switches:\t${involuntary}\n`;
        assert.deepEqual({ ...parse(text) }, { voluntary, involuntary });
      }),
    );
  });

  it('end in a ParseError only, wherever the text is truncated', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.nat(STATUS.length).map((end) => Buffer.from(STATUS.slice(0, end))),
        ),
        (bytes) => {
          try {
            parse(bytes);
          } catch (error) {
            assert.ok(error instanceof ParseError, String(error));
          }
        },
      ),
    );
  });
});
