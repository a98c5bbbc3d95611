import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readMachineId } from '../../src/host/machine-id.ts';

const ID = 'd2a74c9650414f72ac009d1fe5d2d0c5';

/** A `/proc` whose PID 1 has a root directory with this file. */
function procWith(text: string | null, t: { after(act: () => void): void }): string {
  const procRoot = mkdtempSync(join(tmpdir(), 'unitledger-machine-id-'));
  t.after(() => rmSync(procRoot, { recursive: true }));
  mkdirSync(join(procRoot, '1/root/etc'), { recursive: true });
  if (text !== null) writeFileSync(join(procRoot, '1/root/etc/machine-id'), text);
  return procRoot;
}

test('the machine ID is that in the root directory of the host\u2019s PID 1', (t) => {
  assert.equal(
    readMachineId(procWith(`${ID}\n`, t), () => true),
    ID,
  );
});

test('the machine ID of a container, or of an unknown PID namespace, is not mistaken for that of the host', (t) => {
  for (const isOfHost of [false, null])
    assert.equal(
      readMachineId(procWith(`${ID}\n`, t), () => isOfHost),
      null,
    );
});

test('a machine without an ID, or with other content in the file, has none', (t) => {
  for (const text of [
    null,
    '',
    'uninitialized\n',
    `${'0'.repeat(32)}\n`,
    `${ID}0\n`,
    ID.toUpperCase(),
    `${ID} x`,
  ])
    assert.equal(
      readMachineId(procWith(text, t), () => true),
      null,
      String(text),
    );
});
