import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { describe, test } from 'node:test';
import {
  documentOf,
  logOf,
  type Running,
  runUnitledger,
  startUnitledger,
  until,
} from '../end-to-end/program/unitledger.ts';
import { parsePrometheusText, sampleIn } from '../telemetry/endpoint/prometheus-text.ts';

/** Where a run says that it serves. */
async function urlOf(run: Running, stderr: () => string): Promise<string> {
  await run.says('serving /healthz');
  return String(logOf(stderr().replace(/[^\n]*$/, '')).find(({ msg }) => msg.startsWith('serving '))!.url);
}

/** The status of a GET that says it asks for `host`. */
async function statusFor(url: string, path: string, host: string): Promise<number | undefined> {
  const asking = request(`${url}${path}`, { headers: { host }, agent: false });
  asking.end();
  const [answer] = await once(asking, 'response');
  answer.resume();
  return answer.statusCode;
}

describe('unitledger at its HTTP endpoint', { timeout: 120_000 }, () => {
  test('serves its health, and the last window in Prometheus format', async () => {
    // It ends by itself, should the test not end it.
    const command = ['sh', '-c', 'i=0; while [ $i -lt 20000000 ]; do i=$((i+1)); done'];
    const args = ['--listen', '0', '--interval', '100ms', '--export-interval', '500ms', '--summary', 'json'];
    const run = startUnitledger([...args, '--', ...command]);
    const url = await urlOf(run, () => run.stderr());
    const get = async (path: string) => {
      const answer = await fetch(url + path);
      return { status: answer.status, text: await answer.text() };
    };
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
    await until(
      async () => (await get('/readyz')).status === 200,
      () => 'ready',
    );
    assert.deepEqual(await get('/healthz'), { status: 200, text: 'ok\n' });
    const scrape = async () => parsePrometheusText((await get('/metrics')).text);
    const burnt = async () => {
      const { samples } = await scrape();
      return samples.find(
        ({ name, labels }) => name === 'process_cpu_time_seconds_total' && labels.cpu_mode === 'user',
      );
    };
    await until(
      async () => ((await burnt())?.value ?? 0) > 0.1,
      () => 'CPU time of the command',
    );
    const page = await scrape();
    assert.equal(sampleIn(page, 'unitledger_unit_present', { systemd_unit_name: 'sh' }).value, 1);
    const before = (await burnt())!.value;
    await until(
      async () => (await burnt())!.value > before,
      () => 'a later window',
    );
    run.signal('SIGTERM');
    documentOf(await run.ended, 143);
    await assert.rejects(get('/healthz'));
  });

  test('is not ready while no target is present', async () => {
    const args = ['--service', 'no-such-unit-anywhere', '--listen', '0', '--summary', 'none'];
    const run = startUnitledger(args);
    const url = await urlOf(run, () => run.stderr());
    const answer = await fetch(`${url}/readyz`);
    assert.equal(answer.status, 503);
    assert.equal(await answer.text(), 'none of the targets has been seen yet\n');
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    run.signal('SIGTERM');
    assert.equal((await run.ended).code, 1);
  });

  for (const [how, args, environment] of [
    ['--listen', ['--listen', '0'], {}],
    ['--export prometheus', ['--export', 'prometheus'], { OTEL_EXPORTER_PROMETHEUS_PORT: '0' }],
  ] as const) {
    test(`with ${how} answers only requests by address, as localhost, or by a listed name`, async () => {
      const named = ['--allowed-hosts', 'metrics.example,*.node.example'];
      const target = ['--pid', String(process.pid), '--summary', 'none'];
      const run = startUnitledger([...args, ...named, ...target], { environment });
      const url = await urlOf(run, () => run.stderr());
      for (const path of ['/metrics', '/healthz', '/readyz']) {
        for (const host of ['rebound.example', 'rebound.example:9464', 'node.example', 'example'])
          assert.equal(await statusFor(url, path, host), 403, `${path} of ${host}`);
      }
      const own = ['127.0.0.1:9464', '10.1.2.3', '[::1]:9464', 'localhost', hostname()];
      for (const host of [...own, 'METRICS.example:9464', 'a.node.example'])
        assert.equal(await statusFor(url, '/metrics', host), 200, host);
      run.signal('SIGTERM');
      assert.equal((await run.ended).code, 0);
    });
  }

  test('answers a probe whatever else is connected', async () => {
    const run = startUnitledger(['--listen', '0', '--pid', String(process.pid), '--summary', 'none']);
    const url = await urlOf(run, () => run.stderr());
    const others: Socket[] = [];
    for (let i = 0; i < 40; i++) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.on('error', () => {});
      others.push(socket);
      socket.write('GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n');
      await once(socket, 'data');
    }
    for (let probe = 0; probe < 11; probe++) assert.equal(await statusFor(url, '/healthz', '127.0.0.1'), 200);
    for (const socket of others) socket.destroy();
    run.signal('SIGTERM');
    assert.equal((await run.ended).code, 0);
  });

  test('rejects a name with a port, with the accepted values', async () => {
    const { code, stderr } = await runUnitledger(['--allowed-hosts', 'node1:9464', '--', 'true']);
    assert.equal(code, 2);
    assert.match(
      stderr,
      /^unitledger: --allowed-hosts must be a host name without a port, .*not "node1:9464"/,
    );
  });

  test('reports in one sentence that its port is in use, and runs nothing', async (t) => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    t.after(() => void server.close());
    const { port } = server.address() as { port: number };
    for (const [args, environment, named] of [
      [['--listen', String(port)], {}, '--listen'],
      [
        ['--export', 'prometheus'],
        { OTEL_EXPORTER_PROMETHEUS_PORT: String(port) },
        '--export prometheus \\(OTEL_EXPORTER_PROMETHEUS_HOST, OTEL_EXPORTER_PROMETHEUS_PORT, or --listen instead\\)',
      ],
    ] as const) {
      const { code, stdout, stderr } = await runUnitledger([...args, '--', 'echo', 'ran'], { environment });
      assert.equal(code, 2, stderr);
      assert.equal(stdout, '');
      assert.match(
        stderr,
        new RegExp(`^unitledger: ${named}: cannot listen at 127\\.0\\.0\\.1:${port}: [^\\n]+\\n$`),
      );
    }
    server.close();
  });
});
