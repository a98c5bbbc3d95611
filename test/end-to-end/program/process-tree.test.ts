import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, test } from 'node:test';
import { compileProgram, hasCompiler } from '../../compiled.ts';
import { skipUnless } from '../../skip.ts';
import { documentOf, runUnitledger } from './unitledger.ts';

const JSON_SUMMARY = ['--summary', 'json', '--interval', '0.2'];

/** Starts a child that does what the shell lines say, prints its PID, and never waits for it. */
const HEEDLESS = `$| = 1; my $pid = fork; if (!$pid) { exec 'sh', '-c', $ARGV[0] } print "$pid\\n"; sleep 60`;

/** Its main thread exits at once; the other holds 60 MiB until standard input is closed. */
const LEADERLESS = `
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static char *volatile memory;
static void *hold(void *nothing) {
  memory = malloc(60 << 20);
  memset(memory, 1, 60 << 20);
  puts("ready");
  fflush(stdout);
  while (getchar() != EOF) continue;
  exit(0);
}
int main(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, hold, NULL);
  pthread_exit(NULL);
}
`;

describe('unitledger --pid', () => {
  const started: ChildProcess[] = [];
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
  });

  /** PID of a process whose parent does not wait for it. */
  async function unwaitedFor(script: string): Promise<number> {
    const parent = spawn('sh', ['-c', 'exec perl -e "$0" "$1"', HEEDLESS, script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    started.push(parent);
    return Number((await once(parent.stdout, 'data'))[0]);
  }

  test('ends when its process has exited, though nobody has waited for it', async () => {
    const pid = await unwaitedFor('exec sleep 5');
    // Without a duration, and far less than the time for which the zombie is there.
    const ended = await runUnitledger([...JSON_SUMMARY, '--pid', String(pid)]);
    assert.ok(ended.seconds < 25, `${ended.seconds} s`);
    const [unit] = documentOf(ended).units;
    const [row] = unit!.processes;
    assert.equal(row!.pid, pid);
    assert.notEqual(row!.endedAt, null, 'a zombie does not run');
    assert.equal(unit!.totals.processesAlive!.max, 1);
  });

  test('says of a process that has exited already that it was not seen', async () => {
    const pid = await unwaitedFor('exit 0');
    const ended = await runUnitledger([...JSON_SUMMARY, '--pid', String(pid)]);
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, new RegExp(`PID ${pid}: not found`));
  });

  test('goes on while a descendant of an exited process lives', async () => {
    const pid = await unwaitedFor('(sleep 8; :) & sleep 4');
    const ended = await runUnitledger([...JSON_SUMMARY, '--pid', String(pid)]);
    const { processes } = documentOf(ended).units[0]!;
    const root = processes.find((row) => row.pid === pid)!;
    const last = processes.find((row) => row.ppid !== root.ppid && row.name === 'sleep' && row.samples > 0);
    assert.notEqual(root.endedAt, null);
    assert.ok(last !== undefined, JSON.stringify(processes.map(({ name, ppid }) => [name, ppid])));
    const lastEnd = Math.max(...processes.map(({ endedAt }) => Date.parse(endedAt!)));
    assert.ok(lastEnd - Date.parse(root.endedAt!) > 2000, JSON.stringify(processes));
  });

  test(
    'follows a process whose main thread has exited, with its memory, for as long as others run',
    skipUnless(hasCompiler),
    async () => {
      const { path, remove } = compileProgram('leaderless', LEADERLESS);
      try {
        const child = spawn(path, { stdio: ['pipe', 'pipe', 'inherit'] });
        started.push(child);
        await once(child.stdout, 'data');
        const ended = await runUnitledger([...JSON_SUMMARY, '--pid', String(child.pid), '--duration', '2']);
        const document = documentOf(ended);
        const [unit] = document.units;
        assert.equal(unit!.totals.processesAlive!.max, 1);
        assert.ok(unit!.totals.memoryBytes!.avg > 60 * 2 ** 20, JSON.stringify(unit!.totals.memoryBytes));
        const { name, endedAt } = unit!.processes[0]!;
        assert.deepEqual([name, endedAt], ['leaderless', null]);
        assert.ok(Date.parse(document.endedAt) - Date.parse(document.startedAt) > 1900);
      } finally {
        remove();
      }
    },
  );
});
