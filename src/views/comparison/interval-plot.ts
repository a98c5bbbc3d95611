import type { ComparedFigure } from '../../comparison/compared-figures.ts';

/** Possible half lengths of the axis, as shares of the mean before. The smallest one for all intervals of a table is used. */
const AXIS_RATIOS = [0.05, 0.1, 0.2, 0.5, 1];

const WIDTH = 176;
const MIDDLE = WIDTH / 2;
/** Pixels from the middle to the end of the axis; the rest is for arrows and labels. */
const HALF = 72;

/**
 * The largest ratio of the axis that all intervals of one table share. An interval that does not fit into ±100% ends in
 * an arrow.
 */
export function axisRatio(figures: readonly ComparedFigure[]): number {
  const reach = figures.flatMap(({ before, interval, ratio }) =>
    before === null || interval === null || ratio === null
      ? []
      : [interval.low / before.mean, interval.high / before.mean].map(Math.abs),
  );
  const most = Math.max(0, ...reach.filter((each) => each <= 1));
  const isClipped = reach.some((each) => each > 1);
  return isClipped ? 1 : AXIS_RATIOS.find((each) => most <= each)!;
}

/** The heading of the column of intervals: the ends of the axis and its zero. */
export function axisHtml(widest: number): string {
  const end = `${Math.round(widest * 100)}%`;
  const label = (x: number, text: string) => `<text x="${x}" y="11">${text}</text>`;
  const ticks = [MIDDLE - HALF, MIDDLE, MIDDLE + HALF].map(
    (x) => `<line class="axis" x1="${x}" x2="${x}" y1="14" y2="18"/>`,
  );
  const labels = [label(MIDDLE - HALF, `-${end}`), label(MIDDLE, '0'), label(MIDDLE + HALF, `+${end}`)];
  return svg(18, '', `${labels.join('')}${ticks.join('')}${axisLine(18)}`);
}

/** The interval of a difference and its mean on the axis of its table. Other cells of the row have the same as numbers. */
export function intervalHtml({ before, interval, ratio, verdict }: ComparedFigure, widest: number): string {
  if (before === null || interval === null || ratio === null) return '';
  const place = (share: number) => MIDDLE + HALF * Math.max(-1, Math.min(1, share / widest));
  const [low, high] = [interval.low / before.mean, interval.high / before.mean];
  const grid = [-1, 0, 1].map((at) => {
    const x = MIDDLE + HALF * at;
    return `<line class="${at === 0 ? 'axis' : 'grid'}" x1="${x}" x2="${x}" y1="0" y2="16"/>`;
  });
  const [from, to] = [place(low), place(high)].map((x) => x.toFixed(1));
  const parts = [
    ...grid,
    `<line class="reach" x1="${from}" x2="${to}" y1="8" y2="8"/>`,
    ...(low < -widest ? [arrow(-1)] : []),
    ...(high > widest ? [arrow(1)] : []),
    ...(Math.abs(ratio) <= widest
      ? [`<circle class="mean" cx="${place(ratio).toFixed(1)}" cy="8" r="3.5"/>`]
      : []),
  ];
  return svg(16, verdict === 'more' || verdict === 'less' ? ` class="${verdict}"` : '', parts.join(''));
}

/** Marks an interval that continues beyond this end of the axis. */
function arrow(side: -1 | 1): string {
  const base = MIDDLE + side * HALF;
  return `<path class="arrow" d="M${base} 3L${base + side * 8} 8L${base} 13Z"/>`;
}

function axisLine(y: number): string {
  return `<line class="axis" x1="${MIDDLE - HALF}" x2="${MIDDLE + HALF}" y1="${y}" y2="${y}"/>`;
}

function svg(height: number, attributes: string, content: string): string {
  return `<svg${attributes} viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" aria-hidden="true">${content}</svg>`;
}
