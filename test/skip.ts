/**
 * Requirements of a test that a machine may lack (root, a tool, a kernel feature).
 *
 *     test('…', skipUnless(hasRoot || 'needs root'), () => …)
 *
 * @param available `true`, or the reason for skipping, which the runner prints.
 * @throws Error with that reason when `CI=true`: everything that the tests need must be installed there.
 */
export function skipUnless(available: true | string): { readonly skip: string } | Record<string, never> {
  if (available === true) return {};
  if (process.env.CI === 'true') throw new Error(`CI=true, and a test can't run here: ${available}`);
  return { skip: available };
}
