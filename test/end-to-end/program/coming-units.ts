import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunDocument } from '../../../src/ledger/document/run-document.ts';
import type { SystemdLab } from '../systemd/lab.ts';
import { readCpuSeconds } from '../truth.ts';
import { documentOf, type Running, startUnitledger } from './unitledger.ts';

/** One or more units that come and go during a run. */
export interface Case {
  readonly title: string;
  /** Options that name the targets. */
  readonly targets: readonly string[];
  /**
   * The directory below the lab's cgroup root that keeps their usage; `isTheirs` selects its entries that belong to
   * them.
   */
  readonly parent: string;
  isTheirs(entry: string): boolean;
  readonly interval?: string;
  /** Before the run. */
  prepare(lab: SystemdLab): Promise<void>;
  /** During the run; everything started is stopped at its end. */
  work(lab: SystemdLab): Promise<void>;
}

/** Result of a run. CPU seconds. */
export interface Outcome {
  /** CPU of the units, by the counters of the directories around them. */
  readonly truth: number;
  /** CPU that the run booked to them, and CPU that it could not assign. */
  readonly booked: number;
  readonly shared: number;
  readonly document: RunDocument;
}

const WORK_MILLIS = 5000;
const SERVICE = ['[Unit]', 'StartLimitIntervalSec=0', '[Service]'];
const burn = (millis: number) => `/bin/sh -c '/opt/lab/burn ${millis} exit; exit 0'`;

function crashing(millis: number, restartMillis: number, more: readonly string[] = []): string {
  const restart = ['Restart=always', `RestartSec=${restartMillis}ms`];
  return [...SERVICE, `ExecStart=/opt/lab/burn ${millis} exit`, ...restart, ...more, ''].join('\n');
}

async function writeOneshot(lab: SystemdLab, name: string, millis: number): Promise<void> {
  await lab.writeFile(
    `/etc/systemd/system/${name}.service`,
    [...SERVICE, 'Type=oneshot', `ExecStart=${burn(millis)}`, ''].join('\n'),
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

export const CASES: readonly Case[] = [
  {
    title: '20 oneshot timers of 20 to 50 ms each second, by pattern',
    targets: ['--service', 'tick-*.service'],
    parent: 'system.slice',
    isTheirs: (entry) => /^tick-\d+\.service$/.test(entry),
    async prepare(lab) {
      for (const [at, name] of TIMERS.entries())
        await writeOneshot(lab, name, 20 + (30 * at) / TIMERS.length);
      await lab.systemctl('daemon-reload');
    },
    work: (lab) =>
      runFor(
        lab,
        TIMERS.map((name) => `${name}.timer`),
      ),
  },
  {
    title: 'Accept=yes, one 25 ms instance a connection, by pattern',
    targets: ['--service', 'answer@*.service'],
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
      await lab.systemctl('daemon-reload');
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
  },
  ...(['tock.service', 'toc*.service'] as const).map(
    (name): Case => ({
      title: `one 30 ms oneshot each second, as ${name}`,
      targets: ['--service', name],
      parent: 'system.slice',
      isTheirs: (entry) => entry === 'tock.service',
      async prepare(lab) {
        await writeOneshot(lab, 'tock', 30);
        await lab.systemctl('daemon-reload');
      },
      work: (lab) => runFor(lab, ['tock.timer']),
    }),
  ),
  ...(['by name', 'by pattern'] as const).map(
    (how): Case => ({
      title: `two crash loops in one slice, ${how}`,
      targets:
        how === 'by name'
          ? ['--service', 'loop-a.service', '--service', 'loop-b.service']
          : ['--service', 'loop-*.service'],
      parent: 'system.slice',
      isTheirs: (entry) => /^loop-[ab]\.service$/.test(entry),
      async prepare(lab) {
        await lab.writeFile('/etc/systemd/system/loop-a.service', crashing(20, 100));
        await lab.writeFile('/etc/systemd/system/loop-b.service', crashing(35, 130));
        await lab.systemctl('daemon-reload');
      },
      work: (lab) => runFor(lab, ['loop-a.service', 'loop-b.service']),
    }),
  ),
  {
    title: 'a crash loop in a slice of its own, RestartSec=50ms',
    targets: ['--service', 'lonely.service'],
    parent: '',
    isTheirs: (entry) => entry === 'lonely.slice',
    async prepare(lab) {
      await lab.writeFile('/etc/systemd/system/lonely.service', crashing(30, 50, ['Slice=lonely.slice']));
      await lab.systemctl('daemon-reload');
    },
    work: (lab) => runFor(lab, ['lonely.service'], ['lonely.service', 'lonely.slice']),
  },
  {
    title: 'a template unit’s first start, its slice created with it',
    targets: ['--service', 'fresh@one.service'],
    parent: 'system.slice',
    isTheirs: (entry) => entry === 'system-fresh.slice',
    async prepare(lab) {
      const service = [...SERVICE, 'ExecStart=/opt/lab/burn 40 exit', ''];
      await lab.writeFile('/etc/systemd/system/fresh@.service', service.join('\n'));
      await lab.systemctl('daemon-reload');
    },
    async work(lab) {
      await sleep(1300);
      await lab.startUnit('fresh@one.service');
      await sleep(1500);
      await lab.systemctl('stop', 'system-fresh.slice');
    },
  },
  {
    title: 'a slice stopped with its unit, --interval 1.5',
    targets: ['--service', 'tenant.service'],
    parent: '',
    isTheirs: (entry) => entry === 'tenant.slice',
    interval: '1.5',
    async prepare(lab) {
      const loop = "ExecStart=/bin/sh -c 'while :; do :; done'";
      await lab.writeFile(
        '/etc/systemd/system/tenant.service',
        [...SERVICE, loop, 'Slice=tenant.slice', ''].join('\n'),
      );
      await lab.systemctl('daemon-reload');
    },
    async work(lab) {
      await lab.startUnit('tenant.service');
      await sleep(2700);
      await lab.systemctl('stop', 'tenant.slice');
    },
  },
  {
    title: '--cgroup outside any slice, created again and again',
    targets: ['--cgroup', '/plain/work'],
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
  },
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

/** Runs a case once. */
export async function outcomeOf(each: Case, lab: SystemdLab): Promise<Outcome> {
  await each.prepare(lab);
  const before = await usedBy(each, lab);
  const times = ['--interval', each.interval ?? '0.5', '--duration', '60'];
  const program: Running = startUnitledger(
    ['--cgroup-root', lab.cgroupRoot, ...each.targets, '--summary', 'json', ...times],
    { longestSeconds: 90 },
  );
  await program.says('following');
  await each.work(lab);
  // Waits for pending work to end.
  await sleep(1500);
  program.signal('SIGINT');
  const document = documentOf(await program.ended);
  const truth = (await usedBy(each, lab)) - before;
  const ofUnits = document.units.filter(({ unit }) => !unit.startsWith('(shared in'));
  const sum = (units: RunDocument['units']) =>
    units.reduce((all, { cpu }) => all + (cpu.totalSeconds ?? 0), 0);
  const booked = sum(ofUnits);
  return { truth, booked, shared: sum(document.units) - booked, document };
}

/** CPU of the units since their parent was created: its CPU less that of all others in it. */
async function usedBy({ parent, isTheirs }: Case, lab: SystemdLab): Promise<number> {
  const directory = path.join(lab.cgroupRoot, parent);
  let seconds = await readCpuSeconds(directory);
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (!entry.isDirectory() || isTheirs(entry.name)) continue;
    seconds -= await readCpuSeconds(path.join(directory, entry.name)).catch(() => 0);
  }
  return seconds;
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
