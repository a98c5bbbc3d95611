import type { RunExited, RunSubCgroup } from '../../../../ledger/document/run-document.ts';
import { printable } from '../../../../text/printable.ts';
import { byteCount, counted, ratio, seconds, withShortIds } from '../../../format.ts';
import { el } from '../dom.ts';
import { nameOf, shortNameOf } from '../names.ts';
import { type RunData, summedOf, sumOf, unitsOf, usedBy } from '../run/run-data.ts';
import { namesOf } from '../run/selection.ts';
import type { ViewState } from '../run/view-state.ts';

const MOST_TOP = 8;

/** Top consumers by process name: live, exited and short-lived processes together. Null without processes. */
export function topNames(data: RunData, state: ViewState): HTMLElement | null {
  const units = summedOf(unitsOf(data));
  const names = namesOf(units);
  const top = names.slice(0, MOST_TOP);
  if (top.length === 0) return null;
  const total = sumOf(units.map(usedBy)) || sumOf(names.map(({ cpuSeconds }) => cpuSeconds));
  const most = Math.max(top[0]!.cpuSeconds, 1e-9);
  const left = names.slice(MOST_TOP);
  return el(
    'div',
    { class: 'top' },
    el('h2', {}, 'Top consumers'),
    el('ol', {}, ...top.map((row) => lineOf(row, total, most, state))),
    left.length > 0 ? moreLine(left, 'name', total) : null,
  );
}

/** The cgroups of the one shown unit, if it has several. */
export function topSubCgroups(data: RunData, state: ViewState): HTMLElement | null {
  const [unit, ...more] = unitsOf(data);
  if (unit === undefined || more.length > 0) return null;
  const { subCgroups } = unit.info.totals;
  if (subCgroups.length === 0) return null;
  const total = usedBy(unit) || sumOf(subCgroups.map(({ cpuSeconds }) => cpuSeconds));
  const most = Math.max(subCgroups[0]!.cpuSeconds, 1e-9);
  const left = subCgroups.slice(MOST_TOP);
  return el(
    'div',
    { class: 'top' },
    el('h2', {}, 'By cgroup'),
    el('ol', {}, ...subCgroups.slice(0, MOST_TOP).map((row) => lineOfSubCgroup(row, total, most, state))),
    left.length > 0 ? moreLine(left, 'cgroup', total) : null,
  );
}

function lineOf(row: RunExited, total: number, most: number, state: ViewState): HTMLElement {
  const press = el(
    'button',
    {
      type: 'button',
      title: `Show only ${nameOf(row)}`,
      'data-name': row.name,
      'aria-pressed': String(state.names.has(row.name)),
      onclick: () => state.toggleName(row.name),
    },
    shortNameOf(row),
    timesOf(row),
  );
  return barLine(press, row, row.apportioned, total, most);
}

function lineOfSubCgroup(row: RunSubCgroup, total: number, most: number, state: ViewState): HTMLElement {
  const path = row.subCgroup;
  const text = shortNameOf({ name: withShortIds(path ?? '/') });
  // The unit's own cgroup has no path to search for.
  if (path === null) return barLine(el('span', {}, text, timesOf(row)), row, false, total, most);
  const isPressed = state.search === path;
  const press = el(
    'button',
    {
      type: 'button',
      title: `Show only processes of ${printable(path)}`,
      'aria-pressed': String(isPressed),
      onclick: () => state.setSearch(isPressed ? '' : path),
    },
    text,
    timesOf(row),
  );
  return barLine(press, row, false, total, most);
}

function timesOf({ count }: { readonly count: number }): HTMLElement | null {
  return count > 1 ? el('span', { class: 'details' }, ` ×${count}`) : null;
}

function barLine(
  label: HTMLElement,
  row: Pick<RunExited, 'cpuSeconds' | 'peakMemoryBytes' | 'diskBytes' | 'transferBytes'>,
  isApportioned: boolean,
  total: number,
  most: number,
): HTMLElement {
  const bar = el('span', { class: 'share' });
  bar.style.width = `${(100 * row.cpuSeconds) / most}%`;
  return el(
    'li',
    {},
    label,
    el('span', { class: 'bars' }, bar),
    el(
      'span',
      { class: 'value' },
      `${isApportioned ? '~' : ''}${seconds(row.cpuSeconds)} s · ${ratio(total > 0 ? row.cpuSeconds / total : null)}`,
    ),
    el('span', { class: 'note' }, noteOf(row)),
  );
}

/** The sum of the names without a line of their own. */
function moreLine(
  left: readonly { readonly cpuSeconds: number }[],
  noun: string,
  total: number,
): HTMLElement {
  const rest = sumOf(left.map(({ cpuSeconds }) => cpuSeconds));
  return el(
    'p',
    { class: 'count' },
    `${counted(left.length, `more ${noun}`)}: ${seconds(rest)} s · ${ratio(total > 0 ? rest / total : null)}`,
  );
}

/** `peak RSS 120.0MiB · disk 3.0MiB · transfer 12.0MiB`, without unknown values; peak RSS is of one process. */
function noteOf({
  peakMemoryBytes,
  diskBytes,
  transferBytes,
}: Pick<RunExited, 'peakMemoryBytes' | 'diskBytes' | 'transferBytes'>): string {
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
