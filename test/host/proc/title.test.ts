import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseTitle } from '../../../src/host/proc/title.ts';

const titleOf = (cmdline: string | Uint8Array) => {
  const buffer = Buffer.from(cmdline as string);
  return parseTitle(buffer, buffer.length);
};

describe('the title in /proc/PID/cmdline', () => {
  const titles: Readonly<Record<string, string>> = {
    'postgres: checkpointer \0\0\0\0': 'postgres: checkpointer',
    'nginx: master process /usr/sbin/nginx -g daemon on;\0':
      'nginx: master process /usr/sbin/nginx -g daemon on;',
    'nginx: worker process\0\0\0\0\0\0': 'nginx: worker process',
    'sshd: root@pts/0': 'sshd: root@pts/0',
    'redis-server 127.0.0.1:6379      ': 'redis-server 127.0.0.1:6379',
  };
  for (const [cmdline, title] of Object.entries(titles)) {
    it(`is ${title}`, () => {
      assert.equal(titleOf(cmdline), title);
    });
  }

  for (const cmdline of [
    '',
    '\0\0',
    '/usr/sbin/nginx\0-g\0daemon on;\0',
    'sleep\0infinity\0',
    'sleep\0',
    '-bash\0',
    '(sd-pam)\0\0\0',
    '/opt/My App/run\0',
    '   \0',
  ]) {
    it(`is not ${JSON.stringify(cmdline)}, the arguments of a program`, () => {
      assert.equal(titleOf(cmdline), null);
    });
  }

  it('is short and well formed, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc
            .string({ minLength: 100, maxLength: 300, unit: 'grapheme' })
            .map((text) => Buffer.from(`a ${text}`)),
        ),
        (bytes) => {
          const title = titleOf(bytes);
          if (title === null) return;
          assert.ok(title.length <= 128);
          assert.ok(title.isWellFormed());
        },
      ),
    );
  });
});
