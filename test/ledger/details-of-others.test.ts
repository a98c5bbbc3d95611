import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProcessAccount } from '../../src/ledger/accounts/process-account.ts';
import { detailsFrom } from '../../src/ledger/accounts/process-details.ts';
import { FoldedUnits } from '../../src/ledger/window/folded-units.ts';
import { UnitProcesses } from '../../src/ledger/window/unit-processes.ts';
import { DETAILS, otherProcesses, STARTED, unitWindow } from '../telemetry/windows.ts';

const CLOSING = {
  cgroup: null,
  startUnixMillis: STARTED,
  endUnixMillis: STARTED + 5000,
  endSeconds: 5,
  seconds: 5,
  ticks: 2,
};

test('counted details of folded units do not fall while a unit has no process, or unknown details', () => {
  const folded = new FoldedUnits();
  const faultsOf = (ofA: typeof DETAILS | null) => {
    const units = [
      unitWindow({ unit: 'a.service', otherProcesses: otherProcesses({ details: ofA }) }),
      unitWindow({ unit: 'b.service', otherProcesses: otherProcesses({ details: DETAILS }) }),
    ];
    return folded.fold(units, '(other units of *)', CLOSING).otherProcesses!.details!.minorFaults;
  };
  const { minorFaults } = DETAILS;
  assert.equal(faultsOf(DETAILS), 2 * minorFaults!);
  assert.equal(faultsOf(null), 2 * minorFaults!);
  assert.equal(faultsOf({ ...DETAILS, minorFaults: minorFaults! + 1 }), 2 * minorFaults! + 1);
});

test('the last growth of counted details is in the window in which the last process ends', () => {
  const processes = new UnitProcesses();
  let faults = 10;
  const details = {
    counted: (name: string) => (name === 'minorFaults' ? faults : null),
    now: () =>
      detailsFrom(
        (name) => details.counted(name),
        (name) => (name === 'threads' ? 3 : null),
      ),
  };
  const account = {
    identity: { bornAtSeconds: 0, startTicks: 1, pid: 1 },
    isClosed: false,
    ioBytes: () => Number.NaN,
    ranges: null,
    samples: 2,
    cpuSeconds: 1,
    userTicks: 1,
    systemTicks: 1,
    observedSeconds: 5,
    details,
  };
  const windowOf = (living: readonly object[], ended: readonly object[]) => {
    processes.measure(living as ProcessAccount[], ended as ProcessAccount[], CLOSING);
    return processes.close(STARTED, 0, 5).others!.details;
  };
  assert.deepEqual([windowOf([account], [])?.minorFaults, windowOf([account], [])?.threads], [10, 3]);
  faults = 25;
  account.isClosed = true;
  const last = windowOf([], [account]);
  assert.deepEqual([last?.minorFaults, last?.threads], [25, null]);
});
