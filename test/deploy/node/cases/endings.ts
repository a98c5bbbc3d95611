import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { toolsImage } from '../images.ts';
import { assertSummary, comes, type NodeLab, recordsOf, report, secondsSince, selectorOf } from '../lab.ts';

/** Number of processes of a very large pod. */
const CROWD = 12_000;
/** A pod whose sidecar writes a record and a row for each process, within 128 MiB. */
const CROWDED = [
  ...['resources.limits.memory=128Mi', 'options.export={none}', 'options.logSummary=processes'],
  ...['options.summaryRows=all', 'options.interval=2s'],
];

/** Ends of pods: contents of their logs, and losses. None of this is in Prometheus. */
export function endingCases(lab: () => NodeLab): void {
  test('an emptyDir is tried until the timeout when its pod is deleted, and the loss is logged', async () => {
    await lab().install(
      'volatile',
      ...['targets.cgroups={/kubepods}', 'spool.type=emptyDir', 'export.endpoint=http://$(HOST_IP):9'],
      ...['options.exportInterval=2s', 'options.shutdownTimeout=4s'],
    );
    const { name } = await lab().ready('volatile');
    const log = lab().node.wholeLog(`pod/${name}`, 'unitledger');
    await sleep(7000);
    const startedAt = performance.now();
    await lab().node.helm('uninstall', 'volatile', '--wait');
    const text = await log;
    assert.match(text, /lost \d+ export windows: .*deleted with the pod/);
    assert.doesNotMatch(text, /left in the spool for the next run/);
    assert.match(text, /^Export: delivered 0 windows, failed \d+$/m);
    report(
      'deletion with an emptyDir, Collector away, `--shutdown-timeout 4s`',
      `${secondsSince(startedAt)} s; the lost windows are logged`,
    );
  });

  test('a StatefulSet whose container ignores SIGTERM until it is killed has its summary in the log', async () => {
    const work = { name: 'work', image: toolsImage, command: ['/deaf', '5', '3600'] };
    await lab().installBeside(
      'deaf',
      { terminationGracePeriodSeconds: 5, containers: [work] },
      ...['workload.kind=StatefulSet', 'export.endpoint=http://$(HOST_IP):9'],
    );
    const { name } = await lab().ready('deaf');
    const log = lab().node.wholeLog(`pod/${name}`, 'unitledger');
    await sleep(3000);
    const startedAt = performance.now();
    await lab().node.helm('uninstall', 'deaf', '--wait');
    const text = await log;
    assertSummary(text);
    assert.match(text, /\bdeaf\b/);
    report(
      'StatefulSet whose container ignores SIGTERM (grace 5 s), Collector away',
      `${secondsSince(startedAt)} s; summary in the log`,
    );
  });

  test('a Job of 12,000 processes has its whole summary in the log, within 128 MiB', async (t) => {
    t.after(() => lab().node.helm('uninstall', 'batch', '--wait'));
    const work = { name: 'work', image: toolsImage, command: ['/load', String(CROWD), '30'] };
    const startedAt = performance.now();
    await lab().installBeside('batch', { containers: [work] }, ...CROWDED);
    // As in NOTES.txt.
    const ofRelease = '--selector=app.kubernetes.io/instance=batch';
    await comes(
      () => lab().node.kubectl('get', 'pods', ofRelease, '-o=name'),
      (names) => names !== '',
      'the pod of the Job',
    );
    await lab().node.kubectl('wait', '--for=condition=Initialized', 'pod', ofRelease, '--timeout=5m');
    // The pod stays, so its log is read at once: on a busy machine, a stream of the log can end before the container does.
    await lab().node.kubectl('wait', '--for=condition=complete', 'job/batch-unitledger', '--timeout=3m');
    const seconds = secondsSince(startedAt);
    const text = await lab().node.kubectl('logs', 'job/batch-unitledger', '--container=unitledger');
    const status = '-o=jsonpath={.items[0].status.initContainerStatuses[0]}';
    const sidecar = JSON.parse(await lab().node.kubectl('get', 'pods', ofRelease, status));
    const ending = JSON.stringify([sidecar.state, sidecar.lastState]);
    assert.equal(sidecar.restartCount, 0, `${ending}\n${text.slice(-3000)}`);
    assert.doesNotMatch(ending, /OOMKilled/);
    report(
      `Job in mode pod with ${CROWD} processes, memory limit 128Mi`,
      `${wholeCrowdIn(text, ending)}, no restart; ${seconds} s with the 30 s of the Job`,
    );
  });
}

/** Drains the node: nothing else may run at the same time. */
export function drainCases(lab: () => NodeLab): void {
  test('a drained node ends a StatefulSet of 12,000 processes with its whole summary, and keeps the DaemonSet', async (t) => {
    t.after(async () => {
      for (const release of ['crowded', 'stays']) await lab().node.helm('uninstall', release, '--wait');
      await lab().node.kubectl('wait', '--for=delete', 'pod', selectorOf('crowded'), '--timeout=60s');
    });
    const work = { name: 'work', image: toolsImage, command: ['/load', String(CROWD), '3600'] };
    await lab().installBeside('crowded', { containers: [work] }, 'workload.kind=StatefulSet', ...CROWDED);
    await lab().install('stays', 'targets.services={nginx.service}', 'options.exportInterval=2s');
    const daemon = await lab().ready('stays');
    const pod = await lab().ready('crowded');
    await comes(
      () => lab().node.kubectl('logs', pod.name, '--container=work'),
      (text) => text.includes(`${CROWD} processes`),
      'all processes',
    );
    // Two samples of the sidecar.
    await sleep(4000);
    const log = lab().node.wholeLog(`pod/${pod.name}`, 'unitledger');
    const startedAt = performance.now();
    const { name: node } = lab().node;
    const drained = await lab().node.kubectl('drain', node, '--ignore-daemonsets', '--delete-emptydir-data');
    const seconds = secondsSince(startedAt);
    assert.match(drained, new RegExp(`pod/${pod.name} evicted`));
    t.after(() => lab().node.kubectl('uncordon', node));
    const whole = wholeCrowdIn(await log);
    assert.deepEqual(await lab().ready('stays'), daemon);
    const before = await lab().cpuSamples();
    await comes(
      () => lab().cpuSamples(),
      (count) => count > before,
      'samples of the DaemonSet on the drained node',
    );
    await lab().node.kubectl('uncordon', node);
    await lab().readyAfter('crowded', pod);
    report(
      `\`kubectl drain\` with a StatefulSet in mode pod of ${CROWD} processes, memory limit 128Mi`,
      `drained after ${seconds} s; ${whole}; the DaemonSet stays and exports; the StatefulSet is back after uncordon`,
    );
  });
}

/**
 * Asserts that a log has a record of each process of the crowd, and a row of each that the table does not fold; returns
 * their numbers.
 */
function wholeCrowdIn(text: string, ending = ''): string {
  const records = recordsOf(text, 'summary.process');
  assert.ok(
    records.length > CROWD,
    `${records.length} records of processes\n${ending}\n${text.slice(-1000)}`,
  );
  // On a busy machine the last processes to start are in one sample only, so the table contains them by name only.
  const own = records.filter(({ process }) => process.endedAt === null || process.samples > 1);
  assert.ok(own.length > 0.9 * CROWD, `${own.length} processes in more than one sample`);
  const rows = text.split('\n').filter((line) => /^ *\d+ +\S+ +\d+ /.test(line)).length;
  assert.equal(rows, own.length, 'rows in the table');
  assert.match(text, /^Export: /m);
  return `${records.length} records and the whole table in the log (${(text.length / 1e6).toFixed(1)} MB)`;
}
