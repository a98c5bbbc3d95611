import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type DescriptorOptions,
  neededDescriptors,
  shareDescriptors,
} from '../../src/sampling/descriptor-shares.ts';

const PLAIN: DescriptorOptions = { limit: 1024, open: 20, connections: 32, servers: 0, cgroups: 1024 };

test('open descriptors and a fixed reserve come first, then cgroups get a third and processes the remainder', () => {
  assert.deepEqual(shareDescriptors(PLAIN), { connections: 32, cgroups: 326, processes: 654 });
  assert.deepEqual(shareDescriptors({ ...PLAIN, limit: 64 }), { connections: 5, cgroups: 6, processes: 14 });
  assert.deepEqual(shareDescriptors({ ...PLAIN, limit: 524_288 }), {
    connections: 32,
    cgroups: 1024,
    processes: 523_220,
  });
});

test('nothing is held if the limit is below the reserve, and servers accept few connections', () => {
  const scarce = shareDescriptors({ ...PLAIN, limit: 40, servers: 2 });
  assert.deepEqual(scarce, { connections: 4, cgroups: 0, processes: 0 });
});

const anyOptions = fc.record({
  limit: fc.integer({ min: 0, max: 1_000_000 }),
  open: fc.integer({ min: 0, max: 200 }),
  connections: fc.constant(32),
  servers: fc.integer({ min: 0, max: 2 }),
  cgroups: fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.constant(Number.POSITIVE_INFINITY)),
});

test('shares never exceed the remainder of the limit', () => {
  fc.assert(
    fc.property(anyOptions, (options) => {
      const { cgroups, processes, connections } = shareDescriptors(options);
      const left = options.limit - options.open - 24 - options.servers * (2 * connections + 2);
      assert.ok(cgroups >= 0 && processes >= 0);
      assert.ok(cgroups + processes <= Math.max(0, left));
    }),
  );
});

test('with the limit that is reported as needed, three files of each process and all of cgroups are held', () => {
  const counts = fc.integer({ min: 1, max: 20_000 });
  fc.assert(
    fc.property(anyOptions, counts, counts, (options, processCount, files) => {
      const limit = neededDescriptors(options, processCount, files);
      const { cgroups, processes, connections } = shareDescriptors({ ...options, limit });
      assert.ok(cgroups >= Math.min(files, options.cgroups, 4096));
      assert.ok(3 * processCount <= Math.floor(processes * 0.75));
      assert.ok(options.servers === 0 || connections >= 16, `${connections} connections`);
    }),
  );
});
