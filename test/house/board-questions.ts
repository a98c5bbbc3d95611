import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** A panel's query of one metric, with the attributes that its points must have. */
export interface Question {
  readonly metric: string;
  readonly attributes: readonly string[];
}

// biome-ignore lint/suspicious/noExplicitAny: JSON that the backends' own models are held to elsewhere.
type Json = any;

/** `sum:NAME{$unit,type:some} by {a,b}.as_rate()` */
const DATADOG_QUERY =
  /^(?:sum|avg|min|max):([\w.]+)\{([^{}]*)\}(?: by \{([^{}]+)\})?(?:\.as_(?:rate|count)\(\))?$/;

export function datadogQueries(dashboard: Json): Question[] {
  const tags = new Map(
    dashboard.template_variables.map(({ name, prefix }: Json) => [`$${name}`, prefix] as const),
  );
  const groups = dashboard.widgets.flatMap(({ definition }: Json) => definition.widgets);
  const queries = groups
    .flatMap(({ definition }: Json) => definition.requests)
    .flatMap((request: Json) => request.queries);
  return queries.map(({ query }: Json) => {
    const match = DATADOG_QUERY.exec(query);
    assert.ok(match, query);
    const [, metric, scope, by = ''] = match;
    const asked = scope!
      .split(',')
      .map((part) => tags.get(part) ?? /^!?([\w.]+):\w+$/.exec(part)?.[1] ?? part);
    // Datadog's host is the value of host.name.
    const attributes = [...asked, ...by.split(',')].filter((key) => key !== '' && key !== 'host') as string[];
    return { metric: metric!, attributes };
  });
}

export function honeycombQueries({ board, queries }: Json): Question[] {
  assert.ok(board.preset_filters.length > 0);
  return queries.flatMap(({ query }: Json) =>
    query.calculations.map(({ column }: Json) => ({
      metric: column,
      attributes: [...query.breakdowns, ...query.filters.map((filter: Json) => filter.column)],
    })),
  );
}

/**
 * The number of queries in the boards for a backend, and of those with data in the test, according to docs/backends.md.
 */
export function documentedQueries(backend: string): { readonly all: number; readonly answered: number } {
  const text = readFileSync(resolve(import.meta.dirname, '../../docs/backends.md'), 'utf8');
  const found = new RegExp(`(\\d+) of the (\\d+) queries for ${backend}`, 'i').exec(text);
  assert.ok(found, `docs/backends.md has no count of queries for ${backend}`);
  return { answered: Number(found[1]), all: Number(found[2]) };
}
