import { printable } from '../../../../text/printable.ts';
import { byteCount, seconds } from '../../../format.ts';
import { el, fill, oncePerFrame } from '../dom.ts';
import type { RunData } from '../run/run-data.ts';
import type { ViewState } from '../run/view-state.ts';

const MOST_ROWS = 200;

/** Processes that ended without a row of their own, by name. */
export function exitedTable(data: RunData, state: ViewState): { element: HTMLElement; draw(): void } {
  const body = el('tbody');
  const head = ['Name', 'Count', 'CPU s', 'Disk', 'Cancelled writes', 'Transfer', 'Peak memory', 'Failed'];
  const element = el(
    'section',
    { class: 'exited', 'aria-labelledby': 'exited-title', hidden: true },
    el('h2', { id: 'exited-title' }, 'Ended within one sample, or folded, by name'),
    el('p', { class: 'count' }, '~: CPU is their share of what their parents’ counters say.'),
    el(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-labelledby': 'exited-title' },
      el(
        'table',
        { class: 'figures' },
        el(
          'thead',
          {},
          el(
            'tr',
            {},
            ...head.map((title, at) => el('th', { scope: 'col', class: at === 0 ? 'name' : '' }, title)),
          ),
        ),
        body,
      ),
    ),
  );
  const draw = () => {
    const units = [...data.units.values()].filter(({ key }) => state.unit === null || key === state.unit);
    const search = state.search.toLowerCase().trim();
    const rows = units
      .flatMap(({ info }) => info.totals.exited.map((row) => ({ row, unit: info.totals.unit })))
      .filter(({ row }) => row.name.toLowerCase().includes(search))
      .sort((a, b) => b.row.cpuSeconds - a.row.cpuSeconds);
    element.hidden = rows.length === 0;
    fill(
      body,
      ...rows.slice(0, MOST_ROWS).map(({ row, unit }) => {
        const failed = Object.values(row.exitCodes ?? {}).reduce((sum, count) => sum + count, 0);
        const place = data.units.size > 1 ? el('span', { class: 'details' }, ` ${printable(unit)}`) : null;
        return el(
          'tr',
          {},
          el('th', { scope: 'row', class: 'name' }, printable(row.name) || '""', place),
          el('td', {}, String(row.count)),
          el('td', {}, `${row.apportioned ? '~' : ''}${seconds(row.cpuSeconds)}`),
          el('td', {}, byteCount(row.diskBytes)),
          el('td', {}, byteCount(row.cancelledWriteBytes)),
          el('td', {}, byteCount(row.transferBytes)),
          el('td', {}, byteCount(row.peakMemoryBytes)),
          el('td', {}, row.exitCodes === null ? '-' : String(failed)),
        );
      }),
    );
  };
  const later = oncePerFrame(draw);
  state.onChange((change) => {
    if (change === 'filter' || change === 'data') later();
  });
  return { element, draw };
}
