import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { openFakeView } from './fake-screen.ts';
import { busyFrame, nginxFrame } from './frames.ts';

/** Run with UPDATE_GOLDEN=1 to write the files anew, then read the difference. */
const UPDATE = process.env.UPDATE_GOLDEN === '1';

const SIZES = [
  [40, 10],
  [80, 24],
  [120, 34],
  [300, 100],
] as const;

for (const [columns, rows] of SIZES) {
  golden(`nginx-${columns}x${rows}`, () => nginxScreen(columns, rows).lines);
  golden(`units-${columns}x${rows}`, () => unitsScreen(columns, rows).lines);
}
golden('units-tree-120x34', () => unitsScreen(120, 34, 't').lines);
golden('units-statistics-160x34', () => unitsScreen(160, 34, 'm').lines);
golden('units-commands-120x34', () => unitsScreen(120, 34, 'c').lines);
golden('units-ungrouped-80x24', () => unitsScreen(80, 24, 'u').lines);
golden('units-filter-80x24', () => unitsScreen(80, 24, '/', 'n', 'o', 'd', 'enter').lines);
golden('units-selected-80x24', () => unitsScreen(80, 24, 'down', 'down', 'down').lines);
golden('process-100x30', () => unitsScreen(100, 30, 'down', 'down', 'enter').lines);
golden('process-over-time-100x30', () => nginxScreen(100, 30, 'down', 'enter').lines);
golden('unit-over-time-100x30', () => unitsScreen(100, 30, 'down', 'enter').lines);
golden('help-80x24', () => nginxScreen(80, 24, '?').lines);
golden('help-120x34', () => nginxScreen(120, 34, '?').lines);
golden('log-80x24', () => unitsScreen(80, 24, 'l').lines);

/** An nginx after a minute. */
function nginxScreen(columns: number, rows: number, ...keys: string[]) {
  const { view, screen, press } = openFakeView(columns, rows);
  for (let tick = 0; tick < 120; tick++) view.add(nginxFrame(tick));
  view.show(nginxFrame(120));
  press(...keys);
  return screen;
}

function unitsScreen(columns: number, rows: number, ...keys: string[]) {
  const { view, screen, press } = openFakeView(columns, rows);
  view.addLine({
    text: 'following build.service, web@blue.service and absent.service every 0.5 s',
    style: 'quiet',
  });
  view.addLine({
    text: 'warning: io of 2 processes is denied: run as root, or with SYS_PTRACE',
    style: 'warn',
  });
  view.show(busyFrame());
  press(...keys);
  return screen;
}

function golden(name: string, render: () => readonly string[]): void {
  test(`the screen is that of golden/live/${name}.txt`, () => {
    const url = new URL(`../golden/live/${name}.txt`, import.meta.url);
    const rendered = `${render().join('\n')}\n`;
    if (UPDATE) writeFileSync(url, rendered);
    assert.equal(rendered, readFileSync(url, 'utf8'));
  });
}
