import type {
  LiveFrame,
  LiveName,
  LiveProcess,
  LiveRun,
  LiveTotals,
  LiveUnit,
} from '../../../src/views/live/model/frame.ts';

/** Frames shared by the tests of the live view. */

const MIB = 1_048_576;
/** 2026-11-24 02:00:00 UTC. */
const NOW_MILLIS = 1_795_485_600_000;

export function liveProcess(given: Partial<LiveProcess> & { readonly pid: number }): LiveProcess {
  const totals: LiveTotals = {
    samples: 60,
    cpuSeconds: 1.25,
    reapedCpuSeconds: 0,
    diskBytes: 8192,
    transferBytes: 122_895,
    peakMemoryBytes: 6.5 * MIB,
    cpuPercent: { min: 0, max: 34.7, avg: 12.5 },
    memoryBytes: { min: 5 * MIB, max: 6.5 * MIB, avg: 6 * MIB },
    diskBytesPerSecond: { min: 0, max: 8192, avg: 273.1 },
    transferBytesPerSecond: { min: 0, max: 65_536, avg: 4096.5 },
  };
  return {
    key: given.pid,
    unitKey: 1,
    ppid: 1,
    name: 'nginx',
    command: null,
    subCgroup: '',
    bornAtSeconds: -30,
    isZombie: false,
    threads: 1,
    cpuPercent: 0,
    reapedPercent: 0,
    memoryBytes: 6 * MIB,
    diskBytesPerSecond: 0,
    transferBytesPerSecond: 0,
    totals: () => totals,
    status: () => null,
    settle: () => {},
    ...given,
  };
}

export function liveUnit(given: Partial<LiveUnit> = {}): LiveUnit {
  return {
    key: 1,
    name: 'nginx.service',
    cgroup: null,
    present: true,
    isShared: false,
    instances: 1,
    processCount: 3,
    threads: 3,
    cpuPercent: 45.2,
    reapedPercent: 0,
    memoryBytes: 18.4 * MIB,
    memoryPeakBytes: 21 * MIB,
    memoryIsResident: false,
    diskBytesPerSecond: 0,
    transferBytesPerSecond: 6.4 * MIB,
    totalCpuSeconds: 52.4,
    attributedCpuSeconds: 52.35,
    unattributedCpuSeconds: 0.05,
    reapedOutsideSeconds: 0,
    pressure: { cpu: 0.012, memory: 0, io: 0.003 },
    throttledPeriods: 0,
    throttledSeconds: 0,
    oomKills: 0,
    exited: [],
    names: [],
    subCgroups: [],
    ...given,
  };
}

export function liveName(given: Partial<LiveName> & { readonly name: string }): LiveName {
  return {
    count: 1,
    running: 1,
    cpuPercent: 0,
    cpuSeconds: 0,
    reapedCpuSeconds: 0,
    memoryBytes: 6 * MIB,
    peakMemoryBytes: 6 * MIB,
    diskBytesPerSecond: 0,
    transferBytesPerSecond: 0,
    threads: 1,
    ...given,
  };
}

export function liveRun(given: Partial<LiveRun> = {}): LiveRun {
  return {
    elapsedSeconds: 724,
    remainingSeconds: null,
    everySeconds: 0.5,
    missedTicks: 0,
    delivery: { state: 'delivered', text: 'delivered 72 windows' },
    ...given,
  };
}

export function liveFrame(given: Partial<LiveFrame> = {}): LiveFrame {
  return {
    atSeconds: 724,
    unixMillis: NOW_MILLIS,
    intervalSeconds: 0.5,
    run: liveRun(),
    units: [liveUnit()],
    processes: [],
    ended: [],
    hasStatus: false,
    ...given,
  };
}

/** An nginx under load, tick by tick: `tick` 0, 1, 2, … */
export function nginxFrame(tick: number): LiveFrame {
  const wave = Math.sin(tick / 4);
  const busy = (phase: number) => Math.max(0, 18 + 14 * Math.sin((tick + phase) / 4));
  const transfer = (3 + 2 * wave) * MIB;
  const started = { bornAtSeconds: -754 };
  const processes = [
    liveProcess({ ...started, pid: 110, threads: 1, memoryBytes: 1.6 * MIB }),
    liveProcess({
      ...started,
      pid: 111,
      ppid: 110,
      cpuPercent: busy(0),
      memoryBytes: 6.1 * MIB,
      transferBytesPerSecond: transfer,
    }),
    liveProcess({
      ...started,
      pid: 112,
      ppid: 110,
      cpuPercent: busy(9),
      memoryBytes: 6.2 * MIB,
      transferBytesPerSecond: transfer / 2,
      diskBytesPerSecond: tick % 8 === 0 ? 40_960 : 0,
    }),
  ];
  return liveFrame({
    atSeconds: tick / 2,
    unixMillis: NOW_MILLIS + tick * 500,
    intervalSeconds: tick === 0 ? 0 : 0.5,
    run: liveRun({ elapsedSeconds: tick / 2, remainingSeconds: 3600 - tick / 2 }),
    units: [
      liveUnit({
        cpuPercent: busy(0) + busy(9) + 1,
        transferBytesPerSecond: transfer * 1.5,
        diskBytesPerSecond: tick % 8 === 0 ? 40_960 : 0,
        memoryBytes: (18 + wave) * MIB,
      }),
    ],
    processes,
    ended: [],
  });
}

/** Several units, one of them absent; trees, zombies, exits, exit records, unknown values. */
export function busyFrame(): LiveFrame {
  const gone = { cpuPercent: null, reapedPercent: null, memoryBytes: null, threads: null };
  const unknownIo = { diskBytesPerSecond: null, transferBytesPerSecond: null };
  return liveFrame({
    run: liveRun({
      missedTicks: 3,
      remainingSeconds: 76,
      delivery: {
        state: 'failing',
        text: 'failing: connect ECONNREFUSED 127.0.0.1:4318, buffering 12 windows',
      },
    }),
    units: [
      liveUnit({
        name: 'build.service',
        cpuPercent: 287.4,
        reapedPercent: 181.2,
        processCount: 6,
        threads: 19,
        memoryBytes: 1.4 * 1024 * MIB,
        diskBytesPerSecond: 24 * MIB,
        throttledPeriods: 42,
        throttledSeconds: 12.5,
        oomKills: 2,
        pressure: { cpu: 0.41, memory: 0.02, io: 0.18 },
        totalCpuSeconds: 1045.2,
        attributedCpuSeconds: 991.1,
        unattributedCpuSeconds: 54.1,
        reapedOutsideSeconds: 50.2,
        exited: [
          {
            name: 'cc1',
            count: 1204,
            cpuSeconds: 431.07,
            diskBytes: null,
            transferBytes: null,
            cancelledWriteBytes: null,
            peakMemoryBytes: 80 * MIB,
            apportioned: true,
            exitCodes: { '1': 3 },
          },
        ],
      }),
      liveUnit({ key: 2, name: 'web@blue.service', processCount: 2, threads: 34, memoryBytes: 210 * MIB }),
      liveUnit({
        key: 3,
        name: 'absent.service',
        ...gone,
        ...unknownIo,
        present: false,
        instances: 0,
        processCount: 0,
        memoryPeakBytes: null,
        totalCpuSeconds: null,
        unattributedCpuSeconds: null,
        attributedCpuSeconds: 0,
        pressure: { cpu: null, memory: null, io: null },
        throttledPeriods: null,
        throttledSeconds: null,
        oomKills: null,
      }),
    ],
    processes: [
      liveProcess({
        pid: 1000,
        name: 'make',
        reapedPercent: 181.2,
        memoryBytes: 4 * MIB,
        threads: 1,
        command: 'make -j8 all',
      }),
      liveProcess({
        pid: 1001,
        ppid: 1000,
        name: 'sh',
        cpuPercent: 0.2,
        command: 'sh -c ./step --name "quoted thing"',
      }),
      liveProcess({
        pid: 1002,
        ppid: 1001,
        name: 'rustc',
        cpuPercent: 97.4,
        memoryBytes: 1.2 * 1024 * MIB,
        diskBytesPerSecond: 24 * MIB,
        transferBytesPerSecond: 31 * MIB,
        threads: 14,
        command: 'rustc --crate-name ledger --edition=2024 src/lib.rs --error-format=json',
      }),
      liveProcess({
        pid: 1003,
        ppid: 1000,
        name: 'ld',
        isZombie: true,
        memoryBytes: null,
        threads: null,
        ...unknownIo,
      }),
      liveProcess({ pid: 1004, ppid: 1000, name: 'データ処理🚀', cpuPercent: 8.8, threads: 2 }),
      liveProcess({ pid: 1005, ppid: 1004, name: '\x1b[2J\x1b]0;pwned\x07\u202eevil', cpuPercent: 1.5 }),
      liveProcess({
        pid: 2000,
        unitKey: 2,
        name: 'node',
        cpuPercent: 45.2,
        memoryBytes: 180 * MIB,
        threads: 23,
        ...unknownIo,
      }),
      liveProcess({
        pid: 2001,
        unitKey: 2,
        ppid: 2000,
        name: 'node',
        cpuPercent: null,
        reapedPercent: null,
        threads: 11,
      }),
    ],
    ended: [liveProcess({ pid: 999, key: 99, ppid: 1000, name: 'as', ...gone, ...unknownIo })],
  });
}
