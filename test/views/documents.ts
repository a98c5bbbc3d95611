import type { CgroupDisk } from '../../src/host/cgroup/figures.ts';
import { UnitTogether } from '../../src/ledger/accounts/unit-together.ts';
import type {
  RunDocument,
  RunExited,
  RunProcess,
  RunStatistic,
  RunSubCgroup,
  RunUnit,
  RunUnitTotals,
} from '../../src/ledger/document/run-document.ts';
import { namesOf } from '../../src/ledger/document/run-names.ts';
import type { RunResources } from '../../src/ledger/document/run-resources.ts';
import { unitTotalsOf } from '../../src/ledger/document/run-unit-totals.ts';

/** Run documents shared by the tests of the views. */

const MB = 1_048_576;
const STARTED_AT = '2026-11-22T22:52:32.104Z';
const ENDED_AT = '2026-11-22T22:53:02.106Z';
const RUN = { startedUnixMillis: 0, startedAtSeconds: 0, endedUnixMillis: 0 };

function livedSeconds({
  startedAt = '2026-11-21T20:14:02.510Z',
  endedAt,
}: Partial<RunProcess>): number | null {
  if (startedAt === null) return null;
  return Math.max(0, (Date.parse(endedAt ?? ENDED_AT) - Date.parse(startedAt)) / 1000);
}

/** The maximum is in the sample taken `maxAfterSeconds` after the start of the run. */
export function statistic(
  min: number,
  max: number,
  avg: number,
  p95 = max,
  maxAfterSeconds = 9.5,
): RunStatistic {
  const maxAt = new Date(Date.parse(STARTED_AT) + 1_000 * maxAfterSeconds).toISOString();
  return { min, max, avg, p95, maxAt, maxAfterSeconds };
}

export function runProcess(given: Partial<RunProcess> = {}): RunProcess {
  return {
    pid: 812,
    name: 'nginx',
    ppid: 1,
    startedAt: '2026-11-21T20:14:02.510Z',
    endedAt: null,
    livedSeconds: livedSeconds(given),
    exitCode: null,
    command: null,
    samples: 60,
    cpuPercent: statistic(0, 12.5, 3.1, 9.8),
    memoryBytes: statistic(5.5 * MB, 6.25 * MB, 6 * MB),
    diskBytesPerSecond: statistic(0, 8_192, 273.1),
    transferBytesPerSecond: statistic(0, 65_536, 4_096.5),
    cpuSeconds: 0.93,
    reapedCpuSeconds: 0,
    diskBytes: 8_192,
    transferBytes: 122_895,
    cancelledWriteBytes: 0,
    subCgroup: null,
    details: null,
    ...given,
  };
}

/** Totals are the sums of the given rows, as in the ledger; statistics are null if not given. */
export function runUnit({
  totals,
  ...given
}: Partial<Omit<RunUnit, 'totals'>> & { readonly totals?: Partial<RunUnitTotals> } = {}): RunUnit {
  const { processes = [], exited = [] } = given;
  return {
    unit: 'nginx.service',
    cgroup: '/system.slice/nginx.service',
    instances: 1,
    foldedUnits: 0,
    cpu: {
      totalSeconds: 1,
      attributedSeconds: 0.99,
      unattributed: { reapedOutsideSeconds: 0, unknownSeconds: 0.01 },
      coverage: 0.99,
      sharedSeconds: 0,
    },
    totals: { ...unitTotalsOf(new UnitTogether(), processes, exited, RUN), ...totals },
    resources: null,
    processes,
    exited,
    names: namesOf({ processes, exited }, RUN),
    subCgroups: [],
    ...given,
  };
}

/** Metrics of cgroups with all controllers; by default without events. */
export function runResources(given: Partial<RunResources> = {}): RunResources {
  return {
    memoryPeakBytes: 32 * MB,
    memoryEvents: { low: 0, high: 0, max: 0, oom: 0, oomKill: 0 },
    throttledPeriods: 0,
    throttledSeconds: 0,
    pressure: {
      cpu: { someSeconds: 0, fullSeconds: 0 },
      memory: { someSeconds: 0, fullSeconds: 0 },
      io: { someSeconds: 0, fullSeconds: 0 },
    },
    disks: [],
    ...given,
  };
}

function disk(device: string, name: string, readBytes: number, writeBytes: number): CgroupDisk {
  return {
    device,
    name,
    readBytes,
    writeBytes,
    readOperations: Math.ceil(readBytes / 4_096),
    writeOperations: Math.ceil(writeBytes / 65_536),
  };
}

export function runExited(given: Partial<RunExited> = {}): RunExited {
  return {
    name: 'true',
    count: 1,
    cpuSeconds: 0.001,
    diskBytes: 0,
    transferBytes: 4_096,
    cancelledWriteBytes: 0,
    peakMemoryBytes: 2 * MB,
    apportioned: false,
    exitCodes: null,
    ...given,
  };
}

export function runSubCgroup(given: Partial<RunSubCgroup> = {}): RunSubCgroup {
  const { name: _, apportioned: __, ...row } = runExited();
  return { ...row, subCgroup: '/init.scope', running: 1, cpuPercent: 3.1, ...given };
}

export function runDocument(given: Partial<RunDocument> = {}): RunDocument {
  return {
    schema: 'unitledger.run/1',
    startedAt: STARTED_AT,
    endedAt: ENDED_AT,
    intervalSeconds: 0.5,
    samples: 60,
    missedSamples: 0,
    stretchedSamples: 0,
    units: [],
    exitRecords: null,
    processEvents: null,
    command: null,
    export: { delivered: 3, failed: 0, spooled: 0 },
    traces: null,
    ...given,
  };
}

const UNSEEN = {
  cpuPercent: null,
  memoryBytes: null,
  diskBytesPerSecond: null,
  transferBytesPerSecond: null,
  diskBytes: null,
  transferBytes: null,
  cancelledWriteBytes: null,
} as const;

/** A web server with four workers and one that was replaced, some unattributed CPU, and a database under load. */
export const REALISTIC = runDocument({
  samples: 59,
  missedSamples: 1,
  stretchedSamples: 0,
  units: [
    runUnit({
      cpu: {
        totalSeconds: 31.482113,
        attributedSeconds: 30.821907,
        unattributed: { reapedOutsideSeconds: 0.640118, unknownSeconds: 0.020088 },
        coverage: 0.979029,
        sharedSeconds: 0,
      },
      totals: {
        processesAlive: statistic(5, 6, 5.1, 6, 9.5),
        cpuPercent: statistic(61.2, 214.3, 104.9, 198.1, 11),
        memoryBytes: statistic(105 * MB, 171.9 * MB, 139 * MB, 160 * MB, 29.5),
        diskBytesPerSecond: statistic(0, 16_777_216, 4_367_969, 16_777_216, 4.5),
        transferBytesPerSecond: statistic(160_448, 372_009_368, 79_905_824, 372_009_368, 11),
      },
      resources: runResources({
        memoryPeakBytes: 412_090_368,
        memoryEvents: { low: 0, high: 12, max: 3, oom: 1, oomKill: 1 },
        throttledPeriods: 41,
        throttledSeconds: 2.518203,
        pressure: {
          cpu: { someSeconds: 4.200134, fullSeconds: 0.8 },
          memory: { someSeconds: 0.000204, fullSeconds: 0.0001 },
          io: { someSeconds: 1.1004, fullSeconds: 0.9 },
        },
        disks: [
          disk('253:0', 'dm-0', 8_192, 157_286_400),
          disk('8:0', 'sda', 8_192, 157_286_400),
          disk('8:16', 'sdb', 4_096, 0),
        ],
      }),
      processes: [
        runProcess({
          pid: 811,
          ppid: 1,
          cpuPercent: statistic(0, 2, 0.2, 0.9),
          cpuSeconds: 0.061,
          reapedCpuSeconds: 0.412,
          diskBytes: 0,
          diskBytesPerSecond: statistic(0, 0, 0),
          transferBytes: 7_100,
          transferBytesPerSecond: statistic(0, 4_411, 236.7),
        }),
        ...[8.1, 7.92, 7.604, 6.37].map((cpuSeconds, at) =>
          runProcess({
            pid: 812 + at,
            ppid: 811,
            startedAt: '2026-11-22T22:40:11.020Z',
            cpuPercent: statistic(4 + at, 61.3 - 3 * at, (100 * cpuSeconds) / 30, 55.1 - 2 * at),
            memoryBytes: statistic((21 + at) * MB, (38.4 + at) * MB, (33.25 + at) * MB),
            diskBytesPerSecond: statistic(0, 4_194_304, 1_153_433 - 40_961 * at),
            transferBytesPerSecond: statistic(40_112, 93_002_342, 21_943_221 - 1_310_720 * at),
            cpuSeconds,
            diskBytes: 34_603_008 - 1_228_800 * at,
            transferBytes: 658_296_630 - 39_321_600 * at,
            cancelledWriteBytes: at === 2 ? 12_288 : 0,
          }),
        ),
        runProcess({
          pid: 30_117,
          ppid: 811,
          startedAt: '2026-11-22T22:52:41.330Z',
          endedAt: '2026-11-22T22:52:43.870Z',
          samples: 5,
          cpuPercent: statistic(3.9, 31, 13.9, 31),
          cpuSeconds: 0.354907,
          ...{ diskBytes: null, diskBytesPerSecond: null, transferBytes: null, transferBytesPerSecond: null },
          cancelledWriteBytes: null,
        }),
      ],
    }),
    runUnit({
      unit: 'postgresql@15-main.service',
      cgroup: '/system.slice/system-postgresql.slice/postgresql@15-main.service',
      instances: 2,
      cpu: {
        totalSeconds: 12.118_402,
        attributedSeconds: 12.118_402,
        unattributed: { reapedOutsideSeconds: 0, unknownSeconds: 0 },
        coverage: 1,
        sharedSeconds: 0,
      },
      totals: {
        processesAlive: statistic(2, 9, 3.2, 7, 0.5),
        cpuPercent: statistic(8.1, 80.2, 40.4, 71, 17),
        memoryBytes: statistic(29.9 * MB, 153.7 * MB, 132.6 * MB, 150 * MB, 28),
        diskBytesPerSecond: statistic(0, 26_214_400, 8_389_154, 20_000_000, 20.5),
        transferBytesPerSecond: statistic(8_192, 33_554_432, 9_445_376, 30_000_000, 20.5),
      },
      processes: [
        runProcess({ pid: 1_204, name: 'postgres', cpuSeconds: 0.21, reapedCpuSeconds: 1.903 }),
        runProcess({
          pid: 1_211,
          name: 'postgres',
          ppid: 1_204,
          cpuPercent: statistic(8.1, 77.9, 31.4, 70.2),
          memoryBytes: statistic(18.9 * MB, 141.2 * MB, 120.6 * MB),
          diskBytesPerSecond: statistic(0, 26_214_400, 8_388_608),
          transferBytesPerSecond: statistic(8_192, 33_554_432, 9_437_184),
          cpuSeconds: 9.42,
          diskBytes: 251_658_240,
          transferBytes: 283_115_520,
        }),
        runProcess({
          pid: 1_212,
          name: 'postgres',
          ppid: 1_204,
          cpuPercent: statistic(0, 1.1, 0.2, 0.9),
          cpuSeconds: 0.055,
        }),
      ],
      exited: [
        runExited({ name: 'pg_isready', count: 14, cpuSeconds: 0.090402, peakMemoryBytes: 7.5 * MB }),
        runExited({
          name: 'postgres',
          count: 412,
          cpuSeconds: 0.44,
          diskBytes: 1_310_720,
          transferBytes: 90_177_536,
        }),
      ],
    }),
  ],
});

/** All optional values are absent. */
export const ABSENT_FIGURES = runDocument({
  startedAt: '2026-11-22T23:59:50.000Z',
  endedAt: '2026-11-23T00:00:20.000Z',
  samples: 1,
  export: { delivered: 0, failed: 2, spooled: 1 },
  units: [
    runUnit({
      unit: 'pid 4242',
      cgroup: null,
      cpu: {
        totalSeconds: null,
        attributedSeconds: 0.02,
        unattributed: null,
        coverage: null,
        sharedSeconds: null,
      },
      processes: [
        runProcess({ ...UNSEEN, pid: 4_242, name: 'sleep', startedAt: null, samples: 1, cpuSeconds: 0 }),
        runProcess({
          ...UNSEEN,
          pid: 4_243,
          name: 'sh',
          ppid: 4_242,
          startedAt: '2026-11-22T23:59:58.000Z',
          endedAt: '2026-11-23T00:00:01.500Z',
          samples: 2,
          cpuSeconds: 0.02,
        }),
      ],
      exited: [runExited({ diskBytes: null, transferBytes: null, peakMemoryBytes: null, cpuSeconds: 0 })],
    }),
    runUnit({
      unit: 'idle.service',
      cgroup: '/system.slice/idle.service',
      cpu: {
        totalSeconds: 0,
        attributedSeconds: 0,
        unattributed: { reapedOutsideSeconds: null, unknownSeconds: 0 },
        coverage: null,
        sharedSeconds: null,
      },
      // Without controllers only PSI is available.
      resources: runResources({
        memoryPeakBytes: null,
        memoryEvents: { low: null, high: null, max: null, oom: null, oomKill: null },
        throttledPeriods: null,
        throttledSeconds: null,
        pressure: {
          cpu: { someSeconds: 1.25, fullSeconds: null },
          memory: { someSeconds: 0, fullSeconds: 0 },
          io: { someSeconds: 0, fullSeconds: 0 },
        },
        disks: null,
      }),
    }),
  ],
});

/** A run with requested details, some of which could not be read. */
export const DETAILED = runDocument({
  units: [
    runUnit({
      processes: [
        runProcess({
          details: {
            threads: 9,
            uptimeSeconds: 95_911.49,
            minorFaults: 1_204,
            majorFaults: 3,
            voluntaryContextSwitches: 88_120,
            involuntaryContextSwitches: 402,
            openDescriptors: 131,
            descriptorLimit: 1_024,
            runQueueSeconds: 0.731_4,
            pssBytes: 4.25 * MB,
            peakThreads: 12,
            peakOpenDescriptors: 1_019,
            peakPssBytes: 5 * MB,
          },
        }),
        runProcess({
          pid: 813,
          ppid: 812,
          cpuSeconds: 0.06,
          details: {
            threads: 1,
            uptimeSeconds: 0.4,
            minorFaults: 88,
            majorFaults: 0,
            voluntaryContextSwitches: null,
            involuntaryContextSwitches: null,
            openDescriptors: 14,
            descriptorLimit: null,
            runQueueSeconds: null,
            pssBytes: null,
            peakThreads: 1,
            peakOpenDescriptors: 14,
            peakPssBytes: null,
          },
        }),
      ],
    }),
  ],
});

/** Units of a pattern: one with sub-cgroups, and many that are folded. */
export const MATCHED = runDocument({
  units: [
    runUnit({
      unit: 'worker@1.service',
      cgroup: '/system.slice/system-worker.slice/worker@1.service',
      processes: [
        runProcess({ pid: 500, subCgroup: '/supervisor' }),
        runProcess({ pid: 501, ppid: 500, cpuSeconds: 0.06, subCgroup: '/workers/a' }),
      ],
      subCgroups: [
        runSubCgroup({ subCgroup: '/supervisor', cpuSeconds: 0.93, cpuPercent: 3.1 }),
        runSubCgroup({ subCgroup: '/workers/a', cpuSeconds: 0.06, cpuPercent: 0.2 }),
      ],
    }),
    runUnit({
      unit: '(other units of worker@*)',
      cgroup: null,
      instances: 1_210,
      foldedUnits: 1_204,
      exited: [runExited({ name: 'worker', count: 4_816, cpuSeconds: 0.99 })],
    }),
  ],
});

/** Processes that ended unseen, some with names of sampled ones. */
export const UNSEEN_NAMED = runDocument({
  exitRecords: { received: 5_012, lost: 17, stoppedAt: '2026-11-22T22:52:52.112Z' },
  processEvents: { received: 15_000, lost: 36, stoppedAt: '2026-11-22T22:52:52.112Z' },
  traces: { spans: 10_002, foldedProcesses: 431, delivered: 5, failed: 1, spooled: 2, rejectedSpans: 3 },
  units: [
    runUnit({
      unit: 'build.service',
      cgroup: '/system.slice/build.service',
      processes: [
        runProcess({ pid: 400, name: 'make', cpuSeconds: 0.4, reapedCpuSeconds: 0.21 }),
        runProcess({
          pid: 512,
          name: 'cc1',
          ppid: 511,
          endedAt: '2026-11-22T22:52:41.000Z',
          exitCode: 1,
          samples: 1,
          cpuSeconds: 0.02,
        }),
        runProcess({ pid: 513, name: 'ld', ppid: 400, endedAt: '2026-11-22T22:52:44.500Z', exitCode: 137 }),
        runProcess({ pid: 514, name: 'ar', ppid: 400, endedAt: '2026-11-22T22:52:45.000Z', exitCode: 0 }),
      ],
      exited: [
        runExited({
          name: 'cc1',
          count: 252,
          cpuSeconds: 7.714,
          apportioned: true,
          exitCodes: { 1: 3, 139: 1 },
          peakMemoryBytes: 28.5 * MB,
        }),
        runExited({ name: 'as', count: 271, cpuSeconds: 0.939, apportioned: true, exitCodes: {} }),
        runExited({ name: 'sh', count: 4_000, cpuSeconds: 1.2 }),
        runExited({
          name: 'sh',
          count: 9,
          cpuSeconds: 0,
          apportioned: true,
          exitCodes: Object.fromEntries(Array.from({ length: 12 }, (_, at) => [at + 1, 1])),
          diskBytes: null,
          transferBytes: null,
        }),
      ],
    }),
  ],
});

/** A run whose targets never existed. */
export const NEVER_SEEN = runDocument({
  units: [
    runUnit({
      unit: 'ngnix.service',
      cgroup: null,
      instances: 0,
      cpu: {
        totalSeconds: null,
        attributedSeconds: 0,
        unattributed: null,
        coverage: null,
        sharedSeconds: null,
      },
    }),
  ],
});

/** A run without units. */
export const EMPTY = runDocument({ samples: 0, export: { delivered: 0, failed: 0, spooled: 0 } });

/** Observed or possible process names: at most 15 bytes each, as in the kernel. */
export const HOSTILE_NAMES: readonly string[] = [
  '\x1b[2J\x1b[31mred',
  '\x9b2Jc1',
  'two\nlines\r\there',
  ') S 1',
  'caf\ufffd\ufffd',
  '😀😀😀\ufffd\ufffd\ufffd',
  '\u202egnp.exe',
  '漢字漢字漢',
  'שלום',
  '\u0301mark',
  'a|b`c``d',
  '<img src=x>',
  '=1+1|cmd',
  '@everyone',
  '-bash',
  '[x](http://a)',
  'back\\slash\\n',
  '"quoted", x',
  '\u3164',
  '',
  '   ',
  '-',
];

/** Every hostile name as a process, as a folded one, and in all other fields with text. */
export const HOSTILE = runDocument({
  units: [
    runUnit({
      unit: 'evil\x1b]0;pwned\x07|`<b>\n.service',
      cgroup: '/system.slice/evil\u202e|`x`\n.service',
      processes: HOSTILE_NAMES.map((name, at) =>
        runProcess({
          pid: 9_000 + at,
          name,
          cpuSeconds: 0.93 - 0.01 * at,
          command: `${name} --flag "a b";=1+1 | \`id\`\u2028${at === 0 ? 'x'.repeat(300) : ''}`,
          subCgroup: `/${name}${at === 0 ? 'x'.repeat(300) : ''}`,
        }),
      ),
      exited: HOSTILE_NAMES.map((name, at) => runExited({ name, count: 100 - at })),
    }),
  ],
});
