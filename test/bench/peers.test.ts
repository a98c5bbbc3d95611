import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { peersFor } from '../../bench/peers/contenders.ts';

const task = (folder: string) => ({
  intervalSeconds: 1,
  processName: 'population',
  cgroupDirectory: '/somewhere/in/cgroups',
  collector: 'http://127.0.0.1:4318',
  folder,
  ports: [1, 2, 3],
});

test('a peer that is not there is left out, with what gets it', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'unitledger-peers-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const none = peersFor(
    task(folder),
    () => undefined,
    () => undefined,
  );
  assert.deepEqual(none.present, []);
  assert.equal(none.leftOut.length, 6);
  for (const sentence of none.leftOut)
    assert.match(sentence, /not on this machine \(npm run bench:install-peers\)/);
  const some = peersFor(
    task(folder),
    (name) => (name === 'top' ? '/usr/bin/top' : undefined),
    () => undefined,
  );
  assert.deepEqual(
    some.present.map(({ plan }) => plan.argv),
    [['/usr/bin/top', '-b', '-d', '1']],
  );
  assert.equal(some.leftOut.length, 5);
});
