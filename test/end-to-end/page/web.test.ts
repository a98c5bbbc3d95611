import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { type Running, startUnitledger, until } from '../program/unitledger.ts';
import { openBrowser, openLivePage, skipWithoutBrowser } from './browser.ts';

/** A shell that works, and whose children come and go, under a name that no page should take for markup. */
const SCRIPT =
  'cp /bin/sleep "$0/<b>x"; while :; do "$0/<b>x" 0.4 & i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done; wait; done';
const TO_SEE = { timeout: 60_000 };

const textOf = async (page: Page, selector: string) => (await page.locator(selector).textContent()) ?? '';

/** Waits until the text of an element is another than it was. */
async function changed(page: Page, selector: string): Promise<void> {
  const before = await textOf(page, selector);
  await page.waitForFunction(
    ([where, was]) => document.querySelector(where!)?.textContent !== was,
    [selector, before],
    TO_SEE,
  );
}

/** Reads the stream until so many models have come. */
async function modelsOf(url: string, count: number): Promise<void> {
  const answer = await fetch(`${url}/events`);
  let text = '';
  for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.split('data: ').length > count) return;
  }
  assert.fail('the stream ended');
}

async function says(page: Page, pattern: RegExp): Promise<void> {
  await page.locator('.live .said').filter({ hasText: pattern }).waitFor(TO_SEE);
}

describe('unitledger --web, in a browser', skipWithoutBrowser, () => {
  let folder: string;
  let browser: Browser;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'unitledger-web-'));
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  /** Starts a run that shows itself at an address, of a shell or of another target, and says where. */
  async function start(
    address: string,
    target: readonly string[] = ['--', 'sh', '-c', SCRIPT, folder],
  ): Promise<{ run: Running; url: string }> {
    const options = ['--web', address, '--interval', '0.1', '--summary', 'none'];
    const run = startUnitledger([...options, ...target], { longestSeconds: 240 });
    await run.says('showing this run at ');
    const url = /showing this run at (http:[^"\s]*)/.exec(run.stderr())![1]!;
    return { run, url };
  }

  test('shows a current run, freezes on request, and shows how the run ended', async () => {
    const { run, url } = await start('127.0.0.1:0');
    const { page, wrongs } = await openLivePage(browser, url);
    await says(page, /^Live\.$/);
    assert.equal(await textOf(page, 'h1'), 'sh');
    for (let round = 0; round < 3; round++) await changed(page, '.when');
    // One that came after the page did: in the tree, and its name as text.
    await page.locator('.lifelines li', { hasText: '<b>x' }).first().waitFor(TO_SEE);
    assert.equal(await page.locator('.lifelines b').count(), 0);
    const drawn = await page.locator('#plot-cpu canvas').count();
    assert.equal(drawn, 1);

    await page.getByLabel('Show', { exact: true }).selectOption('the last minute');
    await page.getByLabel('Search').fill('sh');
    await changed(page, '.when');
    assert.equal(await page.getByLabel('Search').inputValue(), 'sh');

    await page.getByRole('button', { name: 'Pause' }).click();
    await says(page, /^Paused\.$/);
    const held = await textOf(page, '.when');
    // What comes meanwhile is taken in, and not shown: another reader is sent it.
    await modelsOf(url, 3);
    assert.equal(await textOf(page, '.when'), held);
    await page.getByRole('button', { name: 'Resume' }).click();
    await changed(page, '.when');

    run.signal('SIGINT');
    await says(page, /^This run ended at \d\d:\d\d:\d\d UTC/);
    await run.ended;
    // A browser says in its console, in one way or another, that nobody answers any more.
    assert.deepEqual(
      wrongs.filter((wrong) => !/^console: .*net::ERR_/.test(wrong)),
      [],
    );
    await page.close();
  });

  test('reports a server that does not answer, and shows the next run at the same address', async () => {
    // A command would live on when the program is killed, and hold its pipes open.
    const target = ['--pid', String(process.pid)];
    const first = await start('127.0.0.1:0', target);
    const { page } = await openLivePage(browser, first.url);
    await says(page, /^Live\.$/);
    const began = (await textOf(page, '.when')).slice(0, 19);
    first.run.signal('SIGKILL');
    await says(page, /^unitledger does not answer: data as of \d\d:\d\d:\d\d UTC\.$/);
    await first.run.ended;
    const second = await start(new URL(first.url).host, target);
    await says(page, /^Live\.$/);
    await page.waitForFunction(
      (was) => !document.querySelector('.when')?.textContent?.startsWith(was),
      began,
      TO_SEE,
    );
    await page.close();
    second.run.signal('SIGINT');
    assert.equal((await second.run.ended).code !== 2, true);
  });

  test('stays available to its reader while a page of another site requests it all the time', async (t) => {
    const { run, url } = await start('127.0.0.1:0');
    const hostile = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(`<script>
        for (let i = 0; i < 12; i++) {
          new EventSource('${url}/events');
          fetch('${url}/events', { mode: 'no-cors' }).catch(() => {});
          new Image().src = '${url}/events?' + i;
        }
      </script>`);
    });
    hostile.listen(0, '127.0.0.1');
    await once(hostile, 'listening');
    const elsewhere = await browser.newPage();
    t.after(() => {
      hostile.closeAllConnections();
      hostile.close();
    });
    let refused = 0;
    const answered: string[] = [];
    elsewhere.on('requestfailed', (asked) => {
      if (asked.url().startsWith(`${url}/events`)) refused++;
    });
    elsewhere.on('response', (answer) => {
      if (answer.url().startsWith(`${url}/events`) && answer.status() !== 403) answered.push(answer.url());
    });
    await elsewhere.goto(`http://127.0.0.1:${(hostile.address() as AddressInfo).port}/`);
    const { page } = await openLivePage(browser, url);
    await says(page, /^Live\.$/);
    await changed(page, '.when');
    await until(
      () => refused >= 12,
      () => `refusals of what the other page asks for: ${refused}`,
    );
    assert.deepEqual(answered, []);
    await elsewhere.close();
    await page.close();
    run.signal('SIGINT');
    await run.ended;
  });

  test('answers only requests by its own name, and has only data that it shows', async () => {
    const { run, url } = await start('127.0.0.1:0');
    const answer = await fetch(url);
    const policy = answer.headers.get('content-security-policy') ?? '';
    assert.match(policy, /^default-src 'none'; script-src 'sha256-[^']+'; .*frame-ancestors 'none'$/);
    assert.equal((await fetch(url, { method: 'POST', body: 'x' })).status, 405);
    assert.equal((await fetch(`${url}/healthz`)).status, 404);
    run.signal('SIGINT');
    await run.ended;
  });

  test('reports an address on which it cannot listen, before anything is lost', async () => {
    const { run, url } = await start('127.0.0.1:0');
    const taken = startUnitledger(['--web', new URL(url).host, '--', 'true']);
    const { code, stderr } = await taken.ended;
    assert.equal(code, 2);
    assert.match(stderr, /--web: cannot listen at 127\.0\.0\.1:\d+: another program/);
    run.signal('SIGINT');
    await run.ended;
  });
});
