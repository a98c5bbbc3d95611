import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { UNIT_NAME } from '../../src/config/unit-name.ts';

function nameOf(text: string): string {
  const reading = UNIT_NAME.read(text);
  assert.equal(reading.kind, 'value', text);
  return (reading as { value: string }).value;
}

function explanationOf(text: string): string {
  const reading = UNIT_NAME.read(text);
  if (reading.kind === 'must') return reading.must;
  if (reading.kind === 'is') return reading.is;
  return assert.fail(`accepted: ${text}`);
}

test('a name without a unit type is a service', () => {
  assert.equal(nameOf('nginx'), 'nginx.service');
  assert.equal(nameOf('php8.2-fpm'), 'php8.2-fpm.service');
  assert.equal(nameOf('dbus-org.freedesktop.login1'), 'dbus-org.freedesktop.login1.service');
  assert.equal(nameOf('postgresql@16-main'), 'postgresql@16-main.service');
});

test('a complete name is unchanged', () => {
  for (const name of [
    'nginx.service',
    'session-2.scope',
    'system.slice',
    '-.slice',
    'a-b-c.slice',
    'sshd.socket',
    'var-lib-my\\x2ddata.mount',
    'dev-sda2.swap',
    'user@1000.service',
    'foo@.bar.service',
    'a@b@c.service',
    '_cpu.service',
    ':1.service',
  ]) {
    assert.equal(nameOf(name), name);
  }
});

test('a template is rejected, because only its instances have processes', () => {
  assert.match(
    explanationOf('postgresql@.service'),
    /template has no processes: name an instance, such as postgresql@NAME\.service/,
  );
  assert.match(explanationOf('postgresql@'), /template/);
});

test('a pattern matches whole names, so no suffix is appended', () => {
  for (const glob of [
    '*',
    'nginx*',
    'postgresql@*',
    '*.service',
    'ngin?',
    'n[g]inx',
    'a[!b-d].[[:lower:]]*',
  ]) {
    assert.equal(nameOf(glob), glob);
  }
});

test('an incomplete pattern, or one with characters that no name has, is rejected', () => {
  for (const glob of ['nginx[', 'n[b-a]*', '[[:nope:]]*', 'x[]'])
    assert.match(explanationOf(glob), /not a valid pattern/);
  for (const glob of ['[^a]*', '{a,b}*', 'a b*', 'ä*', '*\n'])
    assert.match(explanationOf(glob), /name of a systemd unit/);
  assert.match(explanationOf('*.timer'), /\.timer unit has no processes/);
  assert.match(explanationOf('*'.repeat(256)), /at most 255/);
});

test('a unit of a user manager is prefixed with the manager, and completed like others', () => {
  assert.equal(nameOf('user@1000.service/app.service'), 'user@1000.service/app.service');
  assert.equal(nameOf('user@1000.service/app'), 'user@1000.service/app.service');
  assert.equal(nameOf('user@1000.service/app.slice'), 'user@1000.service/app.slice');
  assert.equal(nameOf('user@1000.service/*.service'), 'user@1000.service/*.service');
  assert.equal(nameOf('user@*.service/pipewire*'), 'user@*.service/pipewire*');
  assert.match(explanationOf('user@1000.service/-.slice'), /is the manager itself: name user@1000\.service/);
  assert.match(explanationOf('user@1000.service/app@.service'), /template/);
});

test('no other slash is permitted in a name', () => {
  for (const name of [
    'a.service/b.service',
    'user@1000/b',
    'user@alice.service/b',
    'user@.service/b',
    'user@1.service/',
    '/b',
    'a/',
    'user@1.service/b/c',
    'user@x y.service/b',
  ]) {
    assert.match(explanationOf(name), /name of a systemd unit/, name);
  }
});

test('a unit type without processes is rejected', () => {
  for (const type of ['target', 'timer', 'path', 'device', 'automount']) {
    assert.match(
      explanationOf(`foo.${type}`),
      new RegExp(`\\.${type} unit has no processes: name a \\.service`),
    );
  }
});

test('names that systemd rejects are rejected', () => {
  const bad = [
    '',
    ' ',
    '.service',
    '@x.service',
    '@.service',
    'a b',
    'a/b',
    '/etc',
    'naïve',
    'a\n',
    'a\0',
    'a;b',
    'a,b',
  ];
  bad.push(
    '--.slice',
    'a--b.slice',
    '-a.slice',
    'a-.slice',
    'a@b.slice',
    'a@.slice',
    `${'a'.repeat(248)}.service`,
  );
  for (const text of bad) assert.notEqual(UNIT_NAME.read(text).kind, 'value', JSON.stringify(text));
  assert.equal(nameOf('a'.repeat(247)).length, 255);
});

test('every parsed name is complete: parsing it again changes nothing', () => {
  const likely = fc.stringMatching(/^[a-zA-Z0-9:._\\@-]{1,20}(\.(service|slice|scope))?$/);
  fc.assert(
    fc.property(fc.oneof(fc.string(), likely), (text) => {
      const reading = UNIT_NAME.read(text);
      if (reading.kind !== 'value') return;
      if (!/[*?[/]/.test(reading.value)) {
        assert.match(reading.value, /^[\w:.\\@-]{1,255}$/);
        assert.match(reading.value, /\.(service|scope|slice|socket|mount|swap)$/);
      }
      assert.equal(nameOf(reading.value), reading.value);
    }),
  );
});
