import { PART_NAMES } from '../parts/parts.ts';
import type { SoakRecord } from '../soak/record.ts';
import { costPlots, costSection, scenariosOf } from './cost-section.ts';
import { goalsOf } from './goals.ts';
import { page, table } from './markdown.ts';
import type { BarPlot, LinePlot } from './plot.ts';
import {
  birthSection,
  coverageSection,
  exitSection,
  exportSection,
  list,
  memorySection,
  peerSection,
  punctualitySection,
  scaleSection,
  startUpSection,
} from './sections.ts';
import type { Stored, StoredParts } from './stored.ts';

/** What differs from part to part, and is said of each. */
const OF_EACH_PART = ['date', 'commit', 'host', 'load average before the run'];

/** All that was measured, as Markdown; its plots lie in the folder `plots` beside it. */
export function resultsPage(parts: StoredParts, soak: SoakRecord | undefined): string {
  const goals = goalsOf(parts, soak);
  const stored = PART_NAMES.flatMap((name) => {
    const part = parts[name];
    return part === undefined ? [] : [{ name, part: part as Stored<unknown> }];
  });
  const leftOut = stored.flatMap(({ name, part }) =>
    part.leftOut === null ? [] : [`${name}: ${part.leftOut}`],
  );
  const machines = new Set(stored.map(({ part }) => JSON.stringify(machineOf(part))));
  return page([
    '# What it costs',
    'Written by `npm run bench`; not to be edited. A figure is the median of its repeats, with their smallest and largest, and stands beside something measured in the same run.',
    ...[...machines].map((machine) => table(['', ''], JSON.parse(machine) as string[][])),
    ...(leftOut.length > 0 ? ['Left out:', list(leftOut)] : []),
    ...(goals.length > 0 ? ['## Goals', table(['', 'goal', 'measured', ''], goals)] : []),
    ...costSection(scenariosOf(parts)),
    ...peerSection(parts),
    ...memorySection(parts),
    ...startUpSection(parts),
    ...exportSection(parts),
    ...scaleSection(parts),
    ...birthSection(parts),
    ...coverageSection(parts),
    ...exitSection(parts),
    ...punctualitySection(parts),
    ...(soak === undefined ? [] : ['## A soak', 'On [a page of its own](SOAK.md).']),
    '## When each part was measured',
    table(
      ['part', 'command', ...OF_EACH_PART, 'minutes'],
      stored.map(({ name, part }) => [
        name,
        `\`${part.command}\``,
        ...OF_EACH_PART.map((key) => part.machine.find(([name]) => name === key)?.[1] ?? '-'),
        part.minutes.toFixed(1),
      ]),
    ),
  ]);
}

/** The plots of the page, by the names of their files. */
export function resultsPlots(parts: StoredParts): {
  readonly lines: Readonly<Record<string, LinePlot>>;
  readonly bars: Readonly<Record<string, BarPlot>>;
} {
  const { peers } = parts;
  const bars: Record<string, BarPlot> = {};
  if (peers?.result) {
    bars['peers.svg'] = {
      title: 'CPU of a process and round',
      value: 'microseconds',
      bars: peers.result.figures.map(({ name, micros }) => ({
        name: name.replaceAll('`', ''),
        value: micros.median,
      })),
    };
  }
  return { lines: costPlots(scenariosOf(parts)), bars };
}

function machineOf({ machine }: Stored<unknown>): Stored<unknown>['machine'] {
  return machine.filter(([name]) => !OF_EACH_PART.includes(name));
}
