import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnitPlaces } from '../../../src/discovery/units/unit-places.ts';

const named = (name: string) => ({ name, isPattern: false });
const pattern = (name: string) => ({ name, isPattern: true });

test('requested names come first, each once; a pattern’s units follow', () => {
  const places = new UnitPlaces([named('a'), pattern('*'), named('b'), named('a')], 10, 0);
  assert.equal(places.admit('c', '*', 0), 'c');
  assert.equal(places.admit('d', '*', 0), 'd');
  assert.deepEqual(places.names, ['a', '*', 'b', 'c', 'd']);
  assert.deepEqual(
    places.origins.map(({ kind, pattern }) => [kind, pattern]),
    [
      ['named', null],
      ['pattern', null],
      ['named', null],
      ['matched', 1],
      ['matched', 1],
    ],
  );
});

test('a unit that returns is the same unit', () => {
  const places = new UnitPlaces([pattern('*')], 2, 0);
  for (const name of ['a', 'b']) places.admit(name, '*', 0);
  const { names, origins } = places;
  places.leave('a', 1);
  assert.equal(places.admit('a', '*', 1000), 'a');
  assert.deepEqual([places.names, places.origins], [names, origins]);
});

test('if all slots are taken, the next unit, a different one, replaces the one that is gone longest', () => {
  const places = new UnitPlaces([pattern('*')], 3, 10);
  for (const name of ['a', 'b', 'c']) places.admit(name, '*', 0);
  places.leave('a', 1);
  places.leave('b', 2);
  places.admit('a', '*', 3);
  places.leave('a', 4);
  assert.equal(places.admit('d', '*', 20), 'd');
  assert.deepEqual(places.names, ['*', 'a', 'd', 'c']);
  assert.deepEqual(
    places.origins.map(({ serial }) => serial),
    [1, 2, 5, 4],
  );
  assert.equal(places.admit('b', '*', 20), 'b', 'in the place of a');
  assert.deepEqual(places.names, ['*', 'b', 'd', 'c']);
});

test('if no slot is free, a unit is booked in the slot of its pattern', () => {
  const places = new UnitPlaces([pattern('x*'), pattern('y*')], 1, 10);
  places.admit('x1', 'x*', 0);
  assert.equal(places.admit('y1', 'y*', 0), 'y*', 'it is there');
  places.leave('x1', 5);
  assert.equal(places.admit('y1', 'y*', 14), 'y*', 'it has only just gone');
  places.leave('y1', 14);
  assert.equal(places.admit('y1', 'y*', 15), 'y1');
  assert.deepEqual(places.names, ['x*', 'y*', 'y1']);
  assert.equal(places.origins[2]!.pattern, 1);
});

test('a unit in two slices keeps its slot until both instances have disappeared', () => {
  const places = new UnitPlaces([pattern('*')], 1, 0);
  for (let instances = 0; instances < 2; instances++) places.admit('a', '*', 0);
  places.leave('a', 1);
  assert.equal(places.admit('b', '*', 2), '*');
  places.leave('a', 3);
  assert.equal(places.admit('c', '*', 4), 'c');
  places.leave('*', 5);
  assert.deepEqual(places.names, ['*', 'c']);
});

test('a requested name never loses its slot', () => {
  const places = new UnitPlaces([named('a'), pattern('*')], 1, 0);
  places.leave('a', 0);
  places.admit('b', '*', 1);
  assert.equal(places.admit('c', '*', 1), '*');
  assert.ok(places.isNamed('a') && !places.isNamed('b') && !places.isNamed('*') && !places.isNamed('z'));
});

test('an alias is replaced by its unit’s name, unless that exists already', () => {
  const places = new UnitPlaces([named('alias'), named('other'), named('unit')], 1, 0);
  places.rename('alias', 'unit');
  places.rename('other', 'another');
  assert.deepEqual(places.names, ['alias', 'another', 'unit']);
  assert.ok(places.isNamed('another') && !places.isNamed('other'));
});

test('the number of slots stays at the limit, however many units come and go', () => {
  const places = new UnitPlaces([pattern('*')], 50, 3);
  for (let i = 0; i < 10_000; i++) {
    places.admit(`run-r${i}.service`, '*', i);
    if (i >= 5) places.leave(`run-r${i - 5}.service`, i);
  }
  assert.equal(places.names.length, 51);
  assert.equal(new Set(places.origins.map(({ serial }) => serial)).size, 51);
});
