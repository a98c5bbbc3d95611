import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { systemClock } from '../../src/host/clock.ts';
import { type Host, openHost } from '../../src/host/host.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { RunTotals } from '../../src/ledger/run/run-totals.ts';
import type { ProcessDetail } from '../../src/sampling/choices.ts';
import { ROW_ALIVE, ROW_ZOMBIE } from '../../src/sampling/process-columns.ts';
import { type ReadProblem, ReadProblems } from '../../src/sampling/read-problems.ts';
import { Sampler } from '../../src/sampling/sampler.ts';
import { compileProgram, hasCompiler } from '../compiled.ts';
import { skipUnless } from '../skip.ts';
import { ListedTargets } from './listed-targets.ts';

const MIB = 2 ** 20;
/** What the program holds besides its three standard descriptors. */
const DESCRIPTORS = 5;

/**
 * Its leader exits at once, or on `leave` if there is an argument. A thread does what each line of standard input says:
 * `more` takes 40 MiB, `next` hands over to a new thread and exits, `end` ends the process.
 */
const SOURCE = `
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static int leave[2];
static char *volatile memory;
static void take(long mebibytes) {
  memory = malloc(mebibytes << 20);
  memset(memory, 1, mebibytes << 20);
}
static void *serve(void *first) {
  char line[64];
  if (first) {
    for (int i = 0; i < ${DESCRIPTORS} - 2; i++) open("/dev/null", O_RDONLY);
    take(60);
    puts("done");
    fflush(stdout);
  }
  while (fgets(line, sizeof line, stdin)) {
    if (line[0] == 'm') take(40);
    if (line[0] == 'l') write(leave[1], "x", 1);
    if (line[0] == 'e') exit(0);
    if (line[0] == 'n') {
      pthread_t thread;
      pthread_create(&thread, NULL, serve, NULL);
      return NULL;
    }
    puts("done");
    fflush(stdout);
  }
  exit(0);
}
int main(int count, char **arguments) {
  pthread_t thread;
  char byte;
  // What it was started with besides its standard descriptors.
  for (int i = 3; i < 256; i++) close(i);
  pipe(leave);
  pthread_create(&thread, NULL, serve, arguments);
  if (count > 1) read(leave[0], &byte, 1);
  pthread_exit(NULL);
}
`;

const host = openHost('/proc', systemClock);
const ways: [string, Host][] = [
  ['by the kernel clocks', host],
  ['by ticks alone', { ...host, clocks: null }],
  ['with no descriptor to hold', { ...host, descriptorLimit: 0 }],
];

describe('a process whose main thread has exited while others run', skipUnless(hasCompiler), () => {
  let program: ReturnType<typeof compileProgram>;
  const children: ChildProcess[] = [];
  before(() => {
    program = compileProgram('leaderless', SOURCE);
  });
  after(() => program.remove());
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  const start = async (...args: string[]) => {
    const child = spawn(program.path, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    await once(child.stdout!, 'data');
    return child;
  };
  const run = async (child: ChildProcess, line: string) => {
    child.stdin!.write(`${line}\n`);
    if (line !== 'next') await once(child.stdout!, 'data');
  };
  /** Until the kernel shows its leader as a zombie: it exits by itself. */
  const loseLeader = (pid: number) => {
    while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))) {
      // It is on its way.
    }
  };

  for (const [way, watched] of ways) {
    describe(way, () => {
      const said: ReadProblem[] = [];
      const watch = (pid: number) => {
        const targets = new ListedTargets();
        targets.members.push(pid);
        const sampler = new Sampler(watched, targets, new ReadProblems((problem) => said.push(problem)), {
          showCommandLine: true,
          details: new Set<ProcessDetail>(['threads', 'descriptors', 'pss']),
          detailsEveryTicks: 1,
        });
        const ledger = new Ledger();
        const totals = new RunTotals(ledger, 10);
        const tick = (full = false) => {
          const sample = sampler.sample(systemClock.monotonicSeconds(), systemClock.unixMillis(), full);
          ledger.book(sample);
          totals.gather();
          const slot = sample.slots[0]!;
          return {
            state: sample.rows.state[slot],
            memoryMiB: sample.rows.memoryBytes[slot]! / MIB,
            detail: (figure: 'threads' | 'descriptors' | 'pssBytes') => sample.details!.get(figure, slot),
            identity: sample.identities[slot]!,
            unit: () =>
              totals.soFar({
                startedUnixMillis: 0,
                startedAtSeconds: 0,
                endedUnixMillis: 1e12,
                intervalSeconds: 1,
                samples: 2,
                missedSamples: 0,
                export: null,
              }).units[0]!,
          };
        };
        return { sampler, tick };
      };

      it('is listed with its memory, descriptors and names, if it is found in that state', async () => {
        const child = await start();
        loseLeader(child.pid!);
        const { sampler, tick } = watch(child.pid!);
        try {
          tick();
          const { state, memoryMiB, detail, identity, unit } = tick(true);
          assert.equal(state, ROW_ALIVE);
          assert.ok(memoryMiB > 60 && memoryMiB < 90, `${memoryMiB} MiB`);
          assert.equal(detail('threads'), 2);
          assert.equal(detail('descriptors'), 3 + DESCRIPTORS);
          assert.ok(detail('pssBytes') > 59 * MIB, `${detail('pssBytes')}`);
          assert.equal(identity.executable, 'leaderless');
          assert.equal(identity.command, program.path);
          const { totals, processes } = unit();
          assert.equal(totals.processesAlive!.max, 1);
          assert.ok(totals.memoryBytes!.max > 60 * MIB);
          assert.equal(processes[0]!.endedAt, null);
          assert.ok(processes[0]!.transferBytes !== null);
          assert.deepEqual(said, []);
        } finally {
          sampler.close();
        }
      });

      it('keeps its memory correct when its leader exits, and its threads take turns', async () => {
        const child = await start('leave');
        const { sampler, tick } = watch(child.pid!);
        try {
          tick();
          assert.ok(tick().memoryMiB > 60);
          await run(child, 'leave');
          loseLeader(child.pid!);
          const left = tick();
          assert.equal(left.state, ROW_ALIVE);
          assert.ok(left.memoryMiB > 60 && left.memoryMiB < 90, `${left.memoryMiB} MiB`);
          await run(child, 'more');
          const more = tick().memoryMiB;
          assert.ok(more > left.memoryMiB + 39, `${more} MiB after ${left.memoryMiB}`);
          await run(child, 'next');
          await run(child, 'more');
          const last = tick(true);
          assert.ok(last.memoryMiB > more + 39, `${last.memoryMiB} MiB after ${more}`);
          assert.equal(last.detail('descriptors'), 3 + DESCRIPTORS);
          assert.deepEqual(said, []);
        } finally {
          sampler.close();
        }
      });

      it('has ended when its last thread has', async () => {
        const child = await start();
        loseLeader(child.pid!);
        const { sampler, tick } = watch(child.pid!);
        try {
          tick();
          child.stdin!.write('end\n');
          // Until its last thread has exited; this process reaps it only when it gets to its event loop.
          while (/^Threads:\t[2-9]/m.test(statusOf(child.pid!))) {
            // It is on its way.
          }
          const { state } = tick(true);
          assert.equal(state, ROW_ZOMBIE);
        } finally {
          sampler.close();
        }
      });
    });
  }
});

function statusOf(pid: number): string {
  return readFileSync(`/proc/${pid}/status`, 'latin1');
}
