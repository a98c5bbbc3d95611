import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertDelivered, comes, type NodeLab, podOf, report, secondsSince } from '../lab.ts';

const MIB = 1024 ** 2;

/** Resources that the chart's defaults need, and the behaviour of pods that exceed their limits. */
export function limitCases(lab: () => NodeLab): void {
  for (const count of [100, 1000]) {
    test(`the chart's defaults suffice with ${count} processes, from the start to the end`, async () => {
      await lab().runPod(podOf('crowd', [{ name: 'crowd', command: ['/load', String(count), '3600'] }]));
      await lab().install('sized', 'targets.cgroups={/kubepods}');
      const { name, uid } = await lab().ready('sized');
      const start = usageOf(uid)!;
      let most = start.workingSet;
      for (let i = 0; i < 20; i++) {
        await sleep(1000);
        most = Math.max(most, usageOf(uid)!.workingSet);
      }
      const later = usageOf(uid)!;
      const log = lab().node.wholeLog(`pod/${name}`, 'unitledger');
      const ended = lab().node.helm('uninstall', 'sized', '--wait');
      const end = await mostUntilGone(uid);
      await ended;
      const text = await log;
      const cores = (later.cpuSeconds - start.cpuSeconds) / 20;
      report(
        `${count} processes, chart defaults: working set when ready, most in 20 s, then, most at the end; CPU`,
        `${[start.workingSet, most, later.workingSet, end].map(mib).join(', ')}; ${(cores * 1000).toFixed(0)}m`,
      );
      assert.ok(Math.max(most, end) < 256 * MIB);
      assertDelivered(lab(), text);
      await lab().deletePod('crowd');
    });
  }

  test('a pod of unitledger over its memory limit is restarted, and goes on once it fits again', async () => {
    await lab().install(
      'tight',
      ...['targets.cgroups={/kubepods}', 'options.exportInterval=2s'],
      ...['resources.requests.memory=64Mi', 'resources.limits.memory=64Mi'],
    );
    const { name } = await lab().ready('tight');
    assert.equal(await lab().restarts(name), 0);
    await lab().runPod(podOf('crowd', [{ name: 'crowd', command: ['/load', '12000', '3600'] }]));
    const startedAt = performance.now();
    await comes(
      () => lab().statusOf(name, 'lastState.terminated.reason'),
      (reason) => reason === 'OOMKilled',
      'the OOM kill of unitledger',
    );
    const killed = secondsSince(startedAt);
    await lab().deletePod('crowd');
    const before = await lab().cpuSamples();
    const goneAt = performance.now();
    await comes(
      () => lab().cpuSamples(),
      (count) => count > before,
      'samples after the OOM kill',
      120,
    );
    report(
      'pod of unitledger with a limit of 64Mi, 12,000 processes begin',
      `OOMKilled after ${killed} s; next sample ${secondsSince(goneAt)} s after their end, ` +
        `restarts ${await lab().restarts(name)}`,
    );
    await lab().node.helm('uninstall', 'tight', '--wait');
  });

  test('a pod that the kubelet evicts is replaced, and its log has the summary', async () => {
    await lab().install(
      'evicted',
      ...['targets.cgroups={/kubepods}', 'options.exportInterval=2s', 'spool.type=emptyDir'],
      ...['spool.sizeLimit=16Mi', 'options.spoolSize=8MiB'],
    );
    const old = await lab().ready('evicted');
    const log = lab().node.wholeLog(`pod/${old.name}`, 'unitledger');
    writeFileSync(join(lab().node.volumeOf(old.uid, 'spool'), 'other'), Buffer.alloc(32 * MIB));
    const startedAt = performance.now();
    await comes(
      // The controller soon deletes an evicted pod.
      () =>
        lab().node.kubectl(
          'get',
          'events',
          `--field-selector=involvedObject.uid=${old.uid}`,
          '-o=jsonpath={.items[*].reason}',
        ),
      (events) => events.includes('Evicted'),
      'the eviction',
      90,
    );
    const seconds = secondsSince(startedAt);
    const text = await log;
    await lab().readyAfter('evicted', old);
    const replaced = secondsSince(startedAt);
    assert.match(text, /^unitledger run /m, text.slice(-3000));
    report(
      'emptyDir of the spool over its limit, by a foreign file',
      `evicted after ${seconds} s with the summary in its log, replaced after ${replaced} s`,
    );
    await lab().node.helm('uninstall', 'evicted', '--wait');
  });
}

interface Usage {
  readonly workingSet: number;
  readonly cpuSeconds: number;
}

/** Usage that the kernel charges to a pod; undefined after it is gone. */
function usageOf(uid: string): Usage | undefined {
  const memory = directoryOf('/sys/fs/cgroup/memory/kubepods', `pod${uid}`);
  const cpu = directoryOf('/sys/fs/cgroup/cpuacct/kubepods', `pod${uid}`);
  if (memory === undefined || cpu === undefined) return undefined;
  try {
    const number = (file: string) => Number(readFileSync(file, 'utf8'));
    const inactive = /^total_inactive_file (\d+)$/m.exec(readFileSync(join(memory, 'memory.stat'), 'utf8'))!;
    return {
      workingSet: number(join(memory, 'memory.usage_in_bytes')) - Number(inactive[1]),
      cpuSeconds: number(join(cpu, 'cpuacct.usage')) / 1e9,
    };
  } catch {
    // Removed during the read.
    return undefined;
  }
}

/** Peak of a pod's working set from now until the kubelet removes it. */
async function mostUntilGone(uid: string): Promise<number> {
  let most = 0;
  await comes(
    async () => {
      const usage = usageOf(uid);
      most = Math.max(most, usage?.workingSet ?? 0);
      return usage;
    },
    (usage) => usage === undefined,
    'the end of the pod',
  );
  return most;
}

function directoryOf(root: string, name: string): string | undefined {
  try {
    const names = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    if (names.some((entry) => entry.name === name)) return join(root, name);
    for (const entry of names) {
      const found = directoryOf(join(root, entry.name), name);
      if (found !== undefined) return found;
    }
  } catch {
    // Removed during the listing.
  }
  return undefined;
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(0)} MiB`;
}
