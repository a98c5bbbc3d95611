/** A predicate over texts. */
export type Matcher = (...texts: readonly (string | null)[]) => boolean;

/** Whether any of the texts contains the filter, ignoring case. An empty filter matches everything. */
export function matcherOf(filter: string): Matcher {
  if (filter === '') return () => true;
  const wanted = filter.toLowerCase();
  return (...texts) => texts.some((text) => text?.toLowerCase().includes(wanted) ?? false);
}
