import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { type OpenedTargets, openTargets } from '../../src/discovery/open-targets.ts';
import { describeFinding } from '../../src/discovery/targets/findings.ts';
import { until } from '../real-cgroups.ts';
import { skipUnless } from '../skip.ts';
import { membersOf } from './saved-tree.ts';

const LAST_PID = '/proc/sys/kernel/ns_last_pid';

function watch(t: TestContext, pid: number): OpenedTargets {
  const targets = openTargets({
    targets: [{ kind: 'pid', pid }],
    layout: null,
    procRoot: '/proc',
    report: () => assert.fail(),
  });
  t.after(() => targets.close());
  return targets;
}

function members(targets: OpenedTargets): number[] | string {
  targets.refresh();
  return membersOf(targets.instances[0]);
}

/** A shell of the test's own, killed at its end with all that it started. */
function shell(t: TestContext, script: string): number {
  const child = spawn('/bin/sh', ['-c', script], { stdio: 'ignore', detached: true });
  t.after(async () => {
    process.kill(-child.pid!, 'SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  return child.pid!;
}

function childrenOf(pid: number): number[] {
  const children: number[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || !existsSync(`/proc/${name}/stat`)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      if (Number(stat.slice(stat.lastIndexOf(')') + 4).split(' ')[0]) === pid) children.push(Number(name));
    } catch {
      // It ended in between.
    }
  }
  return children;
}

test('the process of a thread is tracked, with its children, and that is reported', (t) => {
  const child = shell(t, 'sleep 1000');
  const thread = Number(readdirSync('/proc/self/task').find((id) => id !== String(process.pid)));
  const findings: string[] = [];
  const targets = openTargets({
    targets: [{ kind: 'pid', pid: thread }],
    layout: null,
    procRoot: '/proc',
    report: (finding) => findings.push(describeFinding(finding)),
  });
  t.after(() => targets.close());
  const pids = members(targets) as number[];
  assert.ok(pids.includes(process.pid) && pids.includes(child) && !pids.includes(thread), pids.join(' '));
  assert.deepEqual(findings, [
    `pid:${thread}: ${thread} is a thread of process ${process.pid}, which is tracked.`,
  ]);
});

test('a real process and its descendants are tracked, including an orphan', async (t) => {
  const pid = shell(t, '(sleep 1000 & sleep 1000 & wait) & wait');
  let inner = 0;
  let sleepers: number[] = [];
  await until(() => {
    inner = childrenOf(pid)[0] ?? 0;
    sleepers = inner === 0 ? [] : childrenOf(inner);
    return sleepers.length === 2;
  }, 'two sleepers');
  const targets = watch(t, pid);
  const all = [pid, inner, ...sleepers];
  assert.deepEqual(
    members(targets),
    all.toSorted((a, b) => a - b),
  );
  process.kill(inner, 'SIGKILL');
  await until(() => childrenOf(pid).length === 0, 'the inner shell to end');
  const left = (members(targets) as number[]).filter((member) => member !== pid && member !== inner);
  assert.deepEqual(
    left,
    sleepers.toSorted((a, b) => a - b),
  );
});

test('a tree ends with its last process', async (t) => {
  const child = spawn('sleep', ['1000']);
  const targets = watch(t, child.pid!);
  assert.deepEqual(members(targets), [child.pid]);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(members(targets), 'gone');
  targets.refresh();
  assert.deepEqual(targets.instances, []);
});

const mayChoosePids = process.getuid?.() === 0 && existsSync(LAST_PID);

test(
  'an unrelated process that gets a member’s PID is no member',
  skipUnless(mayChoosePids || `takes root and ${LAST_PID}`),
  async (t) => {
    const { number, targets, stranger } = await strangerInPlace(t);
    t.after(() => stranger.kill('SIGKILL'));
    assert.equal(readFileSync(`/proc/${number}/comm`, 'utf8'), 'sleep\n');
    assert.equal(members(targets), 'gone');
  },
);

/**
 * Follows a process, ends it, and gives its number to another. Tests run side by side, and one of their processes may
 * take the number first and keep it: then it begins again with another number.
 */
async function strangerInPlace(t: TestContext) {
  for (let attempt = 0; attempt < 50; attempt++) {
    const first = spawn('sleep', ['1000']);
    const number = first.pid!;
    const targets = watch(t, number);
    assert.deepEqual(members(targets), [number]);
    first.kill('SIGKILL');
    await once(first, 'exit');
    const stranger = await spawnAs(number);
    if (stranger !== undefined) return { number, targets, stranger };
  }
  throw new Error('no process got the number of one that had ended, for 50 numbers');
}

/** A process with a number of choice; undefined where others on the machine are quicker each time. */
async function spawnAs(pid: number): Promise<ChildProcess | undefined> {
  for (let attempt = 0; attempt < 10; attempt++) {
    writeFileSync(LAST_PID, String(pid - 1));
    const child = spawn('sleep', ['1000']);
    if (child.pid === pid) return child;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  return undefined;
}
