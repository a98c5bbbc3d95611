import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { TargetRequest } from '../../src/discovery/targets/targets.ts';
import type { RunUnit } from '../../src/ledger/document/run-document.ts';
import { compileProgram, hasCompiler } from '../compiled.ts';
import { canMakeCgroups, RealCgroups, until } from '../real-cgroups.ts';
import { skipUnless } from '../skip.ts';
import { Run, usageSecondsOf } from './real-run.ts';

/**
 * The books of real cgroups: `Run.follow` checks after each sample that no unit is attributed more than its cgroup used,
 * and in each window that all bookings add up to the total.
 */
const onRealKernel = skipUnless(canMakeCgroups());
const withCompiler = skipUnless(canMakeCgroups() === true ? hasCompiler : canMakeCgroups());

const unit = (name: string): TargetRequest => ({ kind: 'unit', name });
const A = '/system.slice/a.service';
const B = '/system.slice/b.service';
const MIB = 1024 ** 2;

/** Uses so many milliseconds of CPU: `burn(20)`. */
const BURN = `
import os, time
def burn(millis):
    until = time.process_time() + millis / 1000
    while time.process_time() < until: pass
def join(cgroup):
    open(cgroup + '/cgroup.procs', 'w').write('0')
`;

function units(t: TestContext): { cgroups: RealCgroups; run: Run } {
  const cgroups = new RealCgroups(t);
  for (const path of [A, B, '/outside']) cgroups.make(path);
  return { cgroups, run: new Run(t, cgroups, [unit('a.service'), unit('b.service')]) };
}

function python(cgroups: RealCgroups, path: string, program: string, ...args: string[]): number {
  const quoted = [BURN + program, ...args].map((text) => `'${text.replaceAll("'", `'\\''`)}'`);
  return cgroups.shell(path, `exec python3 -c ${quoted.join(' ')}`);
}

function compiled(t: TestContext): string {
  const { path, remove } = compileProgram('clone-into', CLONE_INTO);
  t.after(remove);
  return path;
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'unitledger-books-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

test(
  'many shells whose children use less than a tick each are never booked twice',
  onRealKernel,
  async (t) => {
    const { cgroups, run } = units(t);
    for (let i = 0; i < 60; i++) cgroups.shell(A, 'while :; do sleep 0.3; done');
    await until(() => cgroups.pids(A).length >= 60, 'the shells');
    await run.follow(12, 0.25, 4);
    const [{ cpu } = assert.fail('no unit')] = run.units();
    assert.ok(cpu.attributedSeconds > 0.8 * cpu.totalSeconds!, JSON.stringify(cpu));
  },
);

test('a parent that waits late for its children', onRealKernel, async (t) => {
  const { cgroups, run } = units(t);
  const before = usageSecondsOf(cgroups, A);
  python(
    cgroups,
    A,
    `
time.sleep(0.6)
for i in range(100):
    if os.fork() == 0:
        burn(5)
        os._exit(0)
time.sleep(1.5)
for i in range(100): os.wait()
time.sleep(1000)
`,
  );
  await until(() => cgroups.pids(A).length === 1, 'the parent');
  await run.follow(14, 0.25, 2);
  const [{ cpu } = assert.fail('no unit')] = run.units();
  const used = usageSecondsOf(cgroups, A) - before;
  assert.ok(cpu.totalSeconds! <= used + 1e-6 && cpu.totalSeconds! > 0.5, JSON.stringify({ cpu, used }));
  assert.ok(cpu.attributedSeconds > 0.95 * cpu.totalSeconds!, JSON.stringify(cpu));
});

test('a process that worked and wrote elsewhere before it joins adds nothing', onRealKernel, async (t) => {
  const { cgroups, run } = units(t);
  const directory = folder(t);
  const program = `
import sys
name = sys.argv[2] + '/' + str(os.getpid())
while not os.path.exists(sys.argv[2] + '/begin'): time.sleep(0.005)
with open(name, 'wb') as file:
    file.write(bytes(1 << 20))
    file.flush()
    burn(60)
    join(sys.argv[1])
    file.write(bytes(1 << 16))
    file.flush()
    burn(30)
os.rename(name, name + '.done')
time.sleep(1000)
`;
  for (let i = 0; i < 4; i++) python(cgroups, '/outside', program, cgroups.root + A, directory);
  await run.follow(2, 0.05, 1);
  writeFileSync(join(directory, 'begin'), '');
  const isDone = () => readdirSync(directory).filter((name) => name.endsWith('.done')).length === 4;
  let ticks = 0;
  while (!isDone()) {
    assert.ok(ticks++ < 400, 'the processes never came to an end');
    await run.follow(1, 0.05, 1);
  }
  await run.follow(3, 0.05, 1);
  const [{ cpu, processes } = assert.fail('no unit')] = run.units();
  assert.equal(processes.length, 4);
  assert.ok(Math.abs(cpu.totalSeconds! - usageSecondsOf(cgroups, A)) < 0.005, JSON.stringify(cpu));
  assert.ok(cpu.attributedSeconds <= cpu.totalSeconds! + 1e-5, JSON.stringify(cpu));
  for (const { transferBytes } of processes) assert.ok(transferBytes! < MIB / 2, `${transferBytes} bytes`);
});

test(
  'a process that leaves for another unit and comes back has one row in each, and no second is in both',
  onRealKernel,
  async (t) => {
    const { cgroups, run } = units(t);
    const pid = python(cgroups, A, 'burn(1000000)');
    await until(() => cgroups.pids(A).includes(pid), 'the process');
    await run.follow(16, 0.2, 4, (tick) => cgroups.move(tick % 2 === 0 ? B : A, pid));
    const [a, b] = run.units();
    for (const [{ cpu, processes }, path] of [
      [a!, A],
      [b!, B],
    ] as const) {
      const rows = processes.filter((row) => row.pid === pid);
      assert.equal(rows.length, 1, path);
      const { p95, max } = rows[0]!.memoryBytes!;
      assert.ok(p95 > 0.9 * max, 'the memory of every stay counts');
      assert.ok(cpu.attributedSeconds <= cpu.totalSeconds! + 1e-6, JSON.stringify(cpu));
      assert.ok(cpu.totalSeconds! <= usageSecondsOf(cgroups, path) + 1e-6, JSON.stringify(cpu));
    }
  },
);

/** Each of 20 children is cloned into the cgroup argv[1], writes 1 MiB to a file in argv[2], and ends once argv[3] is there. */
const CLONE_INTO = `
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv) {
  int cgroup = open(argv[1], O_RDONLY | O_DIRECTORY);
  static char bytes[1 << 20];
  while (access(argv[4], F_OK) != 0) usleep(5000);
  for (int i = 0; i < 20; i++) {
    struct clone_args args = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = cgroup};
    long pid = syscall(SYS_clone3, &args, sizeof args);
    if (pid < 0) { perror("clone3"); return 1; }
    if (pid == 0) {
      char name[4096];
      snprintf(name, sizeof name, "%s/%d", argv[2], i);
      int file = open(name, O_CREAT | O_WRONLY, 0600);
      if (write(file, bytes, sizeof bytes) != sizeof bytes) _exit(1);
      while (access(argv[3], F_OK) != 0) usleep(5000);
      _exit(0);
    }
  }
  while (wait(NULL) > 0) {}
  pause();
}
`;

/** Runs the program in `A`, its children in `place`, with samples before, while and after they are there. */
async function cloneInto(
  t: TestContext,
  { cgroups, run }: ReturnType<typeof units>,
  place: string,
): Promise<void> {
  const directory = folder(t);
  const [end, begin] = [join(directory, 'end'), join(directory, 'begin')];
  const others = cgroups.pids(place).length;
  cgroups.shell(A, `exec ${compiled(t)} ${cgroups.root}${place} ${directory} ${end} ${begin}`);
  await until(() => cgroups.pids(A).length === 1, 'their parent');
  await run.follow(2, 0.05, 1);
  writeFileSync(begin, '');
  await until(() => cgroups.pids(place).length === others + 20, 'the children');
  await run.follow(4, 0.05, 2);
  writeFileSync(end, '');
  // Between two samples: bytes of a child that is reaped while a sample is taken may be read of both.
  const [parent] = cgroups.pids(A);
  const childrenOf = `/proc/${parent}/task/${parent}/children`;
  await until(() => readFileSync(childrenOf, 'utf8') === '', 'their parent to wait for all of them');
  await run.follow(4, 0.05, 2);
}

const transferOf = (of: RunUnit) =>
  [...of.processes, ...of.exited].reduce((sum, { transferBytes }) => sum + (transferBytes ?? 0), 0);

test(
  'children that are cloned into another tracked unit belong to that unit, with CPU and bytes',
  withCompiler,
  async (t) => {
    const setting = units(t);
    await setting.cgroups.sleeper(B);
    await cloneInto(t, setting, B);
    const [a, b] = setting.run.units();
    assert.ok(
      transferOf(b!) >= 20 * MIB && transferOf(b!) < 21 * MIB,
      `${transferOf(b!)} bytes in their unit`,
    );
    assert.ok(transferOf(a!) < MIB, `${transferOf(a!)} bytes in the unit of their parent`);
  },
);

test(
  'children in an untracked cgroup are found when they appear, and are not booked to their parent',
  withCompiler,
  async (t) => {
    const setting = units(t);
    await cloneInto(t, setting, '/outside');
    const [a] = setting.run.units();
    assert.ok(transferOf(a!) < MIB, `${transferOf(a!)} bytes`);
  },
);

test('samples of 20 ms book no more than was used', onRealKernel, async (t) => {
  const { cgroups, run } = units(t);
  for (let i = 0; i < 4; i++) cgroups.shell(A, 'while :; do ls / >/dev/null; /bin/true; done');
  for (let i = 0; i < 2; i++) python(cgroups, B, 'burn(1000000)');
  await run.follow(60, 0.02, 10);
  for (const { cpu } of run.units()) assert.ok(cpu.totalSeconds! > 0.1, JSON.stringify(cpu));
});

test(
  'submitted bytes that were never written are distinguished, and spliced ones are in no transfer',
  onRealKernel,
  async (t) => {
    const { cgroups, run } = units(t);
    // A file system on a device: others (tmpfs) submit nothing.
    const directory = mkdtempSync(join(import.meta.dirname, '.unitledger-disk-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const program = `
import sys
while not os.path.exists(sys.argv[1] + '/begin'): time.sleep(0.005)
with open(sys.argv[1] + '/big', 'wb') as file: file.write(bytes(8 << 20))
os.unlink(sys.argv[1] + '/big')
with open(sys.argv[1] + '/small', 'wb') as file: file.write(bytes(1 << 20))
read, write = os.pipe()
null = os.open('/dev/null', os.O_WRONLY)
def chars(): return sum(int(line.split()[1]) for line in list(open('/proc/self/io'))[:2])
before = chars()
with open(sys.argv[1] + '/small', 'rb') as file:
    for i in range(16):
        os.splice(file.fileno(), write, 1 << 16)
        os.splice(read, null, 1 << 16)
spliced = chars() - before
with open(sys.argv[1] + '/spliced', 'w') as file: file.write(str(spliced))
os.rename(sys.argv[1] + '/spliced', sys.argv[1] + '/done')
time.sleep(1000)
`;
    const pid = python(cgroups, A, program, directory);
    await until(() => readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('python'), 'the program');
    await run.follow(2, 0.05, 1);
    writeFileSync(join(directory, 'begin'), '');
    await until(() => existsSync(join(directory, 'done')), 'its work');
    const windows = await run.follow(3, 0.05, 1);
    const unit = windows.at(-1)!.units[0]!;
    assert.ok(unit.cancelledWriteBytes! >= 8 * MIB, `${unit.cancelledWriteBytes} bytes cancelled`);
    const [{ processes } = assert.fail('no unit')] = run.units();
    const row = processes.find((each) => each.pid === pid)!;
    assert.ok(row.diskBytes! >= 8 * MIB, `${row.diskBytes} bytes submitted`);
    assert.ok(row.transferBytes! >= 9 * MIB, `${row.transferBytes} bytes transferred`);
    const spliced = Number(readFileSync(join(directory, 'done'), 'utf8'));
    assert.ok(spliced < MIB / 8, `the kernel counts ${spliced} bytes for 1 MiB that was spliced`);
  },
);
