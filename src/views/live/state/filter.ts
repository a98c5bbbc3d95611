/** Whether any of some texts is what is looked for. */
export type Matcher = (...texts: readonly (string | null)[]) => boolean;

/** Whether any of some texts holds what is looked for, in any case. An empty filter lets everything through. */
export function matcherOf(filter: string): Matcher {
  if (filter === '') return () => true;
  const wanted = filter.toLowerCase();
  return (...texts) => texts.some((text) => text?.toLowerCase().includes(wanted) ?? false);
}
