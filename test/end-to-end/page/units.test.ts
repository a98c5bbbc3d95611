import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { documentOf, runUnitledger, startUnitledger, unitOf } from '../program/unitledger.ts';
import { bootSystemd, type SystemdLab, skipLab } from '../systemd/lab.ts';
import * as services from '../systemd/services.ts';
import { crashLoop, installPayload, startPrepared, storm } from '../systemd/units.ts';
import { openBrowser, openReport, skipWithoutBrowser } from './browser.ts';

describe('the report of real units', { skip: skipLab() || (skipWithoutBrowser.skip ?? false) }, () => {
  let lab: SystemdLab;
  let browser: Browser;
  let folder: string;

  before(
    async () => {
      folder = mkdtempSync(join(tmpdir(), 'unitledger-report-'));
      lab = await bootSystemd();
      await installPayload(lab);
      await services.startNginx(lab);
      await startPrepared(lab, storm);
      await startPrepared(lab, crashLoop);
      browser = await openBrowser();
    },
    { timeout: 20 * 60_000 },
  );
  after(async () => {
    await browser?.close();
    await lab?.stop();
    rmSync(folder, { recursive: true });
  });

  test('shows usage by name, restarts, the tree of nginx, and a single unit', async (t) => {
    const file = join(folder, 'units.html');
    const recording = join(folder, 'units.ulr');
    const units = ['nginx', 'storm', 'crashing'].flatMap((name) => ['--service', name]);
    const args = ['--cgroup-root', lab.cgroupRoot, ...units, '--report', file, '--record', recording];
    const program = startUnitledger([...args, '--summary', 'json', '--duration', '8', '--show-cmdline']);
    await program.watches((await lab.mainPid('nginx.service'))!);
    await once(services.loadNginx(lab, 4), 'exit');
    const summary = documentOf(await program.ended);
    const nginx = unitOf(summary, 'nginx.service');
    const crashing = unitOf(summary, 'crashing.service');

    const { page, wrongs } = await openReport(browser, file);
    assert.equal(await page.locator('h1').textContent(), '3 units');
    const rows = await page.locator('.units tbody tr').allTextContents();
    // CPU of removed cgroups that cannot be assigned may have a row: it is no unit.
    assert.equal(rows.filter((text) => !text.startsWith('(shared in ')).length, 3);
    const row = rows.find((text) => text.startsWith('nginx.service')) ?? '';
    assert.ok(row.includes(nginx.cpu.totalSeconds!.toFixed(2)), row);
    const restarts = page.locator('.card', { hasText: 'Restarts' }).locator('.figure');
    assert.equal(Number(await restarts.textContent()), crashing.instances - 1);
    t.diagnostic((await page.locator('.lead').textContent()) ?? '');

    await page.getByRole('button', { name: 'nginx.service' }).click();
    await page.waitForFunction(
      (count) => document.querySelectorAll('.processes tbody tr').length === count,
      nginx.processes.length,
    );
    const levels = await page
      .locator('.lifelines li')
      .evaluateAll((lines) => lines.map((line) => /level (\d)/.exec(line.getAttribute('aria-label')!)![1]));
    assert.equal(levels.filter((level) => level === '1').length, 1, levels.join());
    assert.ok(levels.filter((level) => level === '2').length >= 1, levels.join());
    await page.getByRole('button', { name: 'Show everything' }).click();
    await page.getByLabel('Stacked by').selectOption('unit');
    await page.waitForFunction(() =>
      [...document.querySelectorAll('.legend button')].some(
        ({ textContent }) => textContent === 'nginx.service',
      ),
    );
    assert.deepEqual(wrongs, []);
    await page.close();
    const told = await runUnitledger(['report', recording, '--report', join(folder, 'told.html')]);
    assert.equal(told.code, 0, told.stderr);
    if (process.env.KEEP_REPORT) {
      const { copyFileSync } = await import('node:fs');
      copyFileSync(file, process.env.KEEP_REPORT);
    }
  });
});
