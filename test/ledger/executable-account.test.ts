import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExecutableAccounts } from '../../src/ledger/accounts/executable-account.ts';
import { SeriesBudget } from '../../src/ledger/accounts/series-budget.ts';

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

test('a unit that invents names, or titles, does not grow accounts without end', () => {
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

test('a name without processes for an hour is replaced by another, and starts at zero when it returns', () => {
  const accounts = new ExecutableAccounts();
  const closeAt = (minutes: number) => accounts.windowClosed(minutes * 60_000);
  for (let i = 0; i < 200; i++) accounts.of(`x${i}`).cpuSeconds += 1;
  closeAt(1);
  for (const account of accounts.all()) account.idleSinceUnixMillis = 60_000;
  accounts.of('x0');
  closeAt(60);
  assert.equal(accounts.of('new').executable, 'other');
  closeAt(61);
  const fresh = accounts.of('new');
  assert.deepEqual([fresh.executable, fresh.sinceUnixMillis], ['new', 61 * 60_000]);
  const names = [...accounts.all()].map(({ executable }) => executable);
  assert.equal(names.length, 201);
  assert.ok(names.includes('x0') && !names.includes('x1'));
  assert.equal(accounts.of('x1').cpuSeconds, 0);
});

test('names of all units share the budget of series; the first name of each unit always has room', () => {
  const budget = new SeriesBudget(100);
  const [one, two] = [new ExecutableAccounts(budget), new ExecutableAccounts(budget)];
  const namesOf = (accounts: ExecutableAccounts) =>
    ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => accounts.of(name).executable).join(' ');
  assert.equal(namesOf(one), 'a b c d e other');
  assert.equal(namesOf(two), 'a other other other other other');
  one.release();
  assert.equal(namesOf(two), 'a b c d e other');
});

test('a process named other shares the account of names without one', () => {
  const accounts = new ExecutableAccounts();
  assert.equal(accounts.of('other'), accounts.rest);
});
