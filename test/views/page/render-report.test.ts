import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { pageAssets } from '../../../src/views/page/bundle.ts';
import type { PageModel } from '../../../src/views/page/model/page-model.ts';
import { packModel } from '../../../src/views/page/pack-model.ts';
import { renderReport } from '../../../src/views/page/render-report.ts';

const HOSTILE = '</script><script>alert(1)</script><!--"\'&\u2028\n';
const model: PageModel = {
  schema: 'unitledger.page/1',
  run: {
    program: '0',
    hostName: HOSTILE,
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:00:01.000Z',
    goesOn: false,
    intervalSeconds: 0.5,
    samples: 2,
    missedSamples: 0,
    stretchedSamples: 0,
    exitRecords: null,
    export: null,
    missing: [],
  },
  points: { from: 0, stepSeconds: 0.5, startUnixMillis: 0, seconds: [] },
  units: [{ key: 1, totals: { unit: HOSTILE }, series: {} } as unknown as PageModel['units'][number]],
  processes: [],
  gone: [],
  marks: [],
};

test('a report holds its model, its one script and its one style, and may run and load nothing else', async () => {
  const assets = await pageAssets();
  const page = renderReport(await packModel(model), assets);
  const [, packed] = /id="model">([A-Za-z0-9+/=]*)<\/script>/.exec(page)!;
  assert.deepEqual(JSON.parse(inflateRawSync(Buffer.from(packed!, 'base64')).toString()), model);
  const [, policy] = /Content-Security-Policy" content="([^"]*)"/.exec(page)!;
  const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  assert.equal(
    policy,
    `default-src 'none'; script-src ${hashOf(assets.script)}; style-src ${hashOf(assets.style)}; ` +
      "img-src data:; base-uri 'none'; form-action 'none'",
  );
  assert.equal(page.match(/<script/g)!.length - (assets.script.match(/<script/g)?.length ?? 0), 2);
  assert.equal(page.includes('<script>alert'), false);
  assert.doesNotMatch(assets.script, /<\/script|<!--/i);
  assert.match(page, /<title>&#60;\/script&#62;&#60;script&#62;[^<]*<\/title>/);
});

test('the page sets no markup out of text', async () => {
  const { script } = await pageAssets();
  assert.doesNotMatch(script, /\beval\(|new Function|document\.write|insertAdjacentHTML/);
});
