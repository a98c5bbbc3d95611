import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { logOf, runUnitledger, startUnitledger } from '../end-to-end/program/unitledger.ts';

/** As the chart sets it; the percent-encoded character is a hyphen. */
const environment = { OTEL_RESOURCE_ATTRIBUTES: 'host.name=node%2D7.example,k8s.node.name=node-7.example' };

test('reports, recordings and the page that is served name the host as host.name is exported', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'unitledger-host-name-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [page, recording] = ['page.html', 'run.ulr'].map((name) => join(folder, name));
  const args = ['--report', page!, '--record', recording!, '--web', '0', '--interval', '100ms'];
  const run = startUnitledger([...args, '--pid', String(process.pid)], { environment });
  await run.says('showing this run at');
  const line = logOf(run.stderr().replace(/[^\n]*$/, '')).find(({ msg }) =>
    msg.startsWith('showing this run at'),
  );
  const served = await (await fetch(String(line!.url))).text();
  assert.match(served, /<title>[^<]*node-7\.example/);
  run.signal('SIGTERM');
  const { code, stderr } = await run.ended;
  assert.equal(code, 0, stderr);
  assert.equal(hostNamedIn(readFileSync(page!, 'utf8')), 'node-7.example');
  // Somewhere else, where nothing names the host.
  const report = await runUnitledger(['report', recording!]);
  assert.equal(report.code, 0, report.stderr);
  assert.equal(hostNamedIn(report.stdout), 'node-7.example');
});

function hostNamedIn(report: string): unknown {
  const [, packed] = /id="model">([A-Za-z0-9+/=]*)<\/script>/.exec(report)!;
  return JSON.parse(inflateRawSync(Buffer.from(packed!, 'base64')).toString()).run.hostName;
}
