import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ParseError } from '../../../src/host/parse-error.ts';
import { parseMembership } from '../../../src/host/proc/membership.ts';

const parse = (text: string) => parseMembership(Buffer.from(text), Buffer.byteLength(text));
const at = (path: string) => ({ path, deleted: false, outside: false });

test('a v2 host has one line', () => {
  assert.deepEqual(parse('0::/system.slice/nginx.service\n'), {
    unified: at('/system.slice/nginx.service'),
    systemd: null,
    cpuacct: null,
  });
});

test('a hybrid host has a line for each hierarchy', () => {
  assert.deepEqual(parse('12:cpu,cpuacct:/\n3:memory:/x\n1:name=systemd:/a.service\n0::/b.service\n'), {
    unified: at('/b.service'),
    systemd: at('/a.service'),
    cpuacct: at('/'),
  });
});

test('a v1 host has no unified line', () => {
  assert.equal(parse('2:cpuacct:/x\n1:name=systemd:/a.service\n').unified, null);
});

test('a path may contain colons', () => {
  assert.equal(parse('0::/a:b.service/c:d\n').unified?.path, '/a:b.service/c:d');
});

test('the mark of a removed cgroup is stripped', () => {
  assert.deepEqual(parse('0::/system.slice/x.service (deleted)\n').unified, {
    path: '/system.slice/x.service',
    deleted: true,
    outside: false,
  });
});

test('a path outside of the cgroup namespace is recognised', () => {
  assert.equal(parse('0::/../..\n').unified?.outside, true);
  assert.equal(parse('0::/..\n').unified?.outside, true);
  assert.equal(parse('0::/../../x.service\n').unified?.outside, true);
  assert.equal(parse('0::/..x.service\n').unified?.outside, false);
});

test('a hierarchy with another name is not systemd’s', () => {
  assert.deepEqual(parse('1:name=elogind:/1\n0::/\n'), { unified: at('/'), systemd: null, cpuacct: null });
});

for (const text of ['x', '0::/a', '0::\n', '0:/a\n', '::/a\n', 'a::/a\n', '0::/a\n\n', '0::a\n']) {
  test(`${JSON.stringify(text)} is rejected`, () => {
    assert.throws(() => parse(text), ParseError);
  });
}

test('whatever the bytes are, only a ParseError is thrown', () => {
  const line = fc.tuple(
    fc.constantFrom('0::', '1:name=systemd:', '4:cpu,cpuacct:', 'x:', ''),
    fc.string(),
    fc.constantFrom('\n', ''),
  );
  const bytes = fc.oneof(
    fc.uint8Array(),
    fc.array(line).map((lines) => Buffer.from(lines.flat().join(''))),
  );
  fc.assert(
    fc.property(bytes, (text) => {
      try {
        parseMembership(text, text.length);
      } catch (error) {
        assert.ok(error instanceof ParseError, String(error));
      }
    }),
  );
});
