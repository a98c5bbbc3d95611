import { printable } from '../../text/printable.ts';
import { escapeHtml, hashSource } from '../html.ts';
import type { PageAssets } from './bundle.ts';
import type { PageModel } from './model/page-model.ts';
import type { PackedModel } from './pack-model.ts';

/**
 * The report: one self-contained HTML file. The model is compressed and in base 64, so that none of its
 * text is read as markup; the page can use only its own script and style, and load nothing.
 */
export function renderReport({ model, packed }: PackedModel, { script, style }: PageAssets): string {
  return pageText({
    title: `${titleOf(model)} · unitledger report`,
    policy: policyOf({ script, style }),
    style,
    script,
    data: `<script type="application/octet-stream" id="model">${packed}</script>\n`,
  });
}

/**
 * The same page without a model, and its policy: it reads a run in progress from `/events`, with
 * `streamKey` to identify requests of the page itself.
 */
export function renderLivePage(
  assets: PageAssets,
  title: string,
  streamKey: string,
): { readonly page: string; readonly policy: string } {
  const policy = policyOf(assets, "connect-src 'self'");
  const data = `<template id="stream" data-key="${escapeHtml(streamKey)}"></template>\n`;
  const page = pageText({ ...assets, title: `${printable(title)} · unitledger`, policy, data });
  return { page, policy: `${policy}; frame-ancestors 'none'` };
}

/** The content security policy of the page: its own script and style, and `more`. */
function policyOf({ script, style }: PageAssets, ...more: readonly string[]): string {
  const sources = [
    "default-src 'none'",
    `script-src ${hashSource(script)}`,
    `style-src ${hashSource(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return [...sources, ...more].join('; ');
}

interface PageText {
  readonly title: string;
  readonly policy: string;
  readonly style: string;
  readonly script: string;
  readonly data: string;
}

const ICON =
  'data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 16 16%22%3E%3Cpath fill=%22%233b7dd8%22 d=%22M1 15V9l4-3 4 3 6-7v13z%22/%3E%3C/svg%3E';

function pageText({ title, policy, style, script, data }: PageText): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="${ICON}">
<style>${style}</style>
</head>
<body>
<div id="page"><p class="loading">Drawing the run …</p></div>
<noscript><p class="loading">This page needs JavaScript, which this browser does not run.</p></noscript>
${data}<script>${script}</script>
</body>
</html>
`;
}

function titleOf({ units }: PageModel): string {
  const [first] = units;
  if (first === undefined) return 'nothing';
  const more = units.length > 1 ? ` and ${units.length - 1} more` : '';
  return `${printable(first.totals.unit)}${more}`;
}
