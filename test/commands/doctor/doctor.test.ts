import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { before, describe, type TestContext, test } from 'node:test';
import type { Check } from '../../../src/commands/doctor/check.ts';
import { PROGRAM } from '../../bundle.ts';
import { ConnectProxy } from '../../end-to-end/connect-proxy.ts';
import { skipUnless } from '../../skip.ts';

const hosts = resolve(import.meta.dirname, '../../fixtures/hosts');
const saved = (name: string) => [
  ...['--proc-root', join(hosts, name, 'proc')],
  ...['--cgroup-root', join(hosts, name, 'sys/fs/cgroup')],
];

interface Report {
  readonly status: number | null;
  readonly outcome: string;
  readonly checks: readonly Check[];
  readonly stderr: string;
}

const mayUnshare =
  spawnSync('unshare', ['--mount', 'true']).status === 0 || 'a mount namespace needs root and util-linux';
/** In a mount namespace of its own, after a command of the shell. */
const after = (mounts: string) => ['unshare', '--mount', 'sh', '-c', `${mounts} && exec "$@"`, 'sh'];

/** What `unitledger doctor` tells programs; `by` starts it. */
function doctor(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  by: readonly string[] = [],
): Report {
  const [file, ...rest] = [...by, process.execPath, PROGRAM, 'doctor', '--format', 'json', ...args];
  const run = spawnSync(file!, rest, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  assert.notEqual(run.stdout, '', run.stderr);
  const { schema, outcome, checks } = JSON.parse(run.stdout);
  assert.equal(schema, 'unitledger.doctor/1');
  return { status: run.status, outcome, checks, stderr: run.stderr };
}

const named = ({ checks }: Report, name: string) => checks.filter((check) => check.name === name);
function only(report: Report, name: string): Check {
  const found = named(report, name);
  assert.equal(found.length, 1, `${name} among ${report.checks.map((check) => check.name)}`);
  return found[0]!;
}

describe('unitledger doctor, of the host', () => {
  test('finds all well where it is, and ends with 0', () => {
    const report = doctor(['--pid', String(process.pid), '--export', 'none']);
    assert.equal(report.status, 0);
    assert.match(only(report, 'processes').found, /^\d+ in \/proc, Linux /);
    assert.match(only(report, 'target').found, new RegExp(`^pid:${process.pid}: \\d+ process`));
    assert.deepEqual(
      report.checks.filter(({ outcome }) => outcome === 'fail'),
      [],
    );
    // Processes alone need no cgroup tree.
    assert.deepEqual(named(report, 'cgroup tree'), []);
    assert.deepEqual(named(report, 'endpoint'), []);
  });

  test('fails where the roots are none, and says the mounts for each place', () => {
    const empty = mkdtempSync(join(tmpdir(), 'unitledger-doctor-'));
    try {
      const report = doctor([
        '--service',
        'x',
        '--proc-root',
        empty,
        '--cgroup-root',
        empty,
        '--export',
        'none',
      ]);
      assert.equal(report.status, 1);
      assert.equal(report.outcome, 'fail');
      assert.match(only(report, 'processes').fix!.docker, /-v \/proc:\/host\/proc:ro/);
      assert.match(only(report, 'cgroup tree').fix!.kubernetes, /hostPath volume of \/sys\/fs\/cgroup/);
    } finally {
      rmSync(empty, { recursive: true });
    }
  });

  test('fails without a /proc of its own', skipUnless(mayUnshare), () => {
    const report = doctor(
      ['--cgroup', '/none', ...saved('v2'), '--export', 'none'],
      {},
      after('umount --lazy /proc'),
    );
    assert.equal(report.status, 1);
    assert.match(only(report, 'processes').found, /^\/proc is not mounted/);
    assert.equal(only(report, 'cgroup tree').outcome, 'ok');
  });

  test(
    'warns that capabilities of a user namespace do not count for the host',
    skipUnless(mayUnshare),
    () => {
      const rootless = ['unshare', '--user', '--map-root-user'];
      const ofHost = only(doctor(['--pid', '1', '--export', 'none'], {}, rootless), 'capabilities');
      assert.equal(ofHost.outcome, 'warn');
      assert.match(
        ofHost.found,
        /^SYS_PTRACE, DAC_READ_SEARCH, but only in the user namespace of unitledger/,
      );
      const apart = [...rootless, '--pid', '--fork', '--kill-child', '--mount-proc'];
      const ofOwn = only(doctor(['--pid', '1', '--export', 'none'], {}, apart), 'capabilities');
      assert.equal(ofOwn.outcome, 'ok');
    },
  );

  test('fails for a command that no shell can start', skipUnless(mayUnshare), () => {
    const without = after('mount --bind /dev/null "$(readlink -f /bin/sh)"');
    const report = doctor(['--export', 'none', '--', 'make'], {}, without);
    assert.equal(report.status, 1);
    assert.match(
      only(report, 'target').found,
      /^command make: \/bin\/sh, which starts it, cannot be run \(EACCES\)$/,
    );
  });

  test('tells of each target what there is of it, with near names of what is not', () => {
    const units = ['--service', 'nginx', '--service', 'user@*', '--service', 'ngimx', '--cgroup', '/none'];
    const report = doctor([...units, ...saved('v2'), '--export', 'none']);
    assert.equal(report.status, 0);
    assert.deepEqual(
      named(report, 'target').map(({ outcome, found }) => [outcome, found]),
      [
        ['ok', 'nginx.service: 3 processes'],
        ['ok', 'user@*.service: 1 unit, 6 processes'],
        ['warn', 'ngimx.service: not found; similar: nginx.service, user@1000.service/nginx.service'],
        ['warn', '/none: not found'],
      ],
    );
  });

  test('names the command that shows a missing target of each kind', () => {
    const uid = '0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0';
    const targets = ['--service', 'none', '--service', 'none@*', '--cgroup', '/none', '--pod-uid', uid];
    const report = doctor([...targets, ...saved('v2'), '--export', 'none']);
    assert.deepEqual(
      named(report, 'target').map(({ fix }) => fix!.kubernetes),
      [
        "on the host: systemctl status 'none.service'",
        "on the host: systemctl list-units 'none@*.service'",
        "on the host: systemd-cgls '/none'",
        "compare with kubectl get pod POD -o jsonpath='{.metadata.uid}'; the pod must be on this node, and --cgroup-root the node's whole tree",
      ],
    );
  });

  test('says what cgroup v1 costs', () => {
    const check = only(doctor(['--service', 'nginx', ...saved('v1'), '--export', 'none']), 'cgroup version');
    assert.equal(check.outcome, 'warn');
    assert.match(check.fix!.host, /systemd\.unified_cgroup_hierarchy=1/);
  });

  test('fails without a target, as a run does, and checks all else', () => {
    const report = doctor([...saved('v2'), '--export', 'none']);
    assert.equal(report.status, 1);
    const run = spawnSync(process.execPath, [PROGRAM, '--export', 'none'], { encoding: 'utf8' });
    assert.equal(run.status, 2, 'a run refuses to start');
    assert.equal(only(report, 'target').outcome, 'fail');
    assert.match(only(report, 'target').fix!.host, /--service NAME/);
    assert.equal(only(report, 'cgroup tree').outcome, 'ok');
  });

  test('takes what is no option for bad input', () => {
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, 'doctor', 'nginx'], {
      encoding: 'utf8',
    });
    assert.equal(status, 2);
    assert.match(stderr, /^unitledger: unexpected argument "nginx": name targets with --service/);
  });

  test('accepts the command of a run as its target, and starts no process for it', () => {
    const report = doctor(['--export', 'none', '--', 'nonexistent', '--flag']);
    assert.equal(report.status, 0);
    assert.deepEqual(only(report, 'target').found, 'command nonexistent: started by the run');
    const both = spawnSync(process.execPath, [PROGRAM, 'doctor', '--service', 'nginx', '--', 'true'], {
      encoding: 'utf8',
    });
    assert.equal(both.status, 2, 'as a run does');
  });

  test('tells of a spool that cannot be, and of one with too little room', () => {
    const own = ['--pid', String(process.pid), '--export', 'none'];
    const report = doctor([...own, '--spool-dir', '/dev/null/spool']);
    assert.equal(report.status, 1);
    assert.match(only(report, 'spool').fix!.host, /StateDirectory=unitledger/);
    const folder = mkdtempSync(join(tmpdir(), 'unitledger-doctor-'));
    try {
      const there = only(doctor([...own, '--spool-dir', join(folder, 'not/made/yet')]), 'spool');
      assert.match(there.found, /\/not\/made\/yet: \d+ MiB free, --spool-size allows \d+ MiB$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('unitledger doctor, of the way to the collector', () => {
  const own = ['--pid', String(process.pid)];
  const bodies: { url: string | undefined; headers: NodeJS.Dict<string | string[]>; body: string }[] = [];

  /** A server of another process would do as well: `spawnSync` holds this one, so it is asked asynchronously. */
  async function ask(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Report> {
    const { spawn } = await import('node:child_process');
    const { text } = await import('node:stream/consumers');
    const child = spawn(process.execPath, [PROGRAM, 'doctor', '--format', 'json', ...own, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr, [status]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit'),
    ]);
    assert.notEqual(stdout, '', stderr);
    return { ...JSON.parse(stdout), status, stderr };
  }

  async function serve(t: TestContext, answer: { status: number; date?: string }): Promise<string> {
    const server: Server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        bodies.push({ url: request.url, headers: request.headers, body });
        if (answer.date !== undefined) response.setHeader('date', answer.date);
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end('{}');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  }

  before(() => {
    bodies.length = 0;
  });

  test('sends a real request without a metric, with the credentials given', async (t) => {
    const endpoint = await serve(t, { status: 200 });
    const report = await ask({
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=secret',
    });
    assert.equal(report.status, 0);
    assert.match(only(report, 'endpoint').found, /\/v1\/metrics accepted an empty request in \d+ ms$/);
    assert.equal(only(report, 'clock').outcome, 'ok');
    const { url, headers, body } = bodies.at(-1)!;
    assert.equal(url, '/v1/metrics');
    assert.equal(headers['api-key'], 'secret');
    assert.deepEqual(JSON.parse(body).resourceMetrics[0].scopeMetrics, []);
    assert.doesNotMatch(JSON.stringify(report.checks), /secret/);
  });

  test('fails where nothing listens, where credentials are wrong, and where nobody answers', async (t) => {
    const nobody = await ask({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });
    assert.equal(nobody.status, 1);
    assert.match(only(nobody, 'endpoint').found, /ECONNREFUSED: connection refused/);
    for (const fix of Object.values(only(nobody, 'endpoint').fix!)) assert.match(fix, /--export none/);
    const endpoint = await serve(t, { status: 401 });
    const wrong = await ask({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    assert.equal(wrong.status, 1);
    assert.match(only(wrong, 'endpoint').found, /HTTP 401.*are the credentials in the headers right\?/);
    assert.match(only(wrong, 'endpoint').fix!.kubernetes, /export\.headersSecret/);
    const tls = {
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint.replace('http:', 'https:'),
      OTEL_EXPORTER_OTLP_CERTIFICATE: '/none',
    };
    assert.match(only(await ask(tls), 'endpoint').found, /OTEL_EXPORTER_OTLP_CERTIFICATE/);
  });

  test('with --traces sends a real request without a span, and tells apart what takes metrics alone', async (t) => {
    const endpoint = await serve(t, { status: 200 });
    for (const protocol of ['http/json', 'http/protobuf']) {
      const report = await ask(
        { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: protocol },
        '--traces',
      );
      assert.equal(report.status, 0);
      assert.match(
        only(report, 'traces endpoint').found,
        /\/v1\/traces accepted an empty request in \d+ ms$/,
      );
      assert.equal(only(report, 'traces clock').outcome, 'ok');
      const { body } = bodies.find(
        ({ url, headers }) => url === '/v1/traces' && headers['content-type']?.includes(protocol.slice(5)),
      )!;
      if (protocol === 'http/json') assert.deepEqual(JSON.parse(body).resourceSpans[0].scopeSpans, []);
      else assert.deepEqual([...Buffer.from(body)], [0x0a, 0x02, 0x0a, 0x00]);
    }
    const refuses = await serve(t, { status: 404 });
    const variables = {
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${refuses}/v1/traces`,
    };
    const report = await ask(variables, '--traces');
    assert.equal(report.status, 1);
    assert.equal(only(report, 'endpoint').outcome, 'ok');
    assert.match(only(report, 'traces endpoint').found, /HTTP 404/);
    assert.match(only(report, 'traces endpoint').fix!.host, /OTEL_EXPORTER_OTLP_TRACES_ENDPOINT/);
    const unasked = await ask(variables);
    assert.deepEqual(named(unasked, 'traces endpoint'), []);
    const off = await ask({ ...variables, OTEL_TRACES_EXPORTER: 'none' }, '--traces');
    assert.deepEqual(named(off, 'traces endpoint'), []);
  });

  test('shows the route to the collector, through a proxy or not, and never its credentials', async (t) => {
    const proxy = await ConnectProxy.start();
    t.after(() => proxy.close());
    const endpoint = await serve(t, { status: 200 });
    const variables = {
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint.replace('127.0.0.1', 'collector.test'),
      HTTP_PROXY: `http://me:secret@127.0.0.1:${proxy.port}`,
    };
    const through = await ask(variables);
    assert.equal(through.status, 0);
    assert.equal(only(through, 'route').found, `through proxy http://127.0.0.1:${proxy.port} (HTTP_PROXY)`);
    assert.equal(proxy.requests.length, 1);
    const excluded = await ask({ ...variables, NO_PROXY: '.test' });
    assert.equal(only(excluded, 'route').found, 'directly (NO_PROXY contains ".test")');
    const off = await ask(variables, '--otlp-proxy', 'none');
    assert.equal(only(off, 'route').found, 'directly (--otlp-proxy is none)');
    assert.match(
      only(off, 'endpoint').meaning!,
      /dropped at a limit: older than 2 h .*, or memory buffer full \(32 MiB/,
    );
    const local = await ask({ ...variables, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    assert.equal(only(local, 'route').found, 'directly (the endpoint is on loopback)');
    assert.equal(proxy.requests.length, 1);
    assert.doesNotMatch(JSON.stringify([through, excluded, off, local]), /secret/);
    const socks = await ask({ ...variables, HTTP_PROXY: 'socks5://me:secret@p:1' });
    assert.equal(only(socks, 'route').outcome, 'warn');
    assert.match(only(socks, 'route').meaning!, /^HTTP_PROXY is "socks5:\/\/\*\*\*@p:1"; OTLP needs/);
  });

  test('compares the clock with that of the collector', async (t) => {
    const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toUTCString();
    const minutes = await ask({
      OTEL_EXPORTER_OTLP_ENDPOINT: await serve(t, { status: 200, date: ago(600) }),
    });
    assert.equal(only(minutes, 'clock').outcome, 'warn');
    assert.match(only(minutes, 'clock').found, /^\d+ s ahead of the collector's$/);
    const day = await ask({
      OTEL_EXPORTER_OTLP_ENDPOINT: await serve(t, { status: 200, date: ago(-86_400) }),
    });
    assert.equal(day.status, 1);
    assert.match(only(day, 'clock').found, /^\d+ s behind the collector's$/);
  });
});
