import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { RunDocument } from '../../../src/ledger/document/run-document.ts';
import { summaryRecords } from '../../../src/views/summary/log-records.ts';
import type { SummaryForm } from '../../../src/views/summary/render-summary.ts';
import {
  ABSENT_FIGURES,
  DETAILED,
  EMPTY,
  HOSTILE,
  MATCHED,
  NEVER_SEEN,
  REALISTIC,
  UNSEEN_NAMED,
} from '../documents.ts';
import { renderSummary } from './rendered.ts';

/** Run with UPDATE_GOLDEN=1 to write the files anew, then read the difference. */
const UPDATE = process.env.UPDATE_GOLDEN === '1';

const DOCUMENTS: Readonly<Record<string, RunDocument>> = {
  realistic: REALISTIC,
  'absent-figures': ABSENT_FIGURES,
  'never-seen': NEVER_SEEN,
  empty: EMPTY,
  hostile: HOSTILE,
  detailed: DETAILED,
  'exit-records': UNSEEN_NAMED,
  matched: MATCHED,
};

const EXTENSIONS: Readonly<Record<SummaryForm, string>> = {
  table: 'txt',
  csv: 'csv',
  markdown: 'md',
  json: 'json',
};

for (const [name, document] of Object.entries(DOCUMENTS)) {
  for (const [form, extension] of Object.entries(EXTENSIONS) as [SummaryForm, string][]) {
    golden(`${name}.${extension}`, () => renderSummary(document, form));
  }
}

golden('realistic-on-130-columns.txt', () => renderSummary(REALISTIC, 'table', { columns: 130 }));

golden('hostile-log-records.json', () => `${JSON.stringify([...summaryRecords(HOSTILE, true)], null, 2)}\n`);

function golden(file: string, render: () => string): void {
  test(`the summary is that of golden/${file}`, () => {
    const url = new URL(`../golden/${file}`, import.meta.url);
    const rendered = render();
    if (UPDATE) writeFileSync(url, rendered);
    assert.equal(rendered, readFileSync(url, 'utf8'));
  });
}
