import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capabilitiesIn, readCapabilities } from '../../../src/host/proc/capabilities.ts';

const status = (set: string) =>
  `Name:\tx\nCapPrm:\tffffffffffffffff\nCapEff:\t${set}\nCapBnd:\tffffffffffffffff\n`;

test('effective capabilities are distinguished from permitted ones', () => {
  assert.deepEqual([...capabilitiesIn(status('0000000000000000'))], []);
  assert.deepEqual([...capabilitiesIn(status('0000000000080004'))], ['DAC_READ_SEARCH', 'SYS_PTRACE']);
  assert.deepEqual([...capabilitiesIn(status('0000000000001002'))], ['DAC_OVERRIDE', 'NET_ADMIN']);
  assert.equal(capabilitiesIn(status('000001ffffffffff')).size, 4);
  assert.deepEqual([...capabilitiesIn('')], []);
});

test('this program reads its own', () => {
  assert.ok(readCapabilities().size >= 0);
});
