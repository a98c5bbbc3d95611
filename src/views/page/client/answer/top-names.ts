import type { RunExited } from '../../../../ledger/document/run-document.ts';
import { byteCount, counted, ratio, seconds } from '../../../format.ts';
import { el } from '../dom.ts';
import { nameOf, shortNameOf } from '../names.ts';
import { namesOf } from '../run/names-of.ts';
import { type RunData, sumOf, unitsOf, usedBy } from '../run/run-data.ts';
import type { ViewState } from '../run/view-state.ts';

const MOST_TOP = 8;

/** Who used most, by executable name: live, exited and short-lived processes together. Null where nothing was seen. */
export function topNames(data: RunData, state: ViewState): HTMLElement | null {
  const units = unitsOf(data);
  const names = namesOf(units);
  const top = names.slice(0, MOST_TOP);
  if (top.length === 0) return null;
  const total = sumOf(units.map(usedBy)) || sumOf(names.map(({ cpuSeconds }) => cpuSeconds));
  const most = Math.max(top[0]!.cpuSeconds, 1e-9);
  const left = names.slice(MOST_TOP);
  const rest = sumOf(left.map(({ cpuSeconds }) => cpuSeconds));
  return el(
    'div',
    { class: 'top' },
    el('h2', {}, 'Who used most'),
    el('ol', {}, ...top.map((row) => lineOf(row, total, most, state))),
    left.length > 0
      ? el(
          'p',
          { class: 'count' },
          `${counted(left.length, 'more name')}: ${seconds(rest)} s · ${ratio(total > 0 ? rest / total : null)}`,
        )
      : null,
  );
}

function lineOf(row: RunExited, total: number, most: number, state: ViewState): HTMLElement {
  const bar = el('span', { class: 'share' });
  bar.style.width = `${(100 * row.cpuSeconds) / most}%`;
  const press = el(
    'button',
    {
      type: 'button',
      title: `Show ${nameOf(row)} alone`,
      'data-name': row.name,
      'aria-pressed': String(state.names.has(row.name)),
      onclick: () => state.toggleName(row.name),
    },
    shortNameOf(row),
    row.count > 1 ? el('span', { class: 'details' }, ` ×${row.count}`) : null,
  );
  return el(
    'li',
    {},
    press,
    el('span', { class: 'bars' }, bar),
    el(
      'span',
      { class: 'value' },
      `${row.apportioned ? '~' : ''}${seconds(row.cpuSeconds)} s · ${ratio(total > 0 ? row.cpuSeconds / total : null)}`,
    ),
    el('span', { class: 'note' }, noteOf(row)),
  );
}

/** `peak RSS 120.0MiB · disk 3.0MiB · transfer 12.0MiB`, as far as it is known; peak RSS is of one process. */
function noteOf({ peakMemoryBytes, diskBytes, transferBytes }: RunExited): string {
  const parts = [
    ['peak RSS', peakMemoryBytes],
    ['disk', diskBytes],
    ['transfer', transferBytes],
  ] as const;
  return parts
    .filter(([, bytes]) => bytes !== null && bytes > 0)
    .map(([label, bytes]) => `${label} ${byteCount(bytes)}`)
    .join(' · ');
}
