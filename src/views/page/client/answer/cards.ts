import { nullableSum } from '../../../../host/nullable.ts';
import { byteCount, ratio, seconds } from '../../../format.ts';
import { el } from '../dom.ts';
import { summed } from '../run/bands.ts';
import { type RunData, sumOf, type UnitData, usedBy, type Values } from '../run/run-data.ts';

/** The totals of a run. Every card is for all units together: a sum, or the maximum of their sum over time. */
export function cardsOf(data: RunData, units: readonly UnitData[], length: number): HTMLElement[] {
  const total = sumOf(units.map(usedBy));
  const kills = sumOf(units.map(({ info }) => info.totals.resources?.memoryEvents.oomKill ?? 0));
  const throttled = sumOf(units.map(({ info }) => info.totals.resources?.throttledSeconds ?? 0));
  const restarts = sumOf(units.map(({ info }) => Math.max(0, info.totals.instances - 1)));
  const keys = new Set(units.map(({ key }) => key));
  const rows = [...data.processes.values()].filter(({ info }) => keys.has(info.unit));
  const disk = units.map(({ info }) => info.totals.totals.diskBytes).reduce(nullableSum, null);
  const transfer = units.map(({ info }) => info.totals.totals.transferBytes).reduce(nullableSum, null);
  return [
    card('CPU', `${seconds(total)} s`, length > 0 ? `${(total / length).toFixed(2)} cores on average` : ''),
    attributedCard(units),
    memoryCard(data, units),
    card('Disk', byteCount(disk), `${byteCount(transfer)} transferred`),
    card(
      'Processes',
      String(sumOf(units.map(({ info }) => info.totals.totals.processesSeen))),
      `${rows.filter(({ info }) => info.totals.endedAt === null).length} alive ${data.run.goesOn ? 'now' : 'at the end'}`,
    ),
    card(
      'Restarts',
      String(restarts),
      restarts === 0 ? 'none while watched' : 'while watched',
      restarts > 0 ? 'warn' : '',
    ),
    ...(kills > 0 ? [card('OOM kills', String(kills), 'by the kernel, for lack of memory', 'bad')] : []),
    ...(throttled > 0.005 ? [card('Throttled', `${seconds(throttled)} s`, 'by a CPU limit', 'warn')] : []),
  ];
}

function attributedCard(units: readonly UnitData[]): HTMLElement {
  const attributed = sumOf(units.map(({ info }) => info.totals.cpu.attributedSeconds));
  const counting = units.filter(({ info }) => info.totals.cpu.totalSeconds !== null);
  if (counting.length === 0) return card('Attributed', '-', 'the total is not known');
  const known = sumOf(counting.map(usedBy));
  if (known === 0) return card('Attributed', '-', 'no CPU was used');
  const covered = sumOf(counting.map(({ info }) => info.totals.cpu.attributedSeconds)) / known;
  return card('Attributed', ratio(covered), `${seconds(attributed)} s to processes`);
}

function memoryCard(data: RunData, units: readonly UnitData[]): HTMLElement {
  const [first] = units;
  if (units.length === 1 && first !== undefined) {
    const { totals, resources } = first.info.totals;
    const peak = resources?.memoryPeakBytes ?? null;
    const charged = peak === null ? '' : `; peak of charged memory ${byteCount(peak)}`;
    return card('Memory', byteCount(totals.memoryBytes?.max ?? null), `highest RSS${charged}`);
  }
  // Peaks of units are at different times, so their sum was never reached.
  const resident = highest(
    summed(data.seconds.length, [
      ...[...data.processes.values()].map(({ values }) => values?.memory),
      ...units.flatMap(({ others }) => [...others.values()].map(({ memory }) => memory)),
    ]),
  );
  const charged = highest(
    summed(
      data.seconds.length,
      units.map(({ values }) => values.charged),
    ),
  );
  return card(
    'Memory',
    byteCount(resident),
    `highest RSS at one time${charged === null ? '' : `; highest charged memory ${byteCount(charged)}`}`,
  );
}

function highest(values: Values | null): number | null {
  let most: number | null = null;
  for (const value of values ?? []) if (!Number.isNaN(value)) most = Math.max(most ?? 0, value);
  return most;
}

function card(title: string, figure: string, note: string, kind = ''): HTMLElement {
  return el(
    'div',
    { class: `card ${kind}` },
    el('div', { class: 'title' }, title),
    el('div', { class: 'figure' }, figure),
    el('div', { class: 'note' }, note),
  );
}
