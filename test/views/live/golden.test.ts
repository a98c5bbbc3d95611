import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { openFakeView } from './fake-screen.ts';
import { busyFrame, liveName, nginxFrame } from './frames.ts';

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
golden('names-80x24', () => namesScreen(80, 24, 'n').lines);
golden('names-200x24', () => namesScreen(200, 24, 'n').lines);
golden('by-unit-80x24', () => unitsScreen(80, 24, 'n', 'n').lines);
golden('units-200x34', () => unitsScreen(200, 34).lines);
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

/** A build by name. */
function namesScreen(columns: number, rows: number, ...keys: string[]) {
  const { view, screen, press } = openFakeView(columns, rows);
  const [build, ...others] = busyFrame().units;
  const names = [
    liveName({ name: 'make', count: 3, running: 1, cpuPercent: 0.4, cpuSeconds: 1.1 }),
    liveName({
      name: 'cc1',
      count: 1204,
      running: 2,
      cpuPercent: 181.2,
      cpuSeconds: 931.07,
      diskBytesPerSecond: 24_000_000,
      peakMemoryBytes: 90_000_000,
    }),
    liveName({
      name: 'as',
      count: 1201,
      running: 0,
      cpuPercent: 12,
      cpuSeconds: 58.93,
      memoryBytes: null,
      threads: null,
    }),
  ];
  view.show({ ...busyFrame(), units: [{ ...build!, names }, ...others] });
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
