import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readUserNames, UserNames } from '../../src/host/user-names.ts';

test('users have the names of their first lines, and their numbers if there is none', () => {
  const users = new UserNames(
    'root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\nbad\n:x:5:5::/:\nwww:x:33:33\n',
  );
  assert.deepEqual(
    [0, 33, 5, 1000].map((id) => users.of(id)),
    ['root', 'www', '5', '1000'],
  );
});

test('users of this host are read', () => {
  assert.equal(readUserNames('/proc').of(0), 'root');
  assert.equal(readUserNames('/nowhere').of(0), 'root');
});
