import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExecutableAccounts } from '../../src/ledger/executable-account.ts';

test('processes of one executable share an account, unless they have titles of their own', () => {
  const accounts = new ExecutableAccounts();
  assert.equal(accounts.of('postgres'), accounts.of('postgres', null));
  assert.equal(
    accounts.of('postgres', 'postgres: checkpointer'),
    accounts.of('postgres', 'postgres: checkpointer'),
  );
  assert.notEqual(accounts.of('postgres', 'postgres: checkpointer'), accounts.of('postgres'));
  assert.deepEqual(
    [...accounts.all()].map(({ executable, title }) => [executable, title]),
    [
      ['postgres', null],
      ['postgres', 'postgres: checkpointer'],
    ],
  );
});

test('a unit that makes up names, or titles, does not grow accounts without end', () => {
  for (const titled of [false, true]) {
    const accounts = new ExecutableAccounts();
    for (let i = 0; i < 1000; i++) {
      const account = titled ? accounts.of('x', `x: ${i}`) : accounts.of(`x${i}`);
      account.cpuSeconds += 1;
    }
    const all = [...accounts.all()];
    assert.equal(all.length, 201);
    assert.deepEqual(
      all
        .filter(({ executable }) => executable === 'other')
        .map(({ cpuSeconds, title }) => [cpuSeconds, title]),
      [[800, null]],
    );
  }
});
