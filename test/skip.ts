/**
 * What a test needs and may not find on a machine (root, a tool, a kernel feature).
 *
 *     test('…', skipUnless(hasRoot || 'needs root'), () => …)
 *
 * @param available `true`, or the reason why it can't run here, said by the runner beside the skipped test.
 * @throws Error with that reason when `CI=true`: there, everything that the tests need has to be installed.
 */
export function skipUnless(available: true | string): { readonly skip: string } | Record<string, never> {
  if (available === true) return {};
  if (process.env.CI === 'true') throw new Error(`CI=true, and a test can't run here: ${available}`);
  return { skip: available };
}
