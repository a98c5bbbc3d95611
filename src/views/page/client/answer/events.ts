import { printable } from '../../../../text/printable.ts';
import { pointTime } from '../clock.ts';
import { el } from '../dom.ts';
import { MARK_COLOURS, sayMark } from '../plots/marks.ts';
import type { RunData } from '../run/run-data.ts';

const MOST_EVENTS = 100;

/** The events of the run: the marks of the plots in words. */
export function eventsList(data: RunData): HTMLElement | null {
  if (data.marks.length === 0) return null;
  const items = data.marks.slice(0, MOST_EVENTS).map((mark) => {
    const time = pointTime(data.startMillis, data.endOf(mark.point), data.points.stepSeconds);
    const unit = printable(data.units.get(mark.unit)?.info.totals.unit ?? '');
    return el(
      'li',
      { class: `event ${MARK_COLOURS[mark.kind]}` },
      el(
        'time',
        { datetime: new Date(data.startMillis + 1000 * data.endOf(mark.point)).toISOString() },
        time,
      ),
      ` ${unit} ${sayMark(mark)}`,
    );
  });
  const left = data.marks.length - items.length;
  return el(
    'details',
    { class: 'events', open: data.marks.length <= 12 },
    el('summary', {}, `Events (${data.marks.length})`),
    el('ol', {}, ...items, left > 0 ? el('li', {}, `and ${left} more, marked in the plots`) : null),
  );
}
