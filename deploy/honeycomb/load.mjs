#!/usr/bin/env node
// Creates unitledger's boards in Honeycomb. Existing boards of the same names are replaced.
//
//   HONEYCOMB_API_KEY=… node load.mjs [FILE]...
//
// FILE: a board in the directory of this script; default: all boards. The key needs the permissions "Manage Queries and
// Columns" and "Manage Public Boards". HONEYCOMB_URL: https://api.eu1.honeycomb.io in the EU. HONEYCOMB_DATASET: the dataset
// of the metrics (default: unitledger). Exit code 0: all boards and queries were created; 1: not all; 2: bad input.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const MOST_TRIES = 8;
const LONGEST_WAIT_SECONDS = 60;

const {
  HONEYCOMB_API_KEY: key,
  HONEYCOMB_URL: url = 'https://api.honeycomb.io',
  HONEYCOMB_DATASET: dataset = 'unitledger',
} = process.env;

/** Honeycomb refused a request. */
class Refused extends Error {}

async function call(method, path, body) {
  for (let tries = 1; ; tries++) {
    const response = await fetch(new URL(path, url), {
      method,
      headers: { 'content-type': 'application/json', 'x-honeycomb-team': key },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.ok) return JSON.parse(text);
    const isBusy = response.status === 429 || response.status >= 500;
    // The text of the answer is untrusted; JSON escapes it for the terminal.
    if (!isBusy || tries === MOST_TRIES)
      throw new Refused(`${method} ${path}: ${response.status} ${JSON.stringify(text.slice(0, 300))}`);
    const wait = Number(response.headers.get('retry-after') ?? Number.NaN);
    await sleep(1000 * Math.min(LONGEST_WAIT_SECONDS, Number.isFinite(wait) ? wait : 2 ** (tries - 1)));
  }
}

/** The panel of a query; null where Honeycomb does not take the query. */
async function panelOf({ name, query, visualization_settings }) {
  const scope = encodeURIComponent(dataset);
  try {
    const { id } = await call('POST', `/1/queries/${scope}`, query);
    const annotation = await call('POST', `/1/query_annotations/${scope}`, { name, query_id: id });
    const of = { query_id: id, query_annotation_id: annotation.id, dataset, query_style: 'graph' };
    return { type: 'query', query_panel: { ...of, visualization_settings } };
  } catch (error) {
    // A key without the permission, or a missing dataset, would make all further requests fail as well.
    if (!(error instanceof Refused) || !/: (400|422) /.test(error.message)) throw error;
    process.stderr.write(`left out "${name}": ${error.message}\n`);
    return null;
  }
}

async function load(file, existing) {
  const { board, queries } = JSON.parse(readFileSync(file, 'utf8'));
  const panels = [];
  for (const query of queries) {
    const panel = await panelOf(query);
    if (panel !== null) panels.push(panel);
  }
  const old = existing.find(({ name }) => name === board.name);
  const whole = { ...board, panels };
  const { links } =
    old === undefined
      ? await call('POST', '/1/boards', whole)
      : await call('PUT', `/1/boards/${encodeURIComponent(old.id)}`, whole);
  const where = typeof links?.board_url === 'string' ? `: ${JSON.stringify(links.board_url)}` : '';
  process.stdout.write(`${board.name}, ${panels.length} of ${queries.length} panels${where}\n`);
  return panels.length === queries.length;
}

if (!key) {
  process.stderr.write('HONEYCOMB_API_KEY is not set: it is a configuration key of the environment\n');
  process.exit(2);
}
const folder = import.meta.dirname;
const named = process.argv.slice(2);
const files =
  named.length > 0
    ? named
    : readdirSync(folder)
        .filter((name) => name.endsWith('.json'))
        .sort()
        .map((name) => join(folder, name));
try {
  const existing = await call('GET', '/1/boards');
  let isAll = true;
  for (const file of files) isAll = (await load(file, existing)) && isAll;
  process.exitCode = isAll ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error.cause?.message ?? error.message}\n`);
  process.exitCode = error.code === 'ENOENT' ? 2 : 1;
}
