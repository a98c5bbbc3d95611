import { ConfigError } from './config-error.ts';
import type { ReadValues } from './given.ts';

/** What is listed, each once; `none` stands for nothing, and for that alone. */
export function listOrNone<V extends string>(
  named: readonly (V | 'none')[],
  decidedBy: ReadValues | undefined,
  option: string,
): readonly V[] {
  const listed = named.filter((value): value is V => value !== 'none');
  if (listed.length > 0 && listed.length < named.length) {
    const source = decidedBy![0].given.named;
    throw new ConfigError(`${source} must be none alone or a list without it, not "${named.join(',')}"`, {
      option,
      value: named.join(','),
      accepted: 'none alone, or a list without it',
    });
  }
  return [...new Set(listed)];
}
