import { isShared } from '../../../../ledger/document/shared-unit.ts';
import { printable } from '../../../../text/printable.ts';
import { byteCount, ratio, seconds } from '../../../format.ts';
import { el } from '../dom.ts';
import type { RunData, UnitData } from '../run/run-data.ts';
import type { ViewState } from '../run/view-state.ts';

const HEAD = [
  'Unit',
  'CPU s',
  'Coverage',
  'Unattributed s',
  'Peak memory',
  'Restarts',
  'OOM kills',
  'Processes',
];
const MOST_UNITS = 200;

/** The units with what each came to; pressing one shows it alone. */
export function unitsTable(data: RunData, state: ViewState): HTMLElement {
  const units = [...data.units.values()].sort((a, b) => totalOf(b) - totalOf(a));
  const counts = Map.groupBy(data.processes.values(), ({ info }) => info.unit);
  const rows = units.slice(0, MOST_UNITS).map((unit) => {
    const { cpu, resources, instances, exited, unit: name } = unit.info.totals;
    const rest = cpu.unattributed;
    const folded = exited.reduce((sum, { count }) => sum + count, 0);
    const cells = [
      cpu.totalSeconds === null ? `${seconds(cpu.attributedSeconds)} in rows` : seconds(cpu.totalSeconds),
      ratio(cpu.coverage),
      rest === null ? '-' : seconds((rest.reapedOutsideSeconds ?? 0) + rest.unknownSeconds),
      byteCount(resources?.memoryPeakBytes ?? null),
      isShared(unit.info.totals) ? '-' : instances === 0 ? 'never seen' : String(instances - 1),
      String(resources?.memoryEvents.oomKill ?? '-'),
      String((counts.get(unit.key)?.length ?? 0) + folded),
    ];
    const press = el(
      'button',
      { type: 'button', title: 'Show it alone', onclick: () => state.setUnit(unit.key) },
      printable(name),
    );
    return el(
      'tr',
      {},
      el('th', { scope: 'row', class: 'name' }, press),
      ...cells.map((text) => el('td', {}, text)),
    );
  });
  const left = units.length - rows.length;
  return el(
    'div',
    { class: 'units scroll', tabindex: 0, role: 'region', 'aria-label': 'Units' },
    el(
      'table',
      { class: 'figures' },
      el(
        'thead',
        {},
        el(
          'tr',
          {},
          ...HEAD.map((title, at) => el('th', { scope: 'col', class: at === 0 ? 'name' : '' }, title)),
        ),
      ),
      el('tbody', {}, ...rows),
    ),
    left > 0 ? el('p', {}, `and ${left} more`) : null,
  );
}

function totalOf({ info }: UnitData): number {
  return info.totals.cpu.totalSeconds ?? info.totals.cpu.attributedSeconds;
}
