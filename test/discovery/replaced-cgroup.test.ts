import assert from 'node:assert/strict';
import { readFileSync, rmdirSync } from 'node:fs';
import { test } from 'node:test';
import { openTargets } from '../../src/discovery/open-targets.ts';
import { findCgroupLayout } from '../../src/host/cgroup/layout.ts';
import { canMakeCgroups, RealCgroups, until } from '../real-cgroups.ts';
import { skipUnless } from '../skip.ts';

const UNIT = 'replaced.service';
const PATH = `/system.slice/${UNIT}`;
const SPIN = 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done';

test(
  'without descriptors, the counter of a cgroup that replaced another one is not read as that of the first',
  skipUnless(canMakeCgroups()),
  async (t) => {
    const cgroups = new RealCgroups(t);
    cgroups.make(PATH);
    const layout = findCgroupLayout(cgroups.root);
    assert.ok(layout.kind !== 'none');
    const request = { kind: 'unit', name: UNIT } as const;
    const options = { targets: [request], layout, procRoot: '/proc', report: () => {}, mostDescriptors: 0 };
    const targets = openTargets(options);
    t.after(() => targets.close());
    targets.refresh();
    const [first] = targets.instances;
    cgroups.shell(PATH, SPIN);
    await until(() => first!.readCpuSeconds() > 0.05, 'the unit to use CPU');
    const events = `${cgroups.root}${PATH}/cgroup.events`;
    await until(() => readFileSync(events, 'utf8').includes('populated 0'), 'its process to end');
    const used = first!.readCpuSeconds();
    // The unit is restarted within a sample.
    targets.refresh();
    rmdirSync(cgroups.root + PATH);
    cgroups.make(PATH);
    assert.equal(first!.readCpuSeconds(), used);
    targets.refresh();
    assert.notEqual(targets.instances[0], first);
    assert.equal(targets.readEnded(1, true)[0]!.cpuSeconds, 0);
  },
);
