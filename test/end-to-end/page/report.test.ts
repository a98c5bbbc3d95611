import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { SimulatedService } from '../../recording/simulated-service.ts';
import { runUnitledger } from '../program/unitledger.ts';
import { openBrowser, openReport, skipWithoutBrowser } from './browser.ts';

const HOSTILE = [
  '<script>alert(1)</script>',
  '</script><img src=x onerror=alert(2)>',
  '"quoted\' & more',
  'two\nlines\u2028\u202e',
  '',
];
const NAMES = ['shop-main', 'nginx', 'postgres', ...HOSTILE];

/** Share of the pixels of a plot's canvas that something was drawn on. */
function drawnShare(page: Page, plot: string): Promise<number> {
  return page.evaluate((id) => {
    const canvas = document.querySelector<HTMLCanvasElement>(`#plot-${id} canvas`);
    if (canvas === null) return 0;
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    let drawn = 0;
    for (let at = 3; at < data.length; at += 4) if (data[at]! > 0) drawn++;
    return drawn / (canvas.width * canvas.height);
  }, plot);
}

const rowsOf = (page: Page) => page.locator('.processes tbody tr').count();
const columnOf = (page: Page, column: number) =>
  page.locator(`.processes tbody tr td:nth-child(${column})`).allTextContents();

describe('unitledger report, in a browser', skipWithoutBrowser, () => {
  let folder: string;
  let browser: Browser;
  let report: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'unitledger-report-'));
    const recording = join(folder, 'shop.ulr');
    report = join(folder, 'shop.html');
    const service = new SimulatedService({
      processes: 40,
      samples: 1200,
      intervalSeconds: 0.5,
      startedUnixMillis: Date.UTC(2026, 10, 24, 1, 10),
      names: NAMES,
      busy: 0.7,
    });
    await service.record(recording);
    const { code, stderr } = await runUnitledger(['report', recording, '--report', report]);
    assert.deepEqual([code, stderr], [0, '']);
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  test('draws every plot, light and dark, without errors or requests to other hosts', async () => {
    for (const scheme of ['light', 'dark'] as const) {
      const { page, wrongs } = await openReport(browser, report, scheme);
      for (const plot of ['cpu', 'memory', 'disk', 'transfer', 'pressure', 'processes']) {
        const share = await drawnShare(page, plot);
        assert.ok(share > 0.01, `${plot}: ${share} of it is drawn on`);
      }
      assert.match(
        (await page.locator('.lead').textContent()) ?? '',
        /^The unit used [\d.]+ s of CPU .*\. \S+ ×\d+ used most: [\d.]+%\.$/,
      );
      assert.equal(await page.locator('h1').textContent(), 'shop.service');
      await page.getByRole('button', { name: scheme === 'light' ? 'Dark' : 'Light' }).click();
      const colour = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      assert.equal(colour, scheme === 'light' ? 'rgb(18, 22, 28)' : 'rgb(245, 246, 248)');
      assert.deepEqual(wrongs, []);
      await page.close();
    }
  });

  test('shows hostile names as text, and runs none of it', async () => {
    const { page, wrongs } = await openReport(browser, report);
    const names = await page.locator('.processes tbody th').allTextContents();
    assert.ok(names.includes('<script>alert(1)</script>'));
    assert.ok(names.includes('two\\nlines\\u{2028}\\u{202e}'));
    assert.ok(names.includes('""'));
    assert.equal(await page.locator('img').count(), 0);
    assert.deepEqual(wrongs, []);
    await page.close();
  });

  test('zooms all plots with one drag, and resets the zoom', async () => {
    const { page, wrongs } = await openReport(browser, report);
    const over = page.locator('#plot-cpu .u-over');
    await over.scrollIntoViewIfNeeded();
    const before = await page.locator('.tree .span').textContent();
    const box = (await over.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.3, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 70, { steps: 5 });
    await page.mouse.up();
    const reset = page.getByRole('button', { name: 'Show the whole time' });
    await reset.waitFor({ state: 'visible' });
    await page.waitForFunction((text) => document.querySelector('.tree .span')?.textContent !== text, before);
    await page.mouse.move(box.x + box.width * 0.5, box.y + 60);
    await page.locator('#plot-cpu .reading').waitFor({ state: 'visible' });
    assert.match((await page.locator('#plot-cpu .reading').textContent()) ?? '', /01:1[45]:\d\d.*UTC.*cores/);
    await reset.click();
    await reset.waitFor({ state: 'hidden' });
    await page.waitForFunction((text) => document.querySelector('.tree .span')?.textContent === text, before);
    assert.deepEqual(wrongs, []);
    await page.close();
  });

  test('sorts by any column, and searches', async () => {
    const { page, wrongs } = await openReport(browser, report);
    const all = await rowsOf(page);
    assert.ok(all >= 40);
    await page.getByRole('button', { name: 'Sort by PID', exact: true }).click();
    const descending = (await columnOf(page, 3)).map(Number);
    assert.deepEqual(
      descending,
      [...descending].sort((a, b) => b - a),
    );
    await page.getByRole('button', { name: 'Sort by PID', exact: true }).click();
    const ascending = (await columnOf(page, 3)).map(Number);
    assert.deepEqual(
      ascending,
      [...ascending].sort((a, b) => a - b),
    );
    await page.getByLabel('Search').fill('postgres');
    await page.waitForFunction(
      (count) => document.querySelectorAll('.processes tbody tr').length < count,
      all,
    );
    const found = await page.locator('.processes tbody th').allTextContents();
    assert.ok(found.length > 0 && found.every((name) => name === 'postgres'), found.join());
    await page.getByLabel('Search').fill('no such process');
    await page.waitForFunction(() => document.querySelectorAll('.processes tbody tr').length === 0);
    assert.match((await page.locator('.processes .count').textContent()) ?? '', /^0 processes of \d+/);
    assert.deepEqual(wrongs, []);
    await page.close();
  });

  test('explains each colour of the plots in the legend', async () => {
    const file = join(folder, 'brief.html');
    // Seen in a sample or two each, so that they are among the others.
    const script = 'for i in 1 2 3 4 5 6 7 8; do sleep 0.15; done';
    const options = ['--interval', '0.1', '--export', 'none', '--summary', 'none', '--report', file];
    await runUnitledger([...options, '--', 'sh', '-c', script]);
    const { page, wrongs } = await openReport(browser, file);
    await page.getByLabel('Stacked by').selectOption('process');
    await page.locator('.legend .plain', { hasText: 'others, ended or small' }).waitFor();
    const [, memory] = await page.locator('.plots details').all();
    await memory!.locator('summary').click();
    // It is filled once it is open.
    await memory!.locator('tbody th').first().waitFor();
    const layers = await memory!.locator('tbody th').allTextContents();
    assert.ok(layers.includes('others, ended or small'), layers.join());
    const legend = await page.locator('.legend li').allTextContents();
    const lines = ['charged to the cgroup, page cache included'];
    assert.deepEqual(
      layers.filter((label) => !legend.includes(label) && !lines.includes(label)),
      [],
    );
    assert.deepEqual(wrongs, []);
    await page.close();
  });

  test('begins with the heaviest names, and can show one name only', async () => {
    const { page, wrongs } = await openReport(browser, report);
    const top = await page.locator('.top li button').allTextContents();
    assert.ok(
      top.some((text) => /^postgres ×\d+$/.test(text)),
      top.join(),
    );
    const shares = await page.locator('.top .value').allTextContents();
    const seconds = shares.map((text) => Number(/^~?([\d.]+) s/.exec(text)![1]));
    assert.deepEqual(
      seconds,
      [...seconds].sort((a, b) => b - a),
    );
    const all = await rowsOf(page);
    await page.locator('.top li button', { hasText: 'postgres' }).click();
    await page.waitForFunction(
      (count) => document.querySelectorAll('.processes tbody tr').length < count,
      all,
    );
    const found = await page.locator('.processes tbody th').allTextContents();
    assert.ok(found.length > 1 && found.every((name) => name === 'postgres'), found.join());
    await page.waitForFunction(() => document.querySelectorAll('.legend button').length === 1);
    assert.ok((await drawnShare(page, 'cpu')) > 0.01);
    await page.getByRole('button', { name: 'Show everything (1 name picked)' }).click();
    await page.waitForFunction(
      (count) => document.querySelectorAll('.processes tbody tr').length === count,
      all,
    );
    assert.deepEqual(wrongs, []);
    await page.close();
  });

  test('folds children with the same name in the tree, and unfolds them', async () => {
    const { page, wrongs } = await openReport(browser, report);
    const folded = await page.locator('.lifelines li').count();
    const labels = await page
      .locator('.lifelines li')
      .evaluateAll((lines) => lines.map((line) => line.getAttribute('aria-label') ?? ''));
    const postgres = labels.find((label) => /^postgres ×\d+, level 2: /.test(label));
    assert.ok(postgres !== undefined, labels.join('\n'));
    const members = Number(/×(\d+)/.exec(postgres)![1]);
    await page.getByRole('button', { name: `Unfold postgres ×${members}` }).click();
    await page.waitForFunction(
      (count) => document.querySelectorAll('.lifelines li').length === count,
      Math.min(60, folded + members),
    );
    await page.getByRole('button', { name: `Fold postgres ×${members}` }).click();
    await page.waitForFunction(
      (count) => document.querySelectorAll('.lifelines li').length === count,
      folded,
    );
    assert.deepEqual(wrongs, []);
    await page.close();
  });

  test('shows CPU and memory of processes on a phone, without scrolling sideways', async () => {
    const { page, wrongs } = await openReport(browser, report);
    await page.setViewportSize({ width: 390, height: 844 });
    const heads = page.locator('.processes thead tr:last-child th:visible');
    assert.deepEqual(
      (await heads.allInnerTexts()).map((text) => text.trim()).filter((text) => text !== ''),
      ['Show only this', 'Process', 'CPU s ▾', 'CPU %', 'RSS max'],
    );
    const fits = () =>
      page.evaluate(() => {
        const scroll = document.querySelector('.processes .scroll')!;
        const isWide = document.documentElement.scrollWidth > document.documentElement.clientWidth;
        return !isWide && scroll.scrollWidth <= scroll.clientWidth;
      });
    assert.ok(await fits());
    await page.getByRole('button', { name: 'All columns' }).click();
    assert.ok((await heads.count()) > 20);
    assert.deepEqual(wrongs, []);
    await page.close();
  });

  test('shows a reason and no numbers for a unit that was never seen', async () => {
    const file = join(folder, 'never.html');
    const options = ['--interval', '0.1', '--duration', '0.5', '--export', 'none', '--summary', 'none'];
    await runUnitledger([...options, '--report', file, '--cgroup', '/unitledger-test-that-is-not-there']);
    const { page, wrongs } = await openReport(browser, file);
    assert.match((await page.locator('.lead').textContent()) ?? '', /^Not found in this run: /);
    assert.equal(await page.locator('.card').count(), 0);
    assert.equal(await page.locator('.top').count(), 0);
    const absent = await page.locator('.plots .absent').allTextContents();
    assert.ok(absent.length > 0);
    for (const text of absent) assert.equal(text, 'Not found in this run.');
    assert.deepEqual(wrongs, []);
    await page.close();
  });

  test('shows only the selection, in plots and lifelines, and clears it', async () => {
    const { page, wrongs } = await openReport(browser, report);
    const lines = await page.locator('.lifelines li').count();
    const legends = await page.locator('.legend button').count();
    assert.ok(legends > 5);
    await page.locator('.processes tbody input').first().check();
    await page.waitForFunction(() => document.querySelectorAll('.legend button').length === 1);
    assert.equal(await page.locator('.lifelines li').count(), 1);
    assert.ok((await drawnShare(page, 'cpu')) > 0.01);
    await page.getByRole('button', { name: /^Show everything/ }).click();
    await page.waitForFunction(
      (count) => document.querySelectorAll('.legend button').length === count,
      legends,
    );
    assert.equal(await page.locator('.lifelines li').count(), lines);
    assert.deepEqual(wrongs, []);
    await page.close();
  });

  test('can be used with the keyboard, and has texts for screen readers', async () => {
    const { page, wrongs } = await openReport(browser, report);
    const plot = page.locator('#plot-memory .plot-host');
    await plot.focus();
    for (const key of ['Home', 'ArrowRight', 'ArrowRight']) await page.keyboard.press(key);
    await page.waitForFunction(() =>
      /^01:10:0\d.*MiB/.test(document.querySelector('#plot-memory [aria-live]')?.textContent ?? ''),
    );
    await page.keyboard.press('+');
    await page.getByRole('button', { name: 'Show the whole time' }).waitFor({ state: 'visible' });
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Show the whole time' }).waitFor({ state: 'hidden' });
    await page.locator('#plot-cpu summary').press('Enter');
    // It is filled once the browser has opened it.
    await page.waitForFunction(() => document.querySelectorAll('#plot-cpu .values tbody tr').length > 5);
    const unnamed = await page.evaluate(() =>
      [...document.querySelectorAll('button, input, select')]
        .filter((control) => {
          const { labels } = control as HTMLInputElement;
          return !control.getAttribute('aria-label') && !control.textContent?.trim() && !labels?.length;
        })
        .map((control) => control.outerHTML),
    );
    assert.deepEqual(unnamed, []);
    assert.deepEqual(wrongs, []);
    await page.close();
  });

  test('prints in light colours, with its table', async () => {
    const { page, wrongs } = await openReport(browser, report, 'dark');
    const pdf = await page.pdf({ format: 'A4' });
    assert.ok(pdf.length > 50_000);
    assert.deepEqual(wrongs, []);
    await page.close();
  });

  test('of a run is the same as from its recording', async () => {
    const recording = join(folder, 'run.ulr');
    const page = join(folder, 'run.html');
    const script = 'for i in 1 2 3 4; do sh -c "sleep 0.3"; head -c 3000000 /dev/zero | wc -c >&2; done';
    const options = ['--record', recording, '--report', page, '--interval', '0.1', '--summary', 'none'];
    const live = await runUnitledger([...options, '--', 'sh', '-c', script]);
    assert.equal(live.code, 0, live.stderr);
    const told = await runUnitledger(['report', recording]);
    assert.deepEqual([told.code, told.stderr], [0, '']);
    assert.equal(told.stdout, readFileSync(page, 'utf8'));
    const opened = await openReport(browser, page);
    assert.equal(await opened.page.locator('h1').textContent(), 'sh');
    assert.ok((await drawnShare(opened.page, 'cpu')) > 0.005);
    assert.deepEqual(opened.wrongs, []);
    await opened.page.close();
  });

  test('of an hour of 100 busy processes is under 2 MB, and soon drawn', { timeout: 180_000 }, async (t) => {
    const recording = join(folder, 'hour.ulr');
    const file = join(folder, 'hour.html');
    const service = new SimulatedService({
      processes: 100,
      samples: 7200,
      intervalSeconds: 0.5,
      startedUnixMillis: Date.UTC(2026, 10, 24, 1, 10),
      names: NAMES,
      busy: 1,
    });
    await service.record(recording);
    const { code, seconds } = await runUnitledger(['report', recording, '--report', file]);
    assert.equal(code, 0);
    const { size } = statSync(file);
    const { page, wrongs } = await openReport(browser, file);
    const drawn = await page.locator('#page').getAttribute('data-drawn');
    t.diagnostic(`made in ${seconds.toFixed(1)} s, ${size} bytes, drawn ${drawn} ms after it was opened`);
    assert.ok(size < 2e6, `${size} bytes`);
    assert.ok(await page.locator('#plot-cpu canvas').isVisible());
    assert.deepEqual(wrongs, []);
    await page.close();
  });

  test('rejects anything but a recording, and reports files that cannot be written', async () => {
    const other = join(folder, 'other');
    writeFileSync(other, 'x'.repeat(100));
    const foreign = await runUnitledger(['report', other]);
    assert.deepEqual([foreign.code, foreign.stdout], [2, '']);
    assert.match(
      foreign.stderr,
      /^unitledger: [^\n]*other cannot be read: it is not a recording of unitledger\n$/,
    );
    const nowhere = await runUnitledger(['report', other, '--report', join(folder, 'none', 'x.html')]);
    assert.equal(nowhere.code, 2);
    const recording = join(folder, 'run.ulr');
    const full = await runUnitledger(['report', recording, '--report', '/dev/full']);
    assert.equal(full.code, 74);
    assert.equal(
      full.stderr,
      'unitledger: --report /dev/full cannot be written (no space left on device, ENOSPC)\n',
    );
    assert.ok(statSync(other).size === 100);
  });

  test('names the missing parts of a truncated run', async () => {
    const whole = readFileSync(join(folder, 'shop.ulr'));
    const cut = join(folder, 'cut.ulr');
    writeFileSync(cut, whole.subarray(0, whole.length / 2));
    const { code, stderr } = await runUnitledger(['report', cut, '--report', join(folder, 'cut.html')]);
    assert.equal(code, 0);
    assert.match(stderr, /is incomplete/);
    const { page, wrongs } = await openReport(browser, join(folder, 'cut.html'));
    assert.match((await page.locator('.missing').textContent()) ?? '', /^Incomplete run: /);
    assert.deepEqual(wrongs, []);
    await page.close();
  });
});
