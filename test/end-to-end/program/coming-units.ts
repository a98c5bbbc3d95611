import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunDocument } from '../../../src/ledger/document/run-document.ts';
import type { SystemdLab } from '../systemd/lab.ts';
import { readCpuSeconds } from '../truth.ts';
import type { TracedSeconds } from './cpu-trace.ts';
import { documentOf, startUnitledger } from './unitledger.ts';

/** One or more units that come and go during one or more runs. */
export interface Case {
  /** By title of a run: its options that name the targets. */
  readonly runs: Readonly<Record<string, readonly string[]>>;
  /**
   * The directory below the lab's cgroup root that keeps their usage; `isTheirs` selects its entries that belong to
   * them.
   */
  readonly parent: string;
  isTheirs(entry: string): boolean;
  readonly interval?: string;
  /** Before the runs. systemd reads the files that this writes. */
  prepare(lab: SystemdLab): Promise<void>;
  /** During the runs; everything started is stopped at its end. */
  work(lab: SystemdLab): Promise<void>;
}

/** Result of a run. CPU seconds. */
export interface Outcome {
  /** CPU of the units, by the counters of the directories around them; and at most, as others go on while those are read. */
  readonly truth: number;
  readonly most: number;
  /** CPU that the run booked to them, and CPU that it could not assign. */
  readonly booked: number;
  readonly shared: number;
}

const WORK_MILLIS = 5000;
/** The row of CPU that could not be assigned: the directory whose units it is of. */
const SHARED = /^\(shared in (?:.*\/)?([^/]*)\)$/;
const SERVICE = ['[Unit]', 'StartLimitIntervalSec=0', '[Service]'];
const burn = (millis: number) => `/bin/sh -c '/opt/lab/burn ${millis} exit; exit 0'`;

function crashing(millis: number, restartMillis: number, more: readonly string[] = []): string {
  const restart = ['Restart=always', `RestartSec=${restartMillis}ms`];
  return [...SERVICE, `ExecStart=/opt/lab/burn ${millis} exit`, ...restart, ...more, ''].join('\n');
}

async function writeOneshot(
  lab: SystemdLab,
  name: string,
  millis: number,
  more: readonly string[] = [],
): Promise<void> {
  await lab.writeFile(
    `/etc/systemd/system/${name}.service`,
    [...SERVICE, 'Type=oneshot', `ExecStart=${burn(millis)}`, ...more, ''].join('\n'),
  );
  const timer = ['[Timer]', 'OnCalendar=*:*:*', 'AccuracySec=1ms', ''].join('\n');
  await lab.writeFile(`/etc/systemd/system/${name}.timer`, timer);
}

async function runFor(
  lab: SystemdLab,
  units: readonly string[],
  stop: readonly string[] = units,
): Promise<void> {
  await lab.systemctl('start', '--', ...units);
  await sleep(WORK_MILLIS);
  await lab.systemctl('stop', '--', ...stop);
}

const TIMERS = Array.from({ length: 20 }, (_, at) => `tick-${at}`);

/** Creates a slice that stays while its units come and go: one more unit of it sleeps. */
async function keepSlice(lab: SystemdLab, name: string): Promise<void> {
  const keeper = ['[Service]', 'ExecStart=/bin/sleep infinity', `Slice=${name}.slice`, ''];
  await lab.writeUnit(`keeper-of-${name}.service`, keeper.join('\n'));
  await lab.startUnit(`keeper-of-${name}.service`);
}

const timers: Case = {
  runs: { '20 oneshot timers of 20 to 50 ms each second, by pattern': ['--service', 'tick-*.service'] },
  parent: 'system.slice',
  isTheirs: (entry) => /^tick-\d+\.service$/.test(entry),
  async prepare(lab) {
    for (const [at, name] of TIMERS.entries()) await writeOneshot(lab, name, 20 + (30 * at) / TIMERS.length);
  },
  work: (lab) =>
    runFor(
      lab,
      TIMERS.map((name) => `${name}.timer`),
    ),
};

const answers: Case = {
  runs: { 'Accept=yes, one 25 ms instance a connection, by pattern': ['--service', 'answer@*.service'] },
  parent: 'system.slice',
  isTheirs: (entry) => entry === 'system-answer.slice',
  async prepare(lab) {
    const socket = [
      '[Socket]',
      'ListenStream=/run/answer',
      'Accept=yes',
      'MaxConnections=100',
      'RemoveOnStop=yes',
      'TriggerLimitIntervalSec=0',
      '',
    ];
    await lab.writeFile('/etc/systemd/system/answer.socket', socket.join('\n'));
    const service = [
      '[Unit]',
      // A failed unit would keep its name from the next one.
      'CollectMode=inactive-or-failed',
      '[Service]',
      'ExecStart=/opt/lab/burn 25 exit',
      'StandardInput=socket',
      '',
    ];
    await lab.writeFile('/etc/systemd/system/answer@.service', service.join('\n'));
  },
  async work(lab) {
    await lab.startUnit('answer.socket');
    for (let sent = 0; sent < WORK_MILLIS / 200; sent++) {
      const connection = createConnection(`${lab.fileRoot}/run/answer`);
      // A refused connection is one instance less.
      connection.on('error', () => {});
      await new Promise((resolve) => connection.once('close', resolve));
      await sleep(170);
    }
    await lab.stopUnit('answer.socket');
  },
};

const oneshot: Case = {
  runs: {
    'one 30 ms oneshot each second, as tock.service': ['--service', 'tock.service'],
    'one 30 ms oneshot each second, as toc*.service': ['--service', 'toc*.service'],
  },
  parent: 'tocks.slice',
  isTheirs: (entry) => entry === 'tock.service',
  async prepare(lab) {
    await keepSlice(lab, 'tocks');
    await writeOneshot(lab, 'tock', 30, ['Slice=tocks.slice']);
  },
  work: (lab) => runFor(lab, ['tock.timer']),
};

const crashLoops: Case = {
  runs: {
    'two crash loops in one slice, by name': ['--service', 'loop-a.service', '--service', 'loop-b.service'],
    'two crash loops in one slice, by pattern': ['--service', 'loop-*.service'],
  },
  parent: 'loops.slice',
  isTheirs: (entry) => /^loop-[ab]\.service$/.test(entry),
  async prepare(lab) {
    await keepSlice(lab, 'loops');
    const inSlice = ['Slice=loops.slice'];
    await lab.writeFile('/etc/systemd/system/loop-a.service', crashing(20, 100, inSlice));
    await lab.writeFile('/etc/systemd/system/loop-b.service', crashing(35, 130, inSlice));
  },
  work: (lab) => runFor(lab, ['loop-a.service', 'loop-b.service']),
};

const lonelyLoop: Case = {
  runs: { 'a crash loop in a slice of its own, RestartSec=50ms': ['--service', 'lonely.service'] },
  parent: '',
  isTheirs: (entry) => entry === 'lonely.slice',
  prepare: (lab) =>
    lab.writeFile('/etc/systemd/system/lonely.service', crashing(30, 50, ['Slice=lonely.slice'])),
  work: (lab) => runFor(lab, ['lonely.service'], ['lonely.service', 'lonely.slice']),
};

const firstStart: Case = {
  runs: { 'a template unit’s first start, its slice created with it': ['--service', 'fresh@one.service'] },
  parent: 'system.slice',
  isTheirs: (entry) => entry === 'system-fresh.slice',
  prepare: (lab) =>
    lab.writeFile(
      '/etc/systemd/system/fresh@.service',
      [...SERVICE, 'ExecStart=/opt/lab/burn 40 exit', ''].join('\n'),
    ),
  async work(lab) {
    await sleep(1300);
    await lab.startUnit('fresh@one.service');
    await sleep(1500);
    await lab.systemctl('stop', 'system-fresh.slice');
  },
};

const stoppedSlice: Case = {
  runs: { 'a slice stopped with its unit, --interval 1.5': ['--service', 'tenant.service'] },
  parent: '',
  isTheirs: (entry) => entry === 'tenant.slice',
  interval: '1.5',
  prepare: (lab) =>
    lab.writeFile(
      '/etc/systemd/system/tenant.service',
      [...SERVICE, "ExecStart=/bin/sh -c 'while :; do :; done'", 'Slice=tenant.slice', ''].join('\n'),
    ),
  async work(lab) {
    await lab.startUnit('tenant.service');
    await sleep(2700);
    await lab.systemctl('stop', 'tenant.slice');
  },
};

const plainCgroup: Case = {
  runs: { '--cgroup outside any slice, created again and again': ['--cgroup', '/plain/work'] },
  parent: 'plain',
  isTheirs: (entry) => entry === 'work',
  async prepare(lab) {
    mkdirSync(path.join(lab.cgroupRoot, 'plain'), { recursive: true });
  },
  async work(lab) {
    const directory = path.join(lab.cgroupRoot, 'plain/work');
    for (let run = 0; run < 10; run++) {
      mkdirSync(directory);
      const script = `echo 0 >${directory}/cgroup.procs; i=0; while [ $i -lt 40000 ]; do i=$((i+1)); done`;
      await once(spawn('/bin/sh', ['-c', script], { stdio: 'ignore' }), 'exit');
      await removeAtOnce(directory);
      await sleep(300);
    }
  },
};

/** Cases of a group are measured at the same time, so no two of them are in one parent. */
export const GROUPS: readonly (readonly Case[])[] = [
  [timers, plainCgroup],
  [answers, oneshot, lonelyLoop],
  [firstStart, crashLoops, stoppedSlice],
];

/** Removes it as soon as it has no process, like systemd. */
async function removeAtOnce(directory: string): Promise<void> {
  for (;;) {
    try {
      rmdirSync(directory);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
      await sleep(1);
    }
  }
}

/** Measures the cases of a group once: an outcome for each run, by its title. */
export async function outcomesOf(group: readonly Case[], lab: SystemdLab): Promise<Map<string, Outcome>> {
  for (const each of group) await each.prepare(lab);
  await lab.systemctl('daemon-reload');
  const outcomes = await Promise.all(group.map((each) => outcomesOfCase(each, lab)));
  return new Map(outcomes.flat());
}

async function outcomesOfCase(each: Case, lab: SystemdLab): Promise<(readonly [string, Outcome])[]> {
  const before = await usedBy(each, lab);
  const times = ['--interval', each.interval ?? '0.5', '--duration', '60'];
  const programs = Object.values(each.runs).map((targets) =>
    startUnitledger(['--cgroup-root', lab.cgroupRoot, ...targets, '--summary', 'json', ...times], {
      longestSeconds: 90,
    }),
  );
  for (const program of programs) await program.says('following');
  await each.work(lab);
  // Waits for pending work to end.
  await sleep(1500);
  for (const program of programs) program.signal('SIGINT');
  const ended = await Promise.all(programs.map((program) => program.ended));
  const after = await usedBy(each, lab);
  const [truth, most] = [after.least - before.most, after.most - before.least];
  return Object.keys(each.runs).map((title, at) => [
    title,
    { truth, most, ...bookedIn(documentOf(ended[at]!), each) },
  ]);
}

function bookedIn({ units }: RunDocument, { parent, isTheirs }: Case): Omit<Outcome, 'truth' | 'most'> {
  let [booked, shared] = [0, 0];
  for (const { unit, cpu } of units) {
    const directory = SHARED.exec(unit)?.[1];
    if (directory === undefined) booked += cpu.totalSeconds ?? 0;
    // What a pattern might match is shared in any slice; that of other cases is not in this one's counters.
    else if (directory === parent || isTheirs(directory)) shared += cpu.totalSeconds ?? 0;
  }
  return { booked, shared };
}

/** CPU of the units since their parent was created: its CPU less that of all others in it. */
async function usedBy({ parent, isTheirs }: Case, lab: SystemdLab): Promise<TracedSeconds> {
  const directory = path.join(lab.cgroupRoot, parent);
  const before = await readCpuSeconds(directory);
  let others = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (!entry.isDirectory() || isTheirs(entry.name)) continue;
    others += await readCpuSeconds(path.join(directory, entry.name)).catch(() => 0);
  }
  return { least: before - others, most: (await readCpuSeconds(directory)) - others };
}

/** Four busy loops, on any number of cores. */
export class BusyLoops implements AsyncDisposable {
  readonly #loops: readonly ChildProcess[];

  constructor(count = 4) {
    this.#loops = Array.from({ length: count }, () =>
      // They end with this process in any case.
      spawn('setpriv', ['--pdeathsig', 'KILL', '/bin/sh', '-c', 'while :; do :; done'], { stdio: 'ignore' }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = this.#loops.map((loop) => once(loop, 'exit'));
    for (const loop of this.#loops) loop.kill('SIGKILL');
    await Promise.all(ended);
  }
}
