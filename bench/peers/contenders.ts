import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContenderPlan } from '../contender.ts';
import { findCollector, findPeer, TELEGRAF } from './peer-programs.ts';

/** What the peers are to watch, and with what. */
export interface PeerTask {
  readonly intervalSeconds: number;
  /** `comm` of the processes. */
  readonly processName: string;
  /** Directory of their cgroup. */
  readonly cgroupDirectory: string;
  /** Where what is exported goes. */
  readonly collector: string;
  /** For files of configuration. */
  readonly folder: string;
  readonly ports: readonly number[];
}

/** A peer that runs here. */
interface Peer {
  readonly plan: ContenderPlan;
  /** What it reads in each round: every process of the machine to find those that it is to watch, or those alone. */
  readonly reads: 'the machine' | 'the processes';
}

/** The peers that are here, and a sentence about each that is not. */
export interface Peers {
  readonly present: readonly Peer[];
  readonly leftOut: readonly string[];
}

const HINT = 'npm run bench:install-peers';

/** Each as its own documentation has it configured, for one round an interval. */
export function peersFor(task: PeerTask, find = findPeer, findOther = findGoPeer): Peers {
  const present: Peer[] = [];
  const leftOut: string[] = [];
  const add = (name: string, file: string | undefined, peersOf: (file: string) => readonly Peer[]) => {
    if (file === undefined) leftOut.push(`${name}: not on this machine (${HINT})`);
    else present.push(...peersOf(file));
  };
  const every = `${task.intervalSeconds}`;
  add('top', find('top'), (file) => [
    { plan: { name: '`top -b`', argv: [file, '-b', '-d', every] }, reads: 'the machine' },
  ]);
  add('pidstat', find('pidstat'), (file) => [
    { plan: { name: '`pidstat -urd`', argv: [file, '-u', '-r', '-d', every] }, reads: 'the machine' },
  ]);
  add('process-exporter', find('prometheus-process-exporter'), (file) => processExporters(file, task));
  add('node_exporter', find('prometheus-node-exporter'), (file) => [nodeExporter(file, task)]);
  add('hostmetrics of the OpenTelemetry Collector', findOther('collector'), (file) => [
    hostMetrics(file, task),
  ]);
  add('procstat of Telegraf', findOther('telegraf'), (file) => [telegraf(file, task)]);
  return { present, leftOut };
}

function findGoPeer(name: 'collector' | 'telegraf'): string | undefined {
  if (name === 'collector') return findCollector();
  return existsSync(TELEGRAF) ? TELEGRAF : undefined;
}

/** As its README has it, and without what reads `smaps` and each thread, which it does unless told otherwise. */
function processExporters(file: string, task: PeerTask): Peer[] {
  const names = [{ name: '{{.Comm}}', comm: [task.processName] }];
  const config = written(task, 'process-exporter.json', { process_names: names });
  return [
    { name: 'process-exporter', lean: [] },
    {
      name: 'process-exporter, `-gather-smaps=false -threads=false`',
      lean: ['-gather-smaps=false', '-threads=false'],
    },
  ].map(({ name, lean }, index) => {
    const address = `127.0.0.1:${task.ports[index]}`;
    const argv: [string, ...string[]] = [
      file,
      '-config.path',
      config,
      '-web.listen-address',
      address,
      ...lean,
    ];
    return { plan: { name, argv, scraped: scraped(address, task) }, reads: 'the machine' };
  });
}

/** It has no processes of their own, but counts those of the machine by state. */
function nodeExporter(file: string, task: PeerTask): Peer {
  const address = `127.0.0.1:${task.ports[2]}`;
  const argv: [string, ...string[]] = [file, '--collector.processes', `--web.listen-address=${address}`];
  const name = 'node_exporter, `--collector.processes`';
  return { plan: { name, argv, scraped: scraped(address, task) }, reads: 'the machine' };
}

function hostMetrics(file: string, task: PeerTask): Peer {
  const include = { names: [task.processName], match_type: 'strict' };
  const config = written(task, 'hostmetrics.json', {
    receivers: {
      host_metrics: {
        collection_interval: `${task.intervalSeconds}s`,
        scrapers: { process: { include, mute_process_name_error: true, mute_process_exe_error: true } },
      },
    },
    processors: { batch: {} },
    exporters: { otlp_http: { endpoint: task.collector } },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: {
        metrics: { receivers: ['host_metrics'], processors: ['batch'], exporters: ['otlp_http'] },
      },
    },
  });
  const name = 'Collector, hostmetrics `process`';
  return { plan: { name, argv: [file, '--config', config] }, reads: 'the machine' };
}

function telegraf(file: string, task: PeerTask): Peer {
  const config = join(task.folder, 'telegraf.conf');
  const every = `${task.intervalSeconds}s`;
  writeFileSync(
    config,
    `[agent]\ninterval = "${every}"\nflush_interval = "10s"\n[[inputs.procstat]]\ncgroup = "${task.cgroupDirectory}"\n` +
      '[[outputs.discard]]\n',
  );
  return { plan: { name: 'Telegraf, procstat', argv: [file, '--config', config] }, reads: 'the processes' };
}

function scraped(address: string, { intervalSeconds }: PeerTask) {
  return { url: `http://${address}/metrics`, everySeconds: intervalSeconds };
}

/** Any JSON is YAML. */
function written({ folder }: PeerTask, name: string, value: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(value));
  return file;
}
