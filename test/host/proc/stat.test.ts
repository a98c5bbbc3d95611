import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ParseError } from '../../../src/host/parse-error.ts';
import { commOf, isEnding, parseStat, STATE_ZOMBIE, StatFields } from '../../../src/host/proc/stat.ts';

const TAIL =
  '1 4242 4242 0 -1 4194560 1001 2002 3 4 55 66 -7 88 20 0 9 0 123456 104857600 2560 18446744073709551615 1 1 0';

function parse(line: string | Buffer): { fields: StatFields; name: string } {
  const buffer = typeof line === 'string' ? Buffer.from(line) : line;
  const fields = new StatFields();
  parseStat(buffer, buffer.length, fields);
  return { fields, name: commOf(buffer, fields) };
}

describe('/proc/PID/stat', () => {
  it('gives every used field, including negative ones', () => {
    const { fields, name } = parse(`4242 (nginx) S ${TAIL}\n`);
    assert.equal(name, 'nginx');
    assert.equal(fields.pid, 4242);
    assert.equal(fields.state, 'S'.charCodeAt(0));
    assert.equal(fields.ppid, 1);
    assert.equal(fields.minorFaults, 1001);
    assert.equal(fields.majorFaults, 3);
    assert.equal(fields.userTicks, 55);
    assert.equal(fields.systemTicks, 66);
    assert.equal(fields.childrenUserTicks, -7);
    assert.equal(fields.childrenSystemTicks, 88);
    assert.equal(fields.threads, 9);
    assert.equal(fields.startTicks, 123456);
    assert.equal(fields.rssPages, 2560);
  });

  it('distinguishes ending and ended processes from running ones', () => {
    const flags = (value: number) =>
      TAIL.replace('4194560', String(value)).replace(' 9 0 123456', ' 1 0 123456');
    assert.equal(isEnding(parse(`7 (a) S ${flags(0x400000)}\n`).fields), false);
    assert.equal(isEnding(parse(`7 (a) R ${flags(0x400004)}\n`).fields), true);
    assert.equal(isEnding(parse(`7 (a) Z ${flags(0x400000)}\n`).fields), true);
    // Of nine threads.
    assert.equal(isEnding(parse(`7 (a) Z ${TAIL}\n`).fields), false);
  });

  for (const comm of [
    '(a b ) ( c d) ',
    ') S 1',
    'x) Z 9 9 9',
    '',
    '\n',
    '\x1b[2J\x07',
    ')',
    '(',
    '🐘🐘🐘xyz',
  ]) {
    it(`takes the name up to the last parenthesis: ${JSON.stringify(comm)}`, () => {
      const { fields, name } = parse(`7 (${comm}) Z ${TAIL}\n`);
      assert.equal(name, comm);
      assert.equal(fields.state, STATE_ZOMBIE);
      assert.equal(fields.startTicks, 123456);
    });
  }

  it('decodes a name that is not UTF-8 without losing other fields', () => {
    const line = Buffer.concat([
      Buffer.from('7 ('),
      Buffer.from([0xff, 0xfe, 0x80]),
      Buffer.from(`) R ${TAIL}\n`),
    ]);
    const { fields, name } = parse(line);
    assert.equal(name, '\ufffd\ufffd\ufffd');
    assert.equal(fields.userTicks, 55);
  });

  it('distinguishes names by their hash', () => {
    assert.notEqual(parse(`7 (a) R ${TAIL}\n`).fields.commHash, parse(`7 (b) R ${TAIL}\n`).fields.commHash);
    assert.equal(parse(`7 (a) R ${TAIL}\n`).fields.commHash, parse(`8 (a) S ${TAIL}\n`).fields.commHash);
  });

  it('reads this process', () => {
    const { fields } = parse(readFileSync('/proc/self/stat'));
    assert.equal(fields.pid, process.pid);
    assert.equal(fields.ppid, process.ppid);
    assert.ok(fields.threads >= 1);
  });

  it('rejects a line that is truncated before its last used field', () => {
    const line = `4242 (nginx) S ${TAIL}\n`;
    const end = line.indexOf(' 2560 ') + ' 2560'.length;
    for (let length = 0; length <= end; length++) {
      assert.throws(() => parse(line.slice(0, length)), ParseError, `at ${length}`);
    }
    assert.doesNotThrow(() => parse(line.slice(0, end + 1)));
  });

  it('throws only ParseError, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        try {
          parse(Buffer.from(bytes));
        } catch (error) {
          assert.ok(error instanceof ParseError, String(error));
        }
      }),
    );
  });

  it('restores any name and any numbers that were written', () => {
    const number = fc.integer({ min: 0, max: 2 ** 48 });
    const bytes = fc.uint8Array({ maxLength: 63 }).map((array) => Buffer.from(array));
    fc.assert(
      fc.property(bytes, number, number, number, (comm, user, children, start) => {
        const line = Buffer.concat([
          Buffer.from('77 ('),
          comm,
          Buffer.from(`) S 1 2 3 4 5 6 7 8 9 10 ${user} 12 ${children} 14 15 16 17 18 ${start} 20 21 22\n`),
        ]);
        const { fields, name } = parse(line);
        assert.equal(name, comm.toString('utf8'));
        assert.deepEqual(
          [fields.userTicks, fields.childrenUserTicks, fields.startTicks],
          [user, children, start],
        );
      }),
    );
  });

  it('escapes the unparsable text in its message', () => {
    assert.throws(
      () => parse('not a\x1b[31mstat'),
      (error: ParseError) => {
        assert.equal(error.file, '/proc/PID/stat');
        assert.equal(error.field, 'pid');
        assert.ok(!error.message.includes('\x1b'));
        return true;
      },
    );
  });
});
