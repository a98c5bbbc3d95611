import { printable } from '../../../text/printable.ts';
import { counted } from '../../format.ts';
import { el, fill } from './dom.ts';
import type { RunData } from './run/run-data.ts';
import type { ViewState } from './run/view-state.ts';

/** The filters of the page: a search, a unit, and picked names or processes. */
export function filterBar(data: RunData, state: ViewState): HTMLElement {
  const search = el('input', {
    type: 'search',
    id: 'search',
    placeholder: 'name, command, PID …',
    autocomplete: 'off',
    spellcheck: 'false',
    oninput: () => state.setSearch(search.value),
  });
  const unit = el('select', {
    id: 'unit',
    onchange: () => state.setUnit(unit.value === '' ? null : Number(unit.value)),
  });
  const unitLabel = el('label', { for: 'unit' }, 'Unit ');
  const clear = el(
    'button',
    { type: 'button', class: 'clear', onclick: () => state.clear() },
    'Show everything',
  );
  const fillUnits = () => {
    fill(unit, el('option', { value: '' }, 'all units'));
    for (const { key, info } of data.units.values())
      unit.append(el('option', { value: key }, printable(info.totals.unit)));
    unitLabel.hidden = data.units.size < 2;
    unit.hidden = data.units.size < 2;
  };
  const say = () => {
    if (search.value !== state.search) search.value = state.search;
    unit.value = state.unit === null ? '' : String(state.unit);
    clear.hidden = !state.isFiltered;
    const picked = [
      ...(state.names.size > 0 ? [counted(state.names.size, 'name')] : []),
      ...(state.picked.size > 0 ? [counted(state.picked.size, 'process', 'processes')] : []),
    ];
    clear.textContent =
      picked.length > 0 ? `Show everything (${picked.join(', ')} picked)` : 'Show everything';
  };
  state.onChange((change) => {
    if (change === 'data') fillUnits();
    if (change === 'filter' || change === 'data') say();
  });
  fillUnits();
  say();
  return el(
    'div',
    { class: 'filter', role: 'search' },
    el('label', { for: 'search' }, 'Search '),
    search,
    unitLabel,
    unit,
    clear,
  );
}
