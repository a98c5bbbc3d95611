import { isShared } from '../../../../ledger/document/shared-unit.ts';
import { printable } from '../../../../text/printable.ts';
import { byteCount, ratio, seconds } from '../../../format.ts';
import { el, fill, oncePerFrame } from '../dom.ts';
import { type RunData, type UnitData, usedBy, wasSeen } from '../run/run-data.ts';
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

/** The units with their totals, if there are several; pressing one shows only that unit. */
export function unitsTable(data: RunData, state: ViewState): { element: HTMLElement; draw(): void } {
  const element = el('section', { class: 'units', 'aria-labelledby': 'units-title', hidden: true });
  const draw = () => {
    element.hidden = data.units.size < 2;
    if (element.hidden) return;
    const units = [...data.units.values()].sort(
      (a, b) => Number(wasSeen(b)) - Number(wasSeen(a)) || usedBy(b) - usedBy(a),
    );
    const left = units.length - MOST_UNITS;
    const head = HEAD.map((title, at) => el('th', { scope: 'col', class: at === 0 ? 'name' : '' }, title));
    fill(
      element,
      el('h2', { id: 'units-title' }, 'Units'),
      el(
        'div',
        { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Units' },
        el(
          'table',
          { class: 'figures' },
          el('thead', {}, el('tr', {}, ...head)),
          el('tbody', {}, ...units.slice(0, MOST_UNITS).map((unit) => rowOf(unit, state))),
        ),
      ),
      left > 0 ? el('p', {}, `and ${left} more`) : null,
    );
  };
  const later = oncePerFrame(draw);
  state.onChange((change) => {
    if (change === 'data' || change === 'filter') later();
  });
  return { element, draw };
}

function rowOf(unit: UnitData, state: ViewState): HTMLElement {
  const press = el(
    'button',
    {
      type: 'button',
      title: 'Show only this unit',
      'aria-pressed': String(state.unit === unit.key),
      onclick: () => state.setUnit(state.unit === unit.key ? null : unit.key),
    },
    printable(unit.info.totals.unit),
  );
  return el(
    'tr',
    {},
    el('th', { scope: 'row', class: 'name' }, press),
    ...cellsOf(unit).map((text) => el('td', {}, text)),
  );
}

function cellsOf(unit: UnitData): readonly string[] {
  const { cpu, resources, instances, totals } = unit.info.totals;
  if (!wasSeen(unit)) return HEAD.slice(1).map((title) => (title === 'Restarts' ? 'never seen' : '-'));
  const rest = cpu.unattributed;
  return [
    cpu.totalSeconds === null ? `${seconds(cpu.attributedSeconds)} in rows` : seconds(cpu.totalSeconds),
    ratio(cpu.coverage),
    rest === null ? '-' : seconds((rest.reapedOutsideSeconds ?? 0) + rest.unknownSeconds),
    byteCount(resources?.memoryPeakBytes ?? null),
    isShared(unit.info.totals) ? '-' : String(Math.max(0, instances - 1)),
    String(resources?.memoryEvents.oomKill ?? '-'),
    isShared(unit.info.totals) ? '-' : String(totals.processesSeen),
  ];
}
