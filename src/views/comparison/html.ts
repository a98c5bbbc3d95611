import type { ComparedFigure } from '../../comparison/compared-figures.ts';
import type { ComparedRun } from '../../comparison/compared-run.ts';
import type { Comparison, NameComparison, UnitComparison } from '../../comparison/comparison.ts';
import type { Judgement } from '../../comparison/conditions.ts';
import { cellText, counted, utcDate } from '../format.ts';
import { escapeHtml, hashSource } from '../html.ts';
import { type FigureColumn, figureColumns, runsText, verdictLegend } from './figure-text.ts';
import { axisHtml, axisRatio, intervalHtml } from './interval-plot.ts';
import { figuresOfAnything, notableFigures, notableNames } from './notable.ts';
import { findingSentence, headline, judgementSentence, nameNote, unitSentence } from './sentences.ts';

const TEXT_COLUMNS = 200;
/** Maximum number of names of a unit with tables. */
const MOST_NAMES = 200;
const PLOT_LEGEND =
  ' The plot shows the interval and the mean in percent of the mean before; an arrow marks an interval that continues beyond the axis.';

/** The comparison as a self-contained page: no script, nothing fetched, its style allowed by its hash. */
export function renderComparisonHtml(comparison: Comparison, judgements: readonly Judgement[]): string {
  const { units, remarks, before, after } = comparison;
  const policy = `default-src 'none'; style-src ${hashSource(PAGE_STYLE)}; base-uri 'none'; form-action 'none'`;
  const legend = verdictLegend(comparison);
  const columns = figureColumns(comparison);
  const hasIntervals = before.length > 1 && after.length > 1;
  const title = `unitledger compare: ${headline(comparison)}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${judgements.map(judgementHtml).join('')}${listHtml(remarks.map(escapeHtml))}
${sideHtml('Before', before)}${sideHtml('After', after)}
${legend === null ? '' : `<p class="faint">Shown: ${escapeHtml(legend)}${hasIntervals ? PLOT_LEGEND : ''}</p>\n`}${units.map((unit) => unitHtml(unit, columns)).join('')}</main>
</body>
</html>
`;
}

function judgementHtml(judgement: Judgement): string {
  const { condition, findings, judged } = judgement;
  const isBad = judged === 0 || findings.some(({ outcome }) => outcome === 'regression');
  const found = findings.map((finding) => findingSentence(condition, finding, quoted));
  return `<div class="outcome"><p class="${isBad ? 'more' : 'less'}">${judgementSentence(judgement, quoted)}</p>${listHtml(found)}</div>\n`;
}

function sideHtml(side: string, runs: readonly ComparedRun[]): string {
  const files = runs.map(
    ({ file, startedAt }) => `${quoted(file)} <span class="faint">${utcDate(startedAt)} UTC</span>`,
  );
  return `<details><summary>${side}: ${runsText(runs)}</summary>${listHtml(files)}</details>\n`;
}

function unitHtml(unit: UnitComparison, columns: readonly FigureColumn[]): string {
  const heading = `<section>\n<h2>${quoted(unit.unit)}</h2>\n<p>${escapeHtml(unitSentence(unit))}</p>\n`;
  if (unit.presence === 'neither') return `${heading}</section>\n`;
  const names = notableNames(unit);
  const alike = unit.names.length - names.length;
  const rest = [
    ...(names.length > MOST_NAMES
      ? [`and ${counted(names.length - MOST_NAMES, 'more name')} that differ`]
      : []),
    ...(alike > 0 ? [`${counted(alike, 'name')} without a notable difference`] : []),
  ];
  return `${heading}${tableHtml(unit.unit, columns, figuresOfAnything(unit.figures))}
${names
  .slice(0, MOST_NAMES)
  .map((each) => nameHtml(each, columns))
  .join('')}${rest.length === 0 ? '' : `<p class="faint">${rest.join('; ')}</p>\n`}</section>
`;
}

function nameHtml(each: NameComparison, columns: readonly FigureColumn[]): string {
  const note = nameNote(each);
  return `<details><summary>${quoted(each.name)}${note === '' ? '' : ` <span class="faint">${note}</span>`}</summary>
${tableHtml(each.name, columns, notableFigures(each.figures))}</details>
`;
}

function tableHtml(of: string, columns: readonly FigureColumn[], figures: readonly ComparedFigure[]): string {
  const hasIntervals = figures.some(({ interval }) => interval !== null);
  const head = columns.map(({ title, align }) => cell('th', title || 'verdict', align, ' scope="col"'));
  const widest = axisRatio(figures);
  const plot = hasIntervals
    ? `<th scope="col" class="left"><span class="unseen">CHANGE% plot</span>${axisHtml(widest)}</th>`
    : '';
  const rows = figures.map((figure) => {
    const [first, ...rest] = columns.map(({ align, cell: text }, at) =>
      cell(
        at === 0 ? 'th' : 'td',
        text(figure),
        align,
        at === 0 ? ' scope="row"' : '',
        verdictClass(figure, at, columns),
      ),
    );
    return `<tr>${first}${rest.join('')}${hasIntervals ? `<td class="left">${intervalHtml(figure, widest)}</td>` : ''}</tr>`;
  });
  return `<div class="scroll" role="region" tabindex="0" aria-label="Metrics of ${quotedAttribute(of)}"><table><thead><tr>${head.join('')}${plot}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
}

function cell(tag: string, text: string, align: FigureColumn['align'], more: string, className = ''): string {
  const classes = [align === 'left' ? 'left' : '', className].filter((each) => each !== '').join(' ');
  return `<${tag}${more}${classes === '' ? '' : ` class="${classes}"`}>${escapeHtml(text)}</${tag}>`;
}

function verdictClass({ verdict }: ComparedFigure, at: number, columns: readonly FigureColumn[]): string {
  return at === columns.length - 1 && (verdict === 'more' || verdict === 'less') ? verdict : '';
}

function listHtml(items: readonly string[]): string {
  return items.length === 0 ? '' : `<ul>${items.map((item) => `<li>${item}</li>`).join('\n')}</ul>`;
}

function quoted(text: string): string {
  return `<code>${escapeHtml(cellText(text, TEXT_COLUMNS))}</code>`;
}

function quotedAttribute(text: string): string {
  return escapeHtml(cellText(text, TEXT_COLUMNS));
}

/** The style of the comparison's page, for light and dark, narrow screens and paper. */
const PAGE_STYLE = `
:root { color-scheme: light dark; --text: #1c2126; --faint: #5a646e; --line: #d5dae0; --ground: #fff;
  --raised: #f4f6f8; --more: #b3261e; --less: #17693a; }
@media (prefers-color-scheme: dark) { :root { --text: #e4e8ec; --faint: #9aa5b1; --line: #39424c;
  --ground: #14181c; --raised: #1d2329; --more: #ff8a80; --less: #7bd88f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; color: var(--text); background: var(--ground);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .25rem; }
code { font-family: ui-monospace, monospace; font-size: .92em; overflow-wrap: anywhere; }
p, ul { margin: .4rem 0; } .faint { color: var(--faint); } ul { padding-left: 1.2rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; margin: .5rem 0; }
th, td { padding: .25rem .6rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th.left, td.left { text-align: left; } thead th { color: var(--faint); font-weight: 600; }
tbody th { font-weight: 400; font-family: ui-monospace, monospace; font-size: .92em; }
.more { color: var(--more); font-weight: 600; } .less { color: var(--less); font-weight: 600; }
details { margin: .4rem 0; border: 1px solid var(--line); border-radius: .4rem; padding: .3rem .7rem; }
summary { cursor: pointer; } summary:focus-visible { outline: 2px solid var(--less); }
.outcome { background: var(--raised); border-radius: .4rem; padding: .6rem 1rem; }
svg { display: block; overflow: visible; } svg text { fill: var(--faint); font-size: 10px; text-anchor: middle; }
.axis { stroke: var(--faint); } .grid { stroke: var(--line); } .arrow { fill: currentColor; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
 .reach { stroke: currentColor; stroke-width: 2; } .mean { fill: currentColor; }
@media print { body { max-width: none; padding: 0; } details { border: 0; padding: 0; } }
`;
